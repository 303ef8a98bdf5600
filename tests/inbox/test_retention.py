"""Old and settled leaves; what waits never does."""

from itertools import count

import pytest
from inboxes import NOON, arrival, outcomes, purge_all, queue
from sqlalchemy import event, func, insert, select

from handlers.inbox import tables
from handlers.inbox.queue import Attempt, Outcome, Settlement
from handlers.inbox.retention import MOST, NONE_SECONDS, REST, SOME_SECONDS, STEPS, purge
from handlers.inbox.writer import Writer

ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")
ROW = {"batch": "b", "seconds": 0.1, "inputs": 1, "updated": 0, "failed": 0}
IN_PAIRS = 0.0006  # seconds between two looks at the clock that let so many statements share a transaction


def settle_one(database):
    Writer(database, 1.0).store(arrival())
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 1, 10, ())
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "sent")])], NOON + 2, ATTEMPT)


def refused(database, number, body=b"{}"):
    """They are settled as soon as they are stored."""
    given = [arrival(event=None, errors={"id": ["Missing."]}, body=body) for _ in range(number)]
    Writer(database, 1.0).store_all(given)


def revive_all(database):
    with database.write() as connection:
        connection.execute(tables.notification.update().values(settled_at=None))


def how_many(database, table):
    return database.rows(select(func.count()).select_from(table))[0][0]


@pytest.fixture
def few(database):
    """As many notifications as one statement deletes."""
    return STEPS[database.dialect].notifications


@pytest.fixture
def statements(database):
    seen = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    event.listen(database.engine, "commit", lambda _: seen.append("COMMIT"))
    return seen


def clock(seconds):
    """One that goes on by so much with each look at it."""
    looks = count()
    return lambda: next(looks) * seconds


def test_what_was_settled_before_goes_with_its_body(database):
    settle_one(database)
    purge_all(database, NOON + 3)
    assert outcomes(database) == []
    assert database.rows(select(tables.body)) == []


def test_an_attempt_stays_as_long_as_a_notification_names_it(database):
    settle_one(database)
    purge_all(database, NOON + 1)
    assert how_many(database, tables.attempt) == 1
    purge_all(database, NOON + 3)
    assert how_many(database, tables.attempt) == 0


def test_an_attempt_that_no_notification_names_leaves_though_younger_notifications_stay(database):
    settle_one(database)
    with database.write() as connection:
        connection.execute(insert(tables.attempt), [ROW | {"sent_at": NOON - 10}, ROW | {"sent_at": NOON + 1}])
    purge_all(database, NOON)
    assert sorted(moment for (moment,) in database.rows(select(tables.attempt.c.sent_at))) == [NOON, NOON + 1]


def test_what_was_settled_since_stays(database):
    settle_one(database)
    assert purge(database, NOON) == NONE_SECONDS
    assert len(outcomes(database)) == 1


def test_what_waits_stays_however_old(database):
    Writer(database, 1.0).store(arrival())
    assert purge(database, NOON + 10**9) == NONE_SECONDS
    assert len(outcomes(database)) == 1


@pytest.mark.sqlite
def test_a_transaction_ends_when_it_has_taken_its_time(database, few, statements):
    refused(database, 6 * few)
    statements.clear()
    purge(database, NOON + 1, clock(IN_PAIRS))
    written = [statement[:6] for statement in statements if statement.startswith(("DELETE", "COMMIT"))]
    assert written == ["DELETE", "DELETE", "COMMIT"] * 3
    assert outcomes(database) == []


def test_a_turn_ends_when_it_has_taken_its_time_and_the_rest_is_nine_times_as_long(database, few):
    refused(database, 5 * few)
    moments = iter([0.0, *[0.0, 1.0, 0.01], *[0.01, 1.0, 0.05], 0.05])
    assert purge(database, NOON + 1, lambda: next(moments)) == pytest.approx(REST * 0.05)
    assert len(outcomes(database)) == 3 * few


def test_more_than_is_looked_up_at_once_leaves_in_one_turn_if_there_is_time(database):
    refused(database, MOST + 1)
    purge(database, NOON + 1, lambda: 0.0)
    assert outcomes(database) == []


@pytest.mark.parametrize(("share", "parts"), [(1.0, 3), (0.5, 2), (10.0, 3), (0.1, 1)])
def test_attempts_leave_no_more_at_once_than_what_they_told_allows(database, statements, share, parts):
    row = ROW | {"sent_at": NOON, "inputs": int(share * STEPS[database.dialect].told)}
    with database.write() as connection:
        connection.execute(insert(tables.attempt), [row] * 3)
    purge_all(database, NOON + 1)
    assert len([one for one in statements if one.startswith("DELETE FROM attempt")]) == parts
    assert how_many(database, tables.attempt) == 0


def test_what_is_revived_between_the_look_and_the_deletion_stays(database):
    refused(database, 3)
    looks = []

    def revive(*given):
        if given[2].startswith("SELECT notification.id") and not looks:
            looks.append(given[2])
            revive_all(database)

    event.listen(database.engine, "after_cursor_execute", revive)
    purge_all(database, NOON + 1)
    assert looks
    assert len(outcomes(database)) == 3


def test_where_there_is_little_the_next_turn_comes_later_and_where_there_is_nothing_later_still(database):
    refused(database, 1)
    assert [purge(database, NOON + 1) for _ in range(2)] == [SOME_SECONDS, NONE_SECONDS]


@pytest.mark.sqlite
def test_nothing_is_looked_for_from_end_to_end(database):
    settle_one(database)
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    purge_all(database, NOON + 3)
    with database.read() as connection:
        looked_up = [one for one in asked if one[0].startswith(("SELECT", "DELETE"))]
        plans = [
            row[3] for one in looked_up for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one[0]}", one[1])
        ]
    ways = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert len(ways) > 10
    assert [way for way in ways if " USING " not in way] == []


@pytest.mark.sqlite
def test_purged_space_goes_back_to_the_file_system_but_for_an_eighth(database):
    refused(database, 200, body=b"x" * 20_000)
    before = pages(database)
    purge_all(database, NOON + 1)
    free, left = pages(database)
    assert left < before[1] / 5
    assert free <= left / 8


@pytest.mark.sqlite
def test_a_few_free_pages_stay_for_what_comes_next(database):
    refused(database, 200, body=b"x" * 20_000)
    with database.write() as connection:
        connection.execute(tables.notification.delete().where(tables.notification.c.id <= 10))
    before = pages(database)
    assert before[0] > 0
    assert not database.tidy(1.0)
    assert pages(database) == before


@pytest.mark.postgresql
def test_the_server_frees_its_room_by_itself(database):
    assert not database.tidy(1.0)


def pages(database):
    """Free ones, and all."""
    with database.read() as connection:
        return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("freelist_count", "page_count"))
