"""What is counted is told at once, seldom counted where that takes long, and never older than it says."""

import pytest
from inboxes import NOON, arrival, queue
from sqlalchemy import select

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.counts import FEW, PAUSE_SECONDS, SELDOM_SECONDS, SHARE, Counts, Tally, count
from handlers.inbox.queue import Outcome, Settlement
from handlers.inbox.writer import Writer


class Counting:
    """Counts by number: each count takes `seconds` of the clock, and finds so many dead."""

    def __init__(self, seconds, dead=FEW):
        self.now, self.seconds, self.done, self.failing = 0.0, seconds, 0, False
        self._dead = dead

    def clock(self):
        return self.now

    def __call__(self, _database):
        if self.failing:
            raise InboxUnavailable("gone")
        self.now += self.seconds
        self.done += 1
        return Tally({"tickets": self.done}, {}, {("tickets", "invalid"): self._dead}, self.now)


class Rounds:
    """Tells to stop after so many; each wait lets the time of `counting` pass, and then somebody does `meanwhile`."""

    def __init__(self, counting, count, meanwhile=lambda: None):
        self._counting, self.left, self._meanwhile = counting, count, meanwhile

    def is_set(self):
        return self.left == 0

    def wait(self, seconds):
        self.left -= 1
        self._counting.now += seconds
        self._meanwhile()


def counts_of(counting):
    counts = Counts(None, counting, counting.clock)
    return lambda: counts.now().waiting["tickets"]


def test_few_are_counted_at_each_look_however_long_that_takes():
    counts = counts_of(Counting(0.1, dead=FEW - 100))
    assert [counts() for _ in range(3)] == [1, 2, 3]


def test_many_are_told_as_they_were_kept_a_little_while_ago():
    counting = Counting(0.1)
    counts = counts_of(counting)
    assert counts() == 1
    counting.now = 2 * PAUSE_SECONDS
    assert (counts(), counting.done) == (1, 1)


def test_nobody_is_told_what_is_old():
    counting = Counting(0.1)
    counts = counts_of(counting)
    counts()
    counting.now = 2 * PAUSE_SECONDS + 0.1
    assert counts() == 2


def test_what_takes_very_long_is_told_for_a_hundred_times_as_long():
    counting = Counting(1.0)
    counts = counts_of(counting)
    counts()
    counting.now = 2 * SHARE - 1
    assert counts() == 1
    counting.now = 2 * SHARE + 1
    assert counts() == 2


def test_where_it_is_kept_the_first_look_is_answered_already():
    counting = Counting(0.1)
    counts = Counts(None, counting, counting.clock)
    counts.keep(Rounds(counting, 1))
    assert (counts.now().waiting["tickets"], counting.done) == (1, 1)


def test_while_somebody_looks_it_is_counted_anew_and_nobody_waits():
    counting = Counting(0.1)
    counts, seen = Counts(None, counting, counting.clock), []
    counts.keep(Rounds(counting, 100, lambda: seen.append((counts.now().waiting["tickets"], counting.done))))
    assert seen == [(round_, round_) for round_ in range(1, 101)]


def test_where_nobody_looks_any_more_it_is_counted_no_more():
    counting = Counting(0.1)
    counts = Counts(None, counting, counting.clock)
    counts.now()
    counts.keep(Rounds(counting, 1000))
    assert counting.done == pytest.approx(SELDOM_SECONDS / PAUSE_SECONDS, abs=3)


def test_where_nobody_ever_looked_it_is_counted_once():
    counting = Counting(0.1)
    Counts(None, counting, counting.clock).keep(Rounds(counting, 1000))
    assert counting.done == 1


def test_few_are_not_counted_beside():
    counting = Counting(0.1, dead=FEW - 100)
    counts = Counts(None, counting, counting.clock)
    counts.keep(Rounds(counting, 100))
    assert counting.done == 1


def test_no_more_than_a_fiftieth_of_the_time_goes_into_counting():
    counting = Counting(3.0)
    counts = Counts(None, counting, counting.clock)
    counts.keep(Rounds(counting, 100, counts.now))
    assert counting.done * 3.0 <= counting.now / SHARE


def test_where_it_cannot_be_counted_the_next_to_look_hears_why_and_the_next_after_that_is_told():
    counting = Counting(0.1)
    counting.failing = True
    counts = Counts(None, counting, counting.clock)
    counts.keep(Rounds(counting, 3))
    with pytest.raises(InboxUnavailable):
        counts.now()
    counting.failing = False
    assert counts.now().waiting["tickets"] == 1


def test_what_was_counted_before_a_failure_is_told_no_more():
    counting = Counting(0.1)
    counts = Counts(None, counting, counting.clock)
    counts.now()
    counting.failing = True
    counts.keep(Rounds(counting, 2))
    with pytest.raises(InboxUnavailable):
        counts.now()


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
