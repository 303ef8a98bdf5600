"""On PostgreSQL the lease's row is held by those that settle, by the one that renews, and by the one that takes over."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event as Flag

import pytest
from inboxes import NOON, arrival
from running import wait_until

from handlers.inbox import lease as module
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.queue import Outcome, Queue, Settlement
from handlers.inbox.writer import Writer

SETTLERS = 4
A_MOMENT = 1.0
pytestmark = pytest.mark.postgresql


@pytest.fixture
def leader(database):
    made = Lease(database)
    assert made.hold()
    return made


@pytest.fixture
def wait_for_lock(postgres):
    """Return when somebody waits for a lock."""

    def wait():
        asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_until(lambda: postgres.execute(asked), "somebody waits for a lock", 10)

    return wait


@pytest.fixture
def threads():
    with ThreadPoolExecutor() as pool:
        yield pool


def seconds_of(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_a_renewal_does_not_wait_for_a_settlement_that_is_not_through(database, leader, threads):
    with database.write() as settling:
        leader.check(settling)
        threads.submit(leader._take).result(A_MOMENT)
        assert leader.fence == 1


def settle_nothing(leader):
    with leader.database.write() as settling:
        leader.check(settling)


def test_a_settlement_does_not_wait_for_a_renewal_that_is_not_through(database, leader, threads):
    with database.write() as renewing:
        assert leader._renew(renewing)
        threads.submit(settle_nothing, leader).result(A_MOMENT)


def test_a_settlement_waits_for_who_takes_over_and_is_refused_then(database, leader, threads, wait_for_lock):
    other = Lease(database)
    leader.release()
    leader.fence = 1  # as if this one had not heard of it yet
    with database.write() as taking:
        assert other._take_over(taking)
        settling = threads.submit(settle_nothing, leader)
        wait_for_lock()
    with pytest.raises(LeadLost):
        settling.result(A_MOMENT)


def test_a_settlement_that_met_a_renewal_still_holds_off_who_takes_over(database, leader, threads, wait_for_lock):
    """The renewed row is a new one to PostgreSQL: the settlement's lock must be on that as well."""
    other = Lease(database)
    with database.write() as settling:
        leader.check(settling)
        leader._take()
        leader.release()
        taking = threads.submit(other.hold)
        wait_for_lock()
        assert not taking.done()
    assert taking.result(A_MOMENT)


def test_however_densely_a_leader_settles_it_renews_as_quickly_and_nobody_waits_in_a_circle(database, leader):
    inbox = Queue(database, leader, 0.0)
    Writer(database, 0.0).store_all([arrival(f"ev-{number}") for number in range(SETTLERS)])
    taken, stop = inbox.take(NOON + 1, SETTLERS, ()), Flag()

    def settle(changed):
        count = 0
        while not stop.is_set():
            inbox.settle([Settlement(changed, retry_at=NOON, outcomes=[Outcome(0, NOON, "sent")])], NOON)
            count += 1
        return count

    with ThreadPoolExecutor() as pool, ExitStack() as ends:
        ends.callback(stop.set)
        settling = [pool.submit(settle, changed) for changed in taken]
        waits = [seconds_of(inbox.lease._take) for _ in range(100)]
        stop.set()
        counts = [one.result(10) for one in settling]
    assert min(counts) > 10
    print(f"renewals: {max(waits):.3f} s at most, beside {sum(counts)} settlements")
    assert max(waits) < module.RENEW_SECONDS / 3
