"""What is counted is told at once, seldom counted where that takes long, and never older than it says."""

from threading import Event

import pytest
from inboxes import NOON, arrival, queue
from sqlalchemy import select

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.counts import OLD_SECONDS, SHARE, Counts, Tally, count
from handlers.inbox.queue import Outcome, Settlement
from handlers.inbox.writer import Writer


class Counting:
    """Counts by number: each count takes `seconds` of the clock, or as long as it is held."""

    def __init__(self, seconds):
        self.now, self.seconds, self.done, self.failing = 0.0, seconds, 0, False
        self.held, self.finished = Event(), Event()
        self.held.set()

    def clock(self):
        return self.now

    def __call__(self, _database):
        assert self.held.wait(10)
        if self.failing:
            self.finished.set()
            raise InboxUnavailable("gone")
        self.now += self.seconds
        self.done += 1
        self.finished.set()
        return Tally({"tickets": self.done}, {}, {}, self.now)


def counts_of(counting):
    counts = Counts(None, counting, counting.clock)
    return lambda: counts.now().waiting["tickets"]


def beside(counting, counts):
    """Look, and wait until what is counted beside is there."""
    counting.finished.clear()
    told = counts()
    assert counting.finished.wait(10)
    return told


def until_counted(counts):
    """Look until what is kept is told no more."""
    while counts() == 1:
        pass


def test_what_is_counted_quickly_is_counted_at_each_look():
    counts = counts_of(Counting(0.001))
    assert [counts() for _ in range(3)] == [1, 2, 3]


def test_what_takes_long_is_kept_for_fifty_times_as_long():
    counting = Counting(0.1)
    counts = counts_of(counting)
    assert counts() == 1
    counting.now = SHARE * 0.1
    assert (counts(), counting.done) == (1, 1)


def test_after_that_whoever_looks_is_told_what_is_kept_while_it_is_counted_anew():
    counting = Counting(0.1)
    counts = counts_of(counting)
    counts()
    counting.now = SHARE * 0.1 + 0.2
    counting.held.clear()
    assert [counts(), counts()] == [1, 1]
    counting.finished.clear()
    counting.held.set()
    assert counting.finished.wait(10)
    until_counted(counts)
    assert counting.done == 2


def test_nobody_is_told_what_is_old():
    counting = Counting(0.1)
    counts = counts_of(counting)
    counts()
    counting.now = OLD_SECONDS + 1
    assert counts() == 2


def test_where_it_cannot_be_counted_beside_the_next_to_look_hears_why():
    counting = Counting(0.1)
    counts = counts_of(counting)
    counts()
    counting.now, counting.failing = SHARE * 0.1 + 0.2, True
    assert beside(counting, counts) == 1
    with pytest.raises(InboxUnavailable):
        until_counted(counts)
    counting.failing = False
    assert counts() == 2


def test_all_that_waits_and_all_that_is_dead_is_counted(database):
    writer = Writer(database, 1.0)
    writer.store_all([arrival("a"), arrival("a"), arrival("b", received_at=NOON - 60), arrival("c", source="other")])
    writer.store(arrival(event=None, errors={"id": ["Missing."]}))
    inbox = queue(database)
    (one,) = [changed for changed in inbox.take(NOON + 1, 10, ()) if changed.external_id == "a"]
    ids = [
        number
        for (number,) in database.rows(select(tables.notification.c.id).where(tables.notification.c.event_id == one.id))
    ]
    inbox.settle(
        [Settlement(one, [Outcome(ids[0], NOON, "dead", "not_in_hubspot"), Outcome(ids[1], NOON, "sent")])], NOON
    )
    tally = count(database)
    assert (tally.waiting, tally.waiting_since) == ({"tickets": 1, "other": 1}, {"tickets": NOON - 60, "other": NOON})
    assert tally.dead == {("tickets", "invalid"): 1, ("tickets", "not_in_hubspot"): 1}
    assert tally.oldest_waiting == NOON - 60


def test_an_empty_inbox_has_nothing_that_waits(database):
    tally = count(database)
    assert (tally.waiting, tally.dead, tally.oldest_waiting) == ({}, {}, None)
