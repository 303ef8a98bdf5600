"""One leads, by the database's clock."""

from sqlalchemy import update

from handlers.inbox import tables
from handlers.inbox.lease import RENEW_SECONDS, Lease


class Watch:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


def expire(database):
    with database.write() as connection:
        connection.execute(update(tables.lease).values(expires_at=0.0))


def test_the_first_leads_and_the_second_stands_by(database):
    first, second = Lease(database), Lease(database)
    assert first.hold()
    assert not second.hold()


def test_the_lead_passes_on_when_the_lease_has_run_out_and_the_fence_grows(database):
    first, second = Lease(database), Lease(database)
    first.hold()
    expire(database)
    assert second.hold()
    assert second.fence == first.fence + 1


def test_a_leader_that_slept_too_long_finds_the_lead_gone(database):
    watch = Watch()
    first, second = Lease(database, monotonic=watch), Lease(database)
    first.hold()
    expire(database)
    second.hold()
    watch.seconds += RENEW_SECONDS
    assert not first.hold()


def test_a_leader_renews_its_lease(database):
    watch = Watch()
    lease = Lease(database, monotonic=watch)
    lease.hold()
    fence = lease.fence
    expire(database)
    watch.seconds += RENEW_SECONDS
    assert lease.hold()
    assert lease.fence == fence
    assert not Lease(database).hold()


def test_a_lease_renewed_too_long_ago_is_not_safe_to_send_on(database):
    watch = Watch()
    lease = Lease(database, monotonic=watch)
    lease.hold()
    assert lease.is_safe()
    watch.seconds += 11
    assert not lease.is_safe()


def test_a_clean_stop_hands_the_lead_over_at_once(database):
    first, second = Lease(database), Lease(database)
    first.hold()
    first.release()
    assert second.hold()


def test_standing_by_writes_nothing(database):
    Lease(database).hold()
    second = Lease(database)
    with database.write():
        assert not second.hold()
