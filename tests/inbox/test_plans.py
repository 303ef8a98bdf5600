"""PostgreSQL finds everything by an index, with a hundred thousand of each and its statistics at hand."""

import re

import pytest
from inboxes import NOON, arrival
from sqlalchemy import event

from handlers.inbox.browsing.notifications import find
from handlers.inbox.database import Database
from handlers.inbox.known import known
from handlers.inbox.listing import Range, Wanted, numbers
from handlers.inbox.queue import Outcome, Queue, Settlement, State
from handlers.inbox.reconciliations import expected, standings
from handlers.inbox.reports import heard
from handlers.inbox.retention import purge
from handlers.inbox.writer import groups_of

pytestmark = pytest.mark.postgresql
COUNT = 100_000
FILL = f"""
INSERT INTO event (source, external_id, changes, changed_at, due_at)
  SELECT 'src-' || n % 4, 'ev-' || n, 1, {NOON} + n, {NOON} + n FROM generate_series(1, {COUNT}) n;
INSERT INTO state (event_id, fields, stamps, version, published) SELECT id, '{{}}', '{{}}', 1, true FROM event;
INSERT INTO link (event_id, object_id, found_by, confirmed) SELECT id, id::text, 'hubspot', '{{}}' FROM event;
INSERT INTO listed (event_id, run_at, digest) SELECT id, {NOON}, 'd' FROM event;
INSERT INTO attempt (batch, sent_at, seconds, inputs, updated, failed)
  SELECT 'b', {NOON} + n, 1, 1, 1, 0 FROM generate_series(1, {COUNT} / 10) n;
INSERT INTO notification (source, event_id, delivery_id, action, received_at, outcome, reason, settled_at, attempt_id)
  SELECT 'src-' || n % 4, n, 'd-' || n, CASE WHEN n % 2 = 0 THEN 'marquee.hint' ELSE 'changed' END, {NOON} + n,
    (ARRAY['pending', 'sent', 'dead'])[1 + n % 3], CASE WHEN n % 3 = 2 THEN 'invalid' END,
    CASE WHEN n % 3 > 0 THEN {NOON} + n END, CASE WHEN n % 3 = 1 THEN 1 + n % ({COUNT} / 10) END
  FROM generate_series(1, {COUNT}) n;
INSERT INTO body (notification_id, content) SELECT id, repeat('x', 200)::bytea FROM notification;
"""
ANALYZE = "ANALYZE event, state, link, listed, attempt, notification, body"


@pytest.fixture(scope="module")
def large(postgres, migrated):
    """Filled once for all looks of this file."""
    for statement in (*FILL.strip().split(";\n"), ANALYZE):
        postgres.execute(statement)
    opened = Database(postgres.url())
    yield opened
    opened.close()
    postgres.execute(migrated)


def plans_of(database, work):
    """How the server goes about each statement of `work`, with the very values."""
    told = []

    def look(connection, cursor, statement, parameters, context, executemany):
        if not executemany and statement.lstrip().startswith(("SELECT", "INSERT", "DELETE", "UPDATE")):
            told.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", look)
    return [explain(database, *one) for one in told]


def explain(database, statement, parameters):
    with database.write_plainly() as cursor:
        cursor.execute("EXPLAIN " + statement, parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.connection.rollback()
    return plan


def check(plan, index):
    """By this index; no table is read from end to end, and nothing large is sorted."""
    assert index in plan
    assert not re.search(r"Seq Scan on (?!lease|pause)", plan), plan
    for rows in re.findall(r"Sort  \(cost=.* rows=(\d+)", plan):
        assert int(rows) <= 1000, plan  # what was chosen, not what waits


class Holding:
    """A lease that is held, whoever asks."""

    def check(self, connection):
        pass


def test_choosing_reads_both_ends_of_the_index_and_then_no_other_event(large):
    oldest, newest, loading = plans_of(large, lambda: Queue(large, Holding(), 1.0).take(NOON + COUNT, 90, ()))
    for plan in (oldest, newest):
        check(plan, "event_due")
        assert "Sort" not in plan
    check(loading, "event_pkey")


def test_what_waits_is_found_by_the_index_of_what_waits(large):
    inbox = Queue(large, Holding(), 1.0)
    (several,) = plans_of(large, lambda: inbox.pending_of(range(1, 100)))
    (one,) = plans_of(large, lambda: next(inbox.pending(3)))
    check(several, "notification_pending")
    check(one, "notification_pending")


def test_what_is_locked_and_settled_is_found_by_its_number(large):
    inbox = Queue(large, Holding(), 1.0)
    changed = inbox.take(NOON + COUNT, 90, ())
    settlements = [
        Settlement(one, [Outcome(one.id, NOON, "sent")], State({"eventName": "A"}), {"eventName": "A"}, retry_at=NOON)
        for one in changed
    ]
    plans = plans_of(large, lambda: inbox.settle(settlements, NOON))
    assert len(plans) == 6
    tables = ("event_pkey", "link_pkey", "notification_pkey", "Insert on state", "link_pkey", "event_pkey")
    for plan, table in zip(plans, tables, strict=True):
        check(plan, table)


def test_what_may_leave_is_found_without_a_look_at_what_stays(large):
    attempts, notifications, *gone = plans_of(large, lambda: purge(large, NOON + 1000, lambda: 0.0))
    check(notifications, "notification_settled")
    check(attempts, "attempt_sent_at")
    check(attempts, "notification_attempt")
    assert gone
    for plan in gone:
        assert not re.search("Seq Scan", plan), plan


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Range(), "notification_pkey"),
        (Range(source="src-1"), "notification_listed"),
        (Range(source="src-1", event="ev-1"), "notification_event"),
        (Range(event="ev-1"), "notification_event"),
        (Range(outcome="dead"), "notification_listed"),
        (Range(outcome="unchanged"), "notification_listed"),
        (Range(outcome="dead", reason="invalid"), "notification_died"),
        (Range(outcome="pending", before=COUNT), "notification_listed"),
        (Range(source="src-1", outcome="sent", since=NOON, before=500), "notification_listed"),
        (Range(outcome="sent", since=NOON + COUNT - 10), "notification_listed"),
        (Range(outcome="dead", until=NOON + 10), "notification_listed"),
    ],
)
def test_notifications_are_listed_along_an_index(large, wanted, index):
    *before, listing = plans_of(large, lambda: numbers(large, wanted, 50))
    check(listing, index)
    for plan in before:
        assert not re.search("Seq Scan", plan), plan


def test_the_rows_of_a_list_are_read_by_their_numbers(large):
    *_, loading = plans_of(large, lambda: find(large, Wanted(outcome="dead"), 50))
    check(loading, "notification_pkey")


def test_when_a_source_was_heard_is_read_from_the_end_of_an_index(large):
    (plan,) = plans_of(large, lambda: heard(large, "src-1", 20))
    check(plan, "notification_")
    assert "Sort" not in plan


def test_known_events_are_read_along_the_index_of_events(large):
    for plan in plans_of(large, lambda: next(known(large, "src-1", "ev-2"))):
        check(plan, "event_identity")


def test_what_a_comparison_reads_goes_by_the_index_of_events(large):
    for plan in plans_of(large, lambda: standings(large, "src-1", [f"ev-{n}" for n in range(1, 200, 4)])):
        check(plan, "event_identity")
    for plan in plans_of(large, lambda: next(expected(large, "src-1"))):
        check(plan, "event_identity")


@pytest.mark.parametrize("size", [1, 20, 300])
def test_the_door_looks_up_deliveries_by_their_index(large, size):
    group = [arrival(f"ev-{n}", source=f"src-{n % 4}", delivery_id=f"d-{n + size // 2}") for n in range(size)]
    with large.write_plainly() as cursor:
        cursor.execute("BEGIN")
        groups_of(large, 1.0).keep(cursor, group)
        cursor.execute("SELECT sum(seq_scan) FROM pg_stat_xact_user_tables")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT pg_stat_get_xact_numscans('notification_delivery'::regclass)")
        assert cursor.fetchone()[0] >= size
        cursor.connection.rollback()
