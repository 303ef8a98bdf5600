"""The line in front of the inbox: one leads, nobody is forgotten, nobody waits for ever."""

from threading import Thread
from time import sleep

from inboxes import arrival

from handlers.inbox.arrival import Receipt
from handlers.inbox.line import Line, Ticket


def ticket():
    return Ticket([arrival()])


def joined(line, one):
    """A thread in which `one` joins, started and in line; its answer is kept on it."""
    thread = Thread(target=lambda: setattr(thread, "answer", line.join(one)))
    before = len(line)
    thread.start()
    while len(line) == before:
        sleep(0.001)
    return thread


def settle(tickets):
    for one in tickets:
        one.receipts = [Receipt("1", duplicate=False)]


def test_the_first_leads_at_once():
    line, first = Line(patience=5), ticket()
    assert line.join(first)
    assert first.leads
    assert line.all() == [first]


def test_those_that_come_meanwhile_wait_and_the_first_of_them_leads_next():
    line, first, second, third = Line(patience=5), ticket(), ticket(), ticket()
    line.join(first)
    mine = line.all()
    waiting = [joined(line, second), joined(line, third)]
    line.hand_over(mine)
    waiting[0].join(5)
    assert (second.leads, third.leads) == (True, False)
    settled = line.all()
    assert settled == [second, third]
    settle(settled)
    line.hand_over(settled)
    waiting[1].join(5)
    assert [thread.answer for thread in waiting] == [True, True]


def test_when_nobody_waits_the_next_to_come_leads():
    line, first, later = Line(patience=5), ticket(), ticket()
    line.join(first)
    line.hand_over(line.all())
    assert line.join(later)
    assert later.leads


def test_whoever_waited_in_vain_leaves_the_line():
    line, first, impatient = Line(patience=0.01), ticket(), ticket()
    line.join(first)
    line.all()
    assert not line.join(impatient)
    assert len(line) == 0


def test_whoever_left_is_not_made_the_leader():
    line, first, later = Line(patience=0.01), ticket(), ticket()
    line.join(first)
    mine = line.all()
    line.join(ticket())
    line.hand_over(mine)
    assert line.join(later)
    assert later.leads


def test_whoever_is_in_the_leaders_hands_when_its_patience_ends_is_told_that_it_waited_in_vain():
    line, first, second = Line(patience=0.2), ticket(), ticket()
    line.join(first)
    waiting = joined(line, second)
    line.all()
    waiting.join(5)
    assert not waiting.answer
