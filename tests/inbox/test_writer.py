"""Storing: durable, once for each delivery, together with whoever waits."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from fresh import fresh_inbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import NOON, arrival
from sqlalchemy import event, select

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.writer import Writer


@pytest.fixture
def writer(database):
    return Writer(database, debounce=1.0)


def test_a_stored_notification_is_pending_and_keeps_its_body(database, writer):
    writer.store(arrival(body=b'{"id": "ev-1", "x": 1}'))
    assert database.rows(select(tables.notification.c.outcome)) == [("pending",)]
    assert database.rows(select(tables.body.c.content)) == [(b'{"id": "ev-1", "x": 1}',)]


def test_a_notification_marks_its_event_as_changed_and_due_after_the_debounce(database, writer):
    writer.store(arrival())
    assert database.rows(select(tables.event.c.changed_at, tables.event.c.due_at)) == [(NOON, NOON + 1.0)]


def test_a_second_notification_does_not_put_the_event_off(database, writer):
    writer.store(arrival())
    writer.store(arrival(received_at=NOON + 0.9))
    assert database.rows(select(tables.event.c.changes, tables.event.c.due_at)) == [(2, NOON + 1.0)]


def test_a_delivery_id_seen_before_is_a_duplicate_with_the_first_ones_id(writer):
    first = writer.store(arrival(delivery_id="d-1"))
    again = writer.store(arrival(delivery_id="d-1", body=b'{"id": "other"}'))
    assert (again.duplicate, again.notification) == (True, first.notification)


def test_a_duplicate_stores_nothing(database, writer):
    writer.store(arrival(delivery_id="d-1"))
    writer.store(arrival(delivery_id="d-1"))
    assert len(database.rows(select(tables.notification.c.id))) == 1
    assert database.rows(select(tables.event.c.changes)) == [(1,)]


def test_two_sources_may_use_the_same_delivery_id(writer):
    writer.store(arrival(delivery_id="d-1"))
    assert not writer.store(arrival(delivery_id="d-1", source="other")).duplicate


def test_identical_bodies_without_a_delivery_id_are_two_notifications(writer):
    assert writer.store(arrival()).notification != writer.store(arrival()).notification


def test_a_refused_notification_is_dead_with_its_errors(database, writer):
    writer.store(arrival(event=None, delivery_id="d-1", errors={"id": ["Missing."]}))
    row = database.rows(
        select(tables.notification.c.outcome, tables.notification.c.reason, tables.notification.c.detail)
    )
    assert row == [("dead", "invalid", '{"id":["Missing."]}')]


def test_a_refused_delivery_does_not_take_its_id(writer):
    writer.store(arrival(event=None, delivery_id="d-1", errors={"id": ["Missing."]}))
    assert not writer.store(arrival(delivery_id="d-1")).duplicate


@pytest.mark.sqlite
def test_requests_that_wait_together_share_commits(database, writer):
    commits = []
    event.listen(database.engine, "checkout", lambda *_: commits.append(1))
    with ThreadPoolExecutor(8) as pool, database.write():
        waiting = [pool.submit(writer.store, arrival(f"ev-{n}")) for n in range(8)]
        while len(writer._line) < 8:
            sleep(0.001)
        commits.clear()
    assert len({w.result().notification for w in waiting}) == 8
    assert len(commits) == 1


def test_within_one_commit_the_first_of_a_delivery_stands(database, writer):
    with ThreadPoolExecutor(4) as pool, database.write():
        waiting = [pool.submit(writer.store, arrival(delivery_id="d-1")) for _ in range(4)]
    assert sorted(w.result().duplicate for w in waiting) == [False, True, True, True]
    assert len({w.result().notification for w in waiting}) == 1


@pytest.mark.sqlite
def test_one_arrival_that_the_database_refuses_does_not_take_the_others_with_it(database, writer):
    with ThreadPoolExecutor(3) as pool, database.write():
        first = pool.submit(writer.store, arrival("first"))
        good = pool.submit(writer.store, arrival("good"))
        bad = pool.submit(writer.store, arrival("bad", action=object()))
    assert first.result().notification
    assert good.result().notification
    with pytest.raises(InboxUnavailable):
        bad.result()


def bodies(database):
    return [row[0] for row in database.rows(select(tables.body.c.content).order_by(tables.body.c.notification_id))]


def test_several_of_one_sender_are_kept_in_their_order_with_a_receipt_for_each(database, writer):
    receipts = writer.store_all([arrival(f"ev-{n % 2}", body=b"%d" % n) for n in range(5)])
    assert bodies(database) == [b"0", b"1", b"2", b"3", b"4"]
    assert [int(receipt.notification) for receipt in receipts] == [1, 2, 3, 4, 5]


@pytest.mark.sqlite
def test_several_share_one_commit_with_whoever_waits_beside_them(database, writer):
    commits = []
    event.listen(database.engine, "checkout", lambda *_: commits.append(1))
    with ThreadPoolExecutor(3) as pool, database.write():
        waiting = [pool.submit(writer.store_all, [arrival(f"{n}-{m}") for m in range(4)]) for n in range(2)]
        alone = pool.submit(writer.store, arrival("alone"))
        while len(writer._line) < 3:
            sleep(0.001)
        commits.clear()
    numbers = [one.notification for several in waiting for one in several.result()] + [alone.result().notification]
    assert len(set(numbers)) == 9
    assert len(commits) == 1


@pytest.mark.sqlite
def test_none_at_all_are_kept_without_a_commit(database, writer):
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE body")
    assert writer.store_all([]) == []


def test_of_several_of_which_one_is_refused_by_the_database_none_is_kept(database, writer):
    with pytest.raises(InboxUnavailable):
        writer.store_all([arrival("a"), arrival("b", action=object()), arrival("c")])
    assert bodies(database) == []
    assert database.rows(select(tables.event.c.id)) == []


@pytest.mark.sqlite
def test_several_that_the_database_refuses_do_not_take_those_beside_them_with_it(database, writer):
    with ThreadPoolExecutor(3) as pool, database.write():
        before = pool.submit(writer.store_all, [arrival("a", body=b"a"), arrival("b", body=b"b")])
        bad = pool.submit(writer.store_all, [arrival("c", body=b"c"), arrival("d", action=object())])
        after = pool.submit(writer.store, arrival("e", body=b"e"))
        while len(writer._line) < 3:
            sleep(0.001)
    assert len(before.result()) == 2
    assert after.result().notification
    with pytest.raises(InboxUnavailable):
        bad.result()
    assert sorted(bodies(database)) == [b"a", b"b", b"e"]


def test_as_many_as_the_door_lets_in_are_kept_at_once(database, writer):
    many = [arrival(f"ev-{n}", delivery_id=f"d-{n}") for n in range(1000)]
    assert not any(receipt.duplicate for receipt in writer.store_all(many))
    assert all(receipt.duplicate for receipt in writer.store_all(many))
    assert len(bodies(database)) == 1000


SEVERAL = st.lists(
    st.tuples(st.sampled_from(["d-1", "d-2", "d-3", "d-4", None]), st.integers(0, 9).map(lambda n: n == 0)), max_size=6
)


@given(st.lists(SEVERAL, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_each_several_is_kept_whole_and_in_order_or_not_at_all_and_each_delivery_once(tmp_path_factory, requests):
    """Against a model: a list of what was kept, and which delivery came first."""
    database = fresh_inbox(tmp_path_factory.mktemp("inbox"), pool_size=1)
    writer, kept, first, number = Writer(database, debounce=1.0), [], {}, 0
    for request in requests:
        arrivals = []
        for delivery, bad in request:
            number += 1
            action = object() if bad else "event.changed"
            arrivals.append(arrival(delivery_id=delivery, body=b"%d" % number, action=action))
        taken = dict(first)
        fresh = []
        for one in arrivals:
            if one.delivery_id not in taken:
                fresh.append(one)
                taken |= {one.delivery_id: one.body} if one.delivery_id else {}
        if any(not isinstance(one.action, str) for one in fresh):
            with pytest.raises(InboxUnavailable):
                writer.store_all(arrivals)
            continue
        receipts = writer.store_all(arrivals)
        assert [receipt.duplicate for receipt in receipts] == [one not in fresh for one in arrivals]
        kept, first = [*kept, *(one.body for one in fresh)], taken
        stored = dict(tuple(row) for row in database.rows(select(tables.body.c.notification_id, tables.body.c.content)))
        wanted = [first[one.delivery_id] if one.delivery_id else one.body for one in arrivals]
        assert [stored[int(receipt.notification)] for receipt in receipts] == wanted
    assert bodies(database) == kept
    database.close()


@pytest.mark.sqlite
def test_a_database_that_cannot_be_written_is_said_so(database, writer):
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE body")
    with pytest.raises(InboxUnavailable):
        writer.store(arrival())


@pytest.mark.sqlite
def test_what_is_acknowledged_is_in_the_file(database, writer):
    writer.store(arrival())
    with sqlite3.connect(f"file:{database.engine.url.database}?mode=ro", uri=True) as other:
        assert other.execute("SELECT count(*) FROM notification").fetchone() == (1,)
    other.close()


@pytest.mark.sqlite
def test_commits_survive_a_power_cut_in_wal_mode(database_url):
    database = Database(database_url)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
    database.close()


@pytest.mark.sqlite
def test_a_full_disk_refuses_and_takes_again_when_there_is_room(database, writer):
    database.engine.dispose()
    full = _full(database)
    with pytest.raises(InboxUnavailable, match="full"):
        [writer.store(arrival(body=b"x" * 100_000)) for _ in range(50)]
    event.remove(database.engine, "connect", full)
    database.engine.dispose()
    assert writer.store(arrival()).notification


def _full(database):
    def limit(connection, _record):
        connection.execute("PRAGMA max_page_count = 60")

    event.listen(database.engine, "connect", limit)
    return limit
