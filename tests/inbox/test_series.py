"""What came over time, for charts: whole where it is little, an even sample where it is much."""

from sqlalchemy import delete, insert, select

from handlers.inbox import tables
from handlers.inbox.browsing import series

NOW = 1_800_000_000.0
NOTE = tables.notification.c


def came(database, ages, **other):
    given = {"source": "tickets", "outcome": "sent", "settled_at": NOW}
    rows = [given | {"received_at": NOW - age} | other for age in ages]
    with database.write() as connection:
        connection.execute(insert(tables.notification), rows)


def called(database, ages, status=200):
    given = {"batch": "b", "seconds": 0.1, "status": status, "inputs": 1, "updated": 1, "failed": 0}
    with database.write() as connection:
        connection.execute(insert(tables.attempt), [given | {"sent_at": NOW - age} for age in ages])


def test_of_an_empty_inbox_nothing_is_told(database):
    assert series.received(database, 0.0) == []
    assert series.called(database, 0.0) == []
    assert series.last_freshness(database) is None


def test_only_what_came_since_then_is_told(database):
    came(database, range(100, 0, -1))
    found = series.received(database, NOW - 10)
    assert [row.received_at for row in found] == [NOW - age for age in range(10, 0, -1)]
    assert {row.weight for row in found} == {1}


def test_where_nothing_came_since_then_nothing_is_told(database):
    came(database, range(100, 0, -1))
    assert series.received(database, NOW) == []


def test_of_much_a_sample_stands_for_all(database):
    came(database, range(5000, 0, -1))
    found = series.received(database, NOW - 4000, most=1000)
    assert len(found) == 1000
    assert sum(row.weight for row in found) == 4000


def test_gaps_that_a_purge_left_do_no_harm(database):
    came(database, range(100, 0, -1))
    with database.write() as connection:
        connection.execute(delete(tables.notification).where(NOTE.id % 3 == 0))
    kept = database.rows(select(NOTE.id).where(NOTE.received_at >= NOW - 50))
    assert len(series.received(database, NOW - 50)) == len(kept)


def test_calls_are_told_with_their_status(database):
    called(database, [30, 20])
    called(database, [10], status=None)
    assert [(row.sent_at, row.status) for row in series.called(database, NOW - 25)] == [
        (NOW - 20, 200),
        (NOW - 10, None),
    ]


def test_freshness_is_that_of_the_change_confirmed_last(database):
    came(database, [40], settled_at=NOW - 30)
    came(database, [20], settled_at=NOW - 18.5)
    came(database, [5], settled_at=NOW, outcome="superseded")
    came(database, [1], settled_at=None, outcome="pending")
    assert series.last_freshness(database) == 1.5
