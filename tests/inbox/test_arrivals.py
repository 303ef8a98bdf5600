"""How fast notifications arrive, as the worker sees it."""

import pytest
from inboxes import NOON, arrival
from sqlalchemy import text

from handlers.inbox.arrivals import LULL_SECONDS, Arrivals
from handlers.inbox.writer import Writer


class Steady:
    """A clock moved by hand."""

    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Steady()


@pytest.fixture
def arrivals(database, clock):
    return Arrivals(database, clock)


@pytest.fixture
def store(database):
    writer = Writer(database, debounce=1.0)
    return lambda count, **other: [writer.store(arrival(f"ev-{n}", received_at=None, **other)) for n in range(count)]


def test_where_none_ever_arrived_none_did_lately(arrivals):
    arrivals.look()
    assert not arrivals.lately()
    assert arrivals.per_second == 0.0


def test_before_the_first_look_none_is_known(arrivals, store):
    store(1)
    assert not arrivals.lately()


def test_one_that_just_arrived_did_so_lately_and_a_second_later_no_more(arrivals, store, clock):
    store(1)
    arrivals.look()
    assert arrivals.lately()
    clock.seconds += LULL_SECONDS
    assert not arrivals.lately()


def test_one_that_is_older_when_it_is_seen_did_not_arrive_lately(arrivals, store, database):
    store(1)
    with database.write() as connection:
        connection.execute(text(f"UPDATE notification SET received_at = received_at - {2 * LULL_SECONDS}"))
    arrivals.look()
    assert not arrivals.lately()


def test_one_whose_moment_is_still_to_come_counts_as_of_now(database, clock):
    Writer(database, debounce=1.0).store(arrival("ev-1", received_at=2 * NOON))
    arrivals = Arrivals(database, clock)
    arrivals.look()
    clock.seconds += LULL_SECONDS
    assert not arrivals.lately()


def test_how_many_a_second_is_known_at_the_first_look_after_a_second(arrivals, store, clock):
    store(1)
    arrivals.look()
    store(30)
    clock.seconds += 0.5
    arrivals.look()
    assert arrivals.per_second == 0.0
    clock.seconds += 1.5
    arrivals.look()
    assert arrivals.per_second == 15.0


def test_when_they_come_no_more_their_number_a_second_sinks(arrivals, store, clock):
    store(1)
    arrivals.look()
    store(30)
    for expected in (30.0, 0.0):
        clock.seconds += 1.0
        arrivals.look()
        assert arrivals.per_second == expected


def test_a_notification_that_is_forgotten_is_no_arrival(arrivals, store, clock, database):
    store(3)
    arrivals.look()
    with database.write() as connection:
        connection.execute(text("DELETE FROM notification WHERE id = (SELECT max(id) FROM notification)"))
    clock.seconds += 1.0
    arrivals.look()
    assert arrivals.per_second == 0.0
