"""Old and settled leaves; what waits never does."""

from pathlib import Path

import pytest
from inboxes import NOON, arrival, outcomes, queue
from sqlalchemy import insert, select

from handlers.inbox import tables
from handlers.inbox.queue import Attempt, Outcome, Settlement
from handlers.inbox.retention import MOST_TOLD, NONE_SECONDS, SOME_SECONDS, STEP, purge, purge_step
from handlers.inbox.writer import Writer

ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")


def settle_one(database):
    Writer(database, 1.0).store(arrival())
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 1, 10, ())
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "sent")])], NOON + 2, ATTEMPT)


def test_what_was_settled_before_goes_with_its_body(database):
    settle_one(database)
    assert purge_step(database, NOON + 3) > 0
    assert outcomes(database) == []
    assert database.rows(select(tables.body)) == []


def test_an_attempt_stays_as_long_as_a_notification_names_it(database):
    settle_one(database)
    purge_step(database, NOON + 1)
    assert len(database.rows(select(tables.attempt))) == 1
    purge_step(database, NOON + 3)
    assert database.rows(select(tables.attempt)) == []


def test_what_was_settled_since_stays(database):
    settle_one(database)
    assert purge_step(database, NOON) == 0


def test_what_waits_stays_however_old(database):
    Writer(database, 1.0).store(arrival())
    assert purge_step(database, NOON + 10**9) == 0


def test_a_step_is_bounded(database):
    writer = Writer(database, 1.0)
    for _ in range(STEP + 1):
        writer.store(arrival(event=None, errors={"id": ["Missing."]}))
    assert purge_step(database, NOON + 1) == STEP
    assert len(outcomes(database)) == 1


@pytest.mark.parametrize(
    ("inputs", "steps"), [(MOST_TOLD, [1, 1, 1]), (MOST_TOLD // 2, [2, 1]), (10 * MOST_TOLD, [1, 1, 1])]
)
def test_attempts_leave_no_more_at_once_than_what_they_told_allows(database, inputs, steps):
    row = {"batch": "b", "sent_at": NOON, "seconds": 0.1, "inputs": inputs, "updated": 0, "failed": 0}
    with database.write() as connection:
        connection.execute(insert(tables.attempt), [row] * 3)
    assert [purge_step(database, NOON + 1) for _ in steps] == steps
    assert database.rows(select(tables.attempt)) == []


def test_while_there_is_much_the_next_step_comes_soon_and_where_there_is_little_it_does_not(database):
    Writer(database, 1.0).store_all([arrival(event=None, errors={"id": ["Missing."]}) for _ in range(STEP + 1)])
    rests = [purge(database, NOON + 1) for _ in range(3)]
    assert rests[0] > 0
    assert rests[1:] == [SOME_SECONDS, NONE_SECONDS]


@pytest.mark.sqlite
def test_purged_space_goes_back_to_the_file_system(database):
    writer = Writer(database, 1.0)
    for _ in range(200):
        writer.store(arrival(event=None, errors={"id": ["Missing."]}, body=b"x" * 20_000))
    purge_step(database, 0)
    database.tidy(0)
    full = Path(database.engine.url.database).stat().st_size
    purge_step(database, NOON + 1)
    assert Path(database.engine.url.database).stat().st_size < full - 500_000
