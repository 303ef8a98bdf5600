"""Many write about the same few events at once: nobody waits in a circle, and nothing is lost."""

import random
import time
from collections import Counter
from contextlib import closing
from multiprocessing import get_context
from threading import Event, Thread

import pytest
from inboxes import NOON, arrival, outcomes, queue
from postgres import Postgres, binaries
from psycopg import connect
from sqlalchemy import func, select, text

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.hastening import hasten
from handlers.inbox.known import Hints
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.links import LinkedElsewhere, link, link_all
from handlers.inbox.queue import Attempt, Link, Outcome, Settlement, State
from handlers.inbox.retention import NONE_SECONDS, purge
from handlers.inbox.schema import migrate
from handlers.inbox.silences import keep_silences
from handlers.inbox.writer import Writer

EVENTS = [f"ev-{number}" for number in range(6)]
SECONDS = 4.0
ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")


def knock(url, seed, told):
    """A door in a process of its own: groups in any order, every fifth delivery sent twice."""
    database, chance = Database(url), random.Random(seed)
    writer, new, end, number = Writer(database, 0.0), 0, time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        number += 1
        shared = f"both-{number}" if number % 5 == 0 else None
        group = [arrival(one, delivery_id=f"{seed}-{number}-{one}") for one in chance.sample(EVENTS, 3)]
        group += [arrival(EVENTS[number % 6], delivery_id=shared)] if shared else []
        new += sum(not receipt.duplicate for receipt in writer.store_all(group))
    told.put(new)
    database.close()


def keep_on(work, end, faults):
    """Again and again until the end; what fails is a fault."""

    def run():
        while not end.is_set():
            try:
                work()
            except LinkedElsewhere:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the test is to tell it
                faults.append(error)
            time.sleep(0.002)

    thread = Thread(target=run)
    thread.start()
    return thread


def settle_some(inbox, chance, settled):
    """A worker's turn, in an order of its own."""
    taken = inbox.take(NOON + 10**9, 10, ())
    chance.shuffle(taken)
    waiting = inbox.pending_of([one.id for one in taken])
    new = {one.id: Link(f"h-{one.external_id}", "hubspot") for one in taken if one.link is None}
    inbox.doubt(new, {one.id: {"eventName"} for one in taken})
    settlements = [
        Settlement(
            one,
            [Outcome(p.id, p.received_at, "sent") for p in waiting.get(one.id, ())],
            State({"eventName": "A"}, {}, 1, False),
            {"eventName": "A"},
            retry_at=None if one.id in waiting else NOON,
        )
        for one in taken
    ]
    inbox.settle(settlements, NOON, ATTEMPT)
    settled.update(one.id for one in taken)


@pytest.mark.postgresql
def test_door_worker_links_hints_and_purge_on_the_same_events_meet_no_deadlock_and_lose_nothing(database, database_url):
    fresh = get_context("spawn")
    told = fresh.Queue()
    doors = [fresh.Process(target=knock, args=(database_url, seed, told)) for seed in range(2)]
    chance, faults, end, settled = random.Random(7), [], Event(), Counter()
    inbox, hints = queue(database, 0.0), Hints(Writer(database, 0.0))
    hinted = []

    def link_some():
        some = chance.sample(EVENTS, 4)
        link_all(database, [("tickets", one, f"o-{one}-{chance.randrange(3)}") for one in some], NOON)

    work = [
        lambda: settle_some(inbox, chance, settled),
        link_some,
        lambda: link(database, "tickets", chance.choice(EVENTS), f"x-{chance.randrange(3)}", NOON),
        lambda: hinted.append(hints.add("tickets", chance.sample(EVENTS, 3), NOON)),
        lambda: hasten(database, inbox.lease, "tickets", NOON),
        lambda: purge(database, 0.0),
        inbox.lease.hold,
    ]
    threads = [keep_on(one, end, faults) for one in work]
    for door in doors:
        door.start()
    new = sum(told.get(timeout=60) for _ in doors)
    for door in doors:
        door.join(10)
    end.set()
    for thread in threads:
        thread.join(30)
    assert faults == []
    settle_some(inbox, chance, settled)
    notes = database.rows(select(func.count()).select_from(tables.notification))[0][0]
    changes = database.rows(select(func.sum(tables.event.c.changes)))[0][0]
    print(f"{new} stored by 2 doors, {sum(hinted)} hints, {sum(settled.values())} settlements in {SECONDS:.0f} s")
    assert notes == new + sum(hinted)
    assert changes >= notes  # links count as changes too
    while inbox.take(NOON + 10**9, 10, ()):
        settle_some(inbox, chance, settled)
    assert {outcome for outcome, _ in outcomes(database)} == {"sent"}
    deadlocks = database.rows(select(text("deadlocks FROM pg_stat_database WHERE datname = current_database()")))
    print(f"{deadlocks[0][0]} deadlocks counted by the server since it started")


@pytest.mark.postgresql
def test_the_door_tries_once_more_after_a_deadlock(database, postgres):
    """Somebody who heeds no order: locks `b`, then `a`, while the door has `a` and wants `b`."""
    writer = Writer(database, 1.0)
    for one in ("a", "b"):
        writer.store(arrival(one))
    with connect(f"host=127.0.0.1 port={postgres.port} user=marquee dbname=postgres") as rude:
        rude.execute("SET LOCAL deadlock_timeout = '10s'")  # the door is to be the one that finds it
        rude.execute("SELECT FROM event WHERE external_id = 'b' FOR UPDATE")
        stored = []
        door = Thread(target=lambda: stored.extend(writer.store_all([arrival("a"), arrival("b")])))
        door.start()
        wait_for_lock(postgres)
        rude.execute("SELECT FROM event WHERE external_id = 'a' FOR UPDATE")
        rude.commit()
        door.join(10)
    assert len(stored) == 2
    assert database.rows(select(tables.event.c.changes)) == [(2,), (2,)]


@pytest.mark.postgresql
def test_a_delivery_that_two_doors_keep_at_once_marks_its_event_once(database, postgres, database_url):
    other = Database(database_url)
    Writer(database, 1.0).store(arrival())
    receipts = []
    with database.write() as connection:  # another door, in the middle of its commit
        event_id = connection.execute(select(tables.event.c.id)).scalar_one()
        row = {
            "source": "tickets",
            "event_id": event_id,
            "delivery_id": "d-1",
            "received_at": NOON,
            "outcome": "pending",
        }
        kept = connection.execute(
            tables.notification.insert().values(row).returning(tables.notification.c.id)
        ).scalar_one()
        second = Thread(target=lambda: receipts.append(Writer(other, 1.0).store(arrival(delivery_id="d-1"))))
        second.start()
        wait_for_lock(postgres)
    second.join(10)
    assert [(one.duplicate, one.notification) for one in receipts] == [(True, str(kept))]
    assert database.rows(select(tables.event.c.changes)) == [(1,)]
    other.close()


@pytest.mark.postgresql
def test_the_lead_cannot_pass_on_between_check_and_commit(database, database_url, postgres):
    """Whoever takes over waits for the settlement that was checked before; and then that one is written."""
    inbox = queue(database)
    Writer(database, 1.0).store(arrival())
    (changed,) = inbox.take(NOON + 1, 10, ())
    taken = []
    with database.write() as connection:
        inbox.lease.check(connection)
        heir = Thread(target=lambda: taken.append(steal(database_url)))
        heir.start()
        wait_for_lock(postgres)
        assert taken == []
        connection.execute(tables.notification.update().values(outcome="sent"))
    heir.join(10)
    assert taken == [2]
    assert outcomes(database) == [("sent", None)]
    with pytest.raises(LeadLost):
        inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead")])], NOON)


def steal(url):
    """The lease is there to be taken, and another takes it."""
    other = Database(url)
    with other.write() as connection:
        connection.execute(tables.lease.update().values(expires_at=0.0))
    heir = Lease(other)
    assert heir.hold()
    other.close()
    return heir.fence


def wait_for_lock(postgres):
    """Return when somebody waits for a lock."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if postgres.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.postgresql
def test_connections_that_died_idle_cost_nobody_a_refusal(database, postgres):
    writer = Writer(database, 1.0)
    with database.read(), database.read(), database.read():  # so many lie idle afterwards
        writer.store(arrival())
    for use in (
        lambda: writer.store(arrival()).notification,
        lambda: database.rows(select(1)) == [(1,)],
        lambda: purge(database, 0.0) == NONE_SECONDS,
        lambda: Lease(database).hold() is not None,
    ):
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'marquee'"
        assert len(postgres.execute(ended)) > 0
        assert use()


@pytest.mark.postgresql
def test_a_connection_that_was_closed_idle_costs_nobody_a_refusal(database):
    writer = Writer(database, 1.0)
    with closing(database.engine.raw_connection()) as connection:
        driver = connection.driver_connection
    driver.close()
    assert writer.store(arrival()).notification


@pytest.mark.skipif(not binaries(), reason="no PostgreSQL on this machine")
def test_a_server_that_is_gone_is_said_so_and_served_again_by_itself():
    """One of its own: while it is gone another may take its port."""
    server = Postgres().start()
    database = Database(server.url())
    migrate(database)
    writer = Writer(database, 1.0)
    writer.store(arrival())
    server.stop()
    for _ in range(2):
        with pytest.raises(InboxUnavailable):
            writer.store(arrival())
    server.start()
    assert writer.store(arrival()).notification
    database.close()
    server.remove()


def test_what_a_person_linked_while_it_was_sent_is_not_overwritten(database):
    Writer(database, 0.0).store(arrival())
    inbox = queue(database, 0.0)
    (changed,) = inbox.take(NOON, 10, ())
    inbox.doubt({changed.id: Link("111", "hubspot")}, {changed.id: {"eventName"}})
    link(database, "tickets", "ev-1", "222", NOON)
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "sent")], confirmed={"eventName": "A"})], NOON)
    (again,) = inbox.take(NOON, 10, ())
    assert again.link == Link("222", "operator", {})


def test_what_dies_for_want_of_a_link_that_a_person_just_set_waits_for_it(database):
    Writer(database, 0.0).store(arrival())
    inbox = queue(database, 0.0)
    (changed,) = inbox.take(NOON, 10, ())
    link(database, "tickets", "ev-1", "222", NOON)
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead", "not_in_hubspot")], unlink=True)], NOON)
    assert outcomes(database) == [("pending", None)]
    (again,) = inbox.take(NOON, 10, ())
    assert again.link == Link("222", "operator", {})


def test_what_is_put_off_comes_at_once_where_a_person_linked_it_meanwhile(database):
    Writer(database, 0.0).store(arrival())
    inbox = queue(database, 0.0)
    (changed,) = inbox.take(NOON, 10, ())
    link(database, "tickets", "ev-1", "222", NOON)
    inbox.settle([Settlement(changed, retry_at=NOON + 999, waits_for="not_in_hubspot")], NOON)
    assert len(inbox.take(NOON, 10, ())) == 1


def test_what_a_person_linked_to_the_same_marketing_event_is_sent_whole_again(database):
    Writer(database, 0.0).store(arrival())
    inbox = queue(database, 0.0)
    link(database, "tickets", "ev-1", "222", NOON)
    (changed,) = inbox.take(NOON, 10, ())
    inbox.settle([Settlement(changed, confirmed={"eventName": "A", "eventUrl": "u"})], NOON)
    Writer(database, 0.0).store(arrival())
    (changed,) = inbox.take(NOON, 10, ())
    inbox.doubt({}, {changed.id: {"eventName"}})
    link(database, "tickets", "ev-1", "222", NOON)
    inbox.settle([Settlement(changed, confirmed={"eventName": "B"})], NOON)
    (again,) = inbox.take(NOON, 10, ())
    assert again.link.confirmed == {"eventName": "B"}


def test_two_that_tell_of_silences_at_once_do_not_refuse_each_other(database):
    keep_silences(database, {"a": 1.0, "b": 2.0})
    keep_silences(database, {"b": 3.0})
    assert dict(map(tuple, database.rows(select(tables.silence)))) == {"b": 3.0}
