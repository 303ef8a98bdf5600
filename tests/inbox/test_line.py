"""The line in front of the inbox: one thread settles all that wait, nobody is forgotten, nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest
from inboxes import arrival, running_threads

from handlers.inbox.arrival import Receipt
from handlers.inbox.line import Line, Ticket


class Settler:
    """Settles all that wait, as soon as it may; `groups` are how many it took at a time."""

    def __init__(self):
        self.may = Event()
        self.may.set()
        self.groups = []

    def __call__(self, line):
        self.may.wait(5)
        tickets = line.all()
        self.groups.append(len(tickets))
        for one in tickets:
            one.receipts = [Receipt("1", duplicate=False)]
        return tickets


@pytest.fixture
def settler():
    return Settler()


def until(holds):
    end = monotonic() + 5
    while not holds():
        assert monotonic() < end
        sleep(0.001)


def join(line):
    """What a new ticket was told, and whether it is settled."""
    ticket = Ticket([arrival()])
    return line.join(ticket), ticket.receipts is not None


def test_whoever_joins_returns_when_it_is_settled(settler):
    assert join(Line(settler, patience=5)) == (True, True)


def test_all_that_wait_when_the_turn_has_come_are_settled_together(settler):
    line = Line(settler, patience=5)
    settler.may.clear()
    with ThreadPoolExecutor(8) as pool:
        joined = [pool.submit(join, line) for _ in range(8)]
        until(lambda: len(line) == 8)
        settler.may.set()
    assert [one.result() for one in joined] == [(True, True)] * 8
    assert settler.groups == [8]


def test_of_many_in_a_hurry_nobody_is_forgotten(settler):
    line = Line(settler, patience=5)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: join(line), range(2000))) == {(True, True)}
    assert sum(settler.groups) == 2000


def test_the_thread_ends_when_nobody_came_for_a_while_and_another_serves_the_next(settler):
    line, before = Line(settler, patience=5, idle=0.01), running_threads()
    join(line)
    until(lambda: running_threads() <= before)
    assert join(line) == (True, True)


def test_whoever_comes_just_when_the_thread_ends_is_served(settler):
    line = Line(settler, patience=5, idle=0.0005)
    for _ in range(100):
        assert join(line) == (True, True)
        sleep(0.0005)


def test_whoever_waited_in_vain_leaves_the_line(settler):
    line = Line(settler, patience=0.01)
    settler.may.clear()
    assert join(line) == (False, False)
    assert len(line) == 0
    settler.may.set()


def test_whoever_is_in_hand_when_its_patience_ends_is_told_that_it_waited_in_vain():
    may = Event()

    def settle(line):
        tickets = line.all()
        may.wait(5)
        return tickets

    assert join(Line(settle, patience=0.01)) == (False, False)
    may.set()
