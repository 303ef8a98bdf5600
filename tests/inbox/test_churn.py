"""PostgreSQL under churn: dead rows are cleared away as fast as they come, and chunks of retention hold up nobody."""

import time
from threading import Event, Thread

import pytest
from inboxes import NOON, arrival, purge_all, queue
from psycopg import connect

from handlers.inbox.queue import Attempt, Link, Outcome, Settlement, State
from handlers.inbox.writer import Writer, groups_of

pytestmark = pytest.mark.postgresql
SECONDS = 9.0
PATIENCE = 40.0
VACUUMED = ["event", "notification"]
ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")
DEAD = (
    "SELECT relname, n_dead_tup, n_tup_upd, n_tup_hot_upd, autovacuum_count, pg_total_relation_size(relid) / 1024"
    " FROM pg_stat_user_tables WHERE relname IN ('event', 'state', 'link', 'notification', 'body') ORDER BY relname"
)


@pytest.fixture
def brisk(postgres):
    """Autovacuum looks each second, not each minute, so that a short test sees it."""
    postgres.execute("ALTER SYSTEM SET autovacuum_naptime = '1s'")
    postgres.execute("SELECT pg_reload_conf()")
    yield postgres
    postgres.execute("ALTER SYSTEM RESET autovacuum_naptime")
    postgres.execute("SELECT pg_reload_conf()")


def turn(writer, inbox, number):
    """A hundred notifications about fifty events: stored, doubted, settled."""
    writer.store_all([arrival(f"ev-{n % 50}", delivery_id=f"{number}-{n}") for n in range(100)])
    taken = inbox.take(NOON + 10**9, 100, ())
    waiting = inbox.pending_of([one.id for one in taken])
    links = {one.id: Link(one.external_id, "hubspot") for one in taken if one.link is None}
    inbox.doubt(links, {one.id: {"eventName"} for one in taken})
    settled = [
        Settlement(
            one,
            [Outcome(note.id, NOON, "sent") for note in waiting[one.id]],
            State({"eventName": str(number)}, {}, number, False),
            {"eventName": str(number)},
        )
        for one in taken
    ]
    inbox.settle(settled, NOON + number, ATTEMPT)


def test_dead_rows_stay_few_while_events_change_and_settled_ones_leave(database, brisk):
    writer, inbox, turns, dead = Writer(database, 0.0), queue(database, 0.0), 0, []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        turns += 1
        turn(writer, inbox, turns)
        if turns % 10 == 0:
            purge_all(database, NOON + turns - 20)
            dead.append({name: count for name, count, *_ in brisk.execute(DEAD)})
    until = time.monotonic() + PATIENCE  # when the server comes to vacuum is its own affair
    while time.monotonic() < until and not all(row[4] for row in brisk.execute(DEAD) if row[0] in VACUUMED):
        time.sleep(0.5)
    print(f"\n{turns} turns of 100 notifications about 50 events in {SECONDS:.0f} s")
    print("table         dead at most  dead at the end  updates  of them HOT  vacuumed  KiB")
    for name, left, updates, hot, vacuumed, size in brisk.execute(DEAD):
        most = max(sample[name] for sample in dead)
        print(f"{name:13} {most:12} {left:16} {updates:8} {hot:12} {vacuumed:9} {size:4}")
    vacuumed = {name: count for name, _, _, _, count, _ in brisk.execute(DEAD)}
    assert [name for name in VACUUMED if not vacuumed[name]] == []


def test_a_purge_of_much_holds_up_no_one_who_stores(database, postgres):
    with connect(host="127.0.0.1", port=postgres.port, user="marquee", dbname="postgres", autocommit=True) as own:
        own.execute(
            "INSERT INTO notification (source, received_at, outcome, settled_at)"
            " SELECT 'tickets', n, 'dead', n FROM generate_series(1, 30000) n"
        )
        own.execute("INSERT INTO body SELECT id, 'x' FROM notification")
    writer, waits, end = Writer(database, 1.0), [], Event()

    def store():
        while not end.is_set():
            began = time.monotonic()
            writer.store(arrival())
            waits.append(time.monotonic() - began)

    door = Thread(target=store)
    door.start()
    began = time.monotonic()
    purge_all(database, NOON)
    took = time.monotonic() - began
    end.set()
    door.join(10)
    print(f"\n30,000 purged in {took:.1f} s; meanwhile {len(waits)} stored, the longest wait {max(waits):.3f} s")
    assert postgres.execute("SELECT count(*) FROM notification WHERE outcome = 'dead'") == [(0,)]
    assert max(waits) < 1.0


def test_an_event_that_waits_already_is_marked_again_without_a_touch_of_its_indexes(database, postgres):
    """Heap-only, if there is room on its page: https://www.postgresql.org/docs/current/storage-hot.html"""
    postgres.execute("TRUNCATE event CASCADE")
    groups = groups_of(database, 1.0)
    with database.write_plainly() as cursor:
        for number in range(31):
            groups.keep(cursor, [arrival(received_at=NOON + number)])
        cursor.execute(
            "SELECT pg_stat_get_xact_tuples_updated('event'::regclass),"
            " pg_stat_get_xact_tuples_hot_updated('event'::regclass)"
        )
        assert cursor.fetchone() == (30, 30)
