"""A group of arrivals: kept as if they had come one by one, with as many statements for many as for one."""

import pytest
from fresh import fresh_inbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import NOON, arrival
from sqlalchemy import delete, event, select

from handlers.inbox import tables
from handlers.inbox.postgresql import LOCK_SECONDS
from handlers.inbox.writer import groups_of


def keep(database, arrivals):
    groups = groups_of(database, debounce=1.0)
    with database.turn(), database.write_plainly() as cursor:
        return groups.keep(cursor, arrivals)


def stored(database):
    """Everything but the numbers of the events, which nobody sees."""
    note, about = tables.notification.c, tables.event.c
    shown = (note.id, note.source, about.external_id, note.delivery_id, note.outcome, tables.body.c.content)
    kept = select(*shown).select_from(tables.notification.outerjoin(tables.event).join(tables.body)).order_by(note.id)
    marks = select(about.source, about.external_id, about.changes, about.changed_at, about.due_at)
    return database.rows(kept), database.rows(marks.order_by(about.source, about.external_id))


def test_each_receipt_names_the_notification_with_the_arrivals_own_body(database):
    receipts = keep(database, [arrival(f"ev-{n % 3}", body=b"%d" % n) for n in range(9)])
    bodies = dict(tuple(row) for row in database.rows(select(tables.body.c.notification_id, tables.body.c.content)))
    assert [bodies[int(receipt.notification)] for receipt in receipts] == [b"%d" % n for n in range(9)]


def test_numbers_follow_the_order_of_arrival(database):
    numbers = [int(receipt.notification) for receipt in keep(database, [arrival(f"ev-{n}") for n in range(5)])]
    assert numbers == sorted(set(numbers))


def test_a_number_is_never_given_twice_even_if_all_that_was_kept_is_purged(database):
    [first] = keep(database, [arrival()])
    with database.write() as connection:
        connection.execute(delete(tables.body))
        connection.execute(delete(tables.notification))
    [second] = keep(database, [arrival()])
    assert int(second.notification) > int(first.notification)


def test_of_a_delivery_that_comes_twice_in_one_group_the_first_stands(database):
    first, second = keep(database, [arrival(delivery_id="d-1", body=b"1"), arrival(delivery_id="d-1", body=b"2")])
    assert (first.duplicate, second.duplicate, second.notification) == (False, True, first.notification)
    assert database.rows(select(tables.body.c.content)) == [(b"1",)]


def test_an_event_that_is_named_often_in_one_group_counts_each_and_waits_from_the_first(database):
    keep(database, [arrival(received_at=NOON + n) for n in range(3)])
    column = tables.event.c
    assert database.rows(select(column.changes, column.changed_at, column.due_at)) == [(3, NOON, NOON + 1.0)]


def test_a_duplicate_marks_nothing_as_changed(database):
    keep(database, [arrival(delivery_id="d-1")])
    keep(database, [arrival("other", delivery_id="d-1")])
    assert database.rows(select(tables.event.c.external_id, tables.event.c.changes)) == [("ev-1", 1)]


@pytest.mark.parametrize("size", [1, 10, 200])
@pytest.mark.sqlite
def test_a_group_of_any_size_costs_the_same_few_statements(database, size):
    arrivals = [arrival(f"ev-{n}", delivery_id=f"d-{n}") for n in range(size)]
    executed = []
    event.listen(database.engine, "connect", lambda connection, _: connection.set_trace_callback(executed.append))
    database.engine.dispose()
    keep(database, arrivals)
    written = [sql for sql in executed if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(written) == 5


def test_a_group_larger_than_one_statement_takes_is_kept_as_one(database):
    arrivals = [arrival(f"ev-{n % 600}", delivery_id=f"d-{n % 900}", body=b"%d" % n) for n in range(1000)]
    receipts = keep(database, arrivals)
    assert [receipt.duplicate for receipt in receipts] == [n >= 900 for n in range(1000)]
    assert len(stored(database)[0]) == 900
    assert sum(changes for _, _, changes, _, _ in stored(database)[1]) == 900
    assert all(receipt.duplicate for receipt in keep(database, arrivals))


def test_errors_of_a_list_are_kept_by_their_numbers(database):
    keep(database, [arrival(None, errors={"dates": {0: ["Is no time."]}})])
    assert database.rows(select(tables.notification.c.detail)) == [('{"dates":{"0":["Is no time."]}}',)]


@pytest.mark.postgresql
def test_a_group_waits_for_a_lock_no_longer_than_other_writes_do(database):
    with database.read() as connection:
        settings = connection.exec_driver_sql("SELECT proconfig FROM pg_proc WHERE proname = 'keep_arrivals'").scalar()
    assert f"lock_timeout={LOCK_SECONDS}s" in settings


@pytest.mark.sqlite
def test_known_deliveries_are_found_by_their_index(database):
    keep(database, [arrival(delivery_id=f"d-{n}") for n in range(50)])
    known = groups_of(database, debounce=1.0)._known
    sql, _ = known._compiled(3)
    with database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("tickets", "d-1") * 3).fetchall()
    assert all("notification_delivery" in row[-1] for row in plan if row[-1].startswith(("SEARCH", "SCAN")))


ARRIVALS = st.builds(
    arrival,
    event=st.sampled_from(["a", "b", "c"]),
    source=st.sampled_from(["tickets", "other"]),
    delivery_id=st.sampled_from([None, "d-1", "d-2", "d-3"]),
    body=st.binary(max_size=8),
    received_at=st.integers(0, 5).map(lambda seconds: NOON + seconds),
) | st.builds(
    lambda number: arrival(None, delivery_id=number, errors={"id": ["Missing."]}), st.sampled_from([None, "d-1"])
)


@given(st.lists(st.lists(ARRIVALS, min_size=1, max_size=6), max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_group_leaves_what_its_arrivals_would_have_left_one_by_one(tmp_path_factory, groups):
    together, apart = (fresh_inbox(tmp_path_factory.mktemp("inbox"), pool_size=1) for _ in range(2))
    receipts = [receipt for group in groups for receipt in keep(together, group)]
    assert receipts == [receipt for group in groups for one in group for receipt in keep(apart, [one])]
    assert stored(together) == stored(apart)
    together.close()
    apart.close()
