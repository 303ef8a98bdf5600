"""One leads, whatever any clock says."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from fresh import fresh_inbox
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import literal, select, update

from handlers.errors import InboxUnavailable
from handlers.inbox import lease as module
from handlers.inbox import tables
from handlers.inbox.clock import DatabaseClock
from handlers.inbox.lease import LEASE_SECONDS, RENEW_SECONDS, SAFE_SECONDS, LeadLost, Lease, current_term, term

HOUR = 3600.0


class Watch:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def watch():
    return Watch()


def expire(database):
    with database.write() as connection:
        connection.execute(update(tables.lease).values(expires_at=0.0))


def check(lease):
    with lease.database.write() as connection:
        lease.check(connection)


def let_pass(watch, seconds, *onlookers):
    """Time in which the onlookers look every half second and nobody else does anything."""
    for _ in range(int(seconds * 2)):
        watch.seconds += 0.5
        assert [lease.hold() for lease in onlookers] == [False] * len(onlookers)


def test_the_first_leads_and_the_second_stands_by(database):
    first, second = Lease(database), Lease(database)
    assert first.hold()
    assert not second.hold()


def test_the_lead_passes_on_when_nobody_renewed_it_and_the_fence_grows(database, watch):
    first, second = Lease(database), Lease(database, monotonic=watch)
    first.hold()
    assert not second.hold()
    let_pass(watch, LEASE_SECONDS - 0.5, second)
    watch.seconds += 0.5
    assert second.hold()
    assert second.fence == first.fence + 1


def test_who_only_just_came_has_to_look_on_first(database, watch):
    """It cannot know when the lease was renewed, and no clock but its own is believed."""
    Lease(database).hold()
    with database.write() as connection:
        connection.execute(update(tables.lease).values(expires_at=1.0))
    newcomer = Lease(database, monotonic=watch)
    assert not newcomer.hold()
    let_pass(watch, LEASE_SECONDS - 0.5, newcomer)
    watch.seconds += 0.5
    assert newcomer.hold()


def test_who_slept_while_looking_on_sees_that_it_was_renewed(database, watch):
    leader, second = Lease(database, monotonic=watch), Lease(database, monotonic=watch)
    leader.hold()
    assert not second.hold()
    for _ in range(4):
        watch.seconds += RENEW_SECONDS
        assert leader.hold()
    assert not second.hold()


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_database_whose_clock_is_set_anew_neither_gives_the_lead_away_nor_keeps_it(
    database, watch, monkeypatch, step
):
    moment = [1e9]
    monkeypatch.setattr(module, "now", lambda: literal(moment[0]))
    leader, second = Lease(database, monotonic=watch), Lease(database, monotonic=watch)
    leader.hold()
    assert not second.hold()
    moment[0] += step
    watch.seconds += RENEW_SECONDS - 0.5
    assert not second.hold()
    watch.seconds += 0.5
    assert leader.hold()
    assert not second.hold()
    let_pass(watch, LEASE_SECONDS - 0.5, second)
    watch.seconds += 0.5
    assert second.hold()


def test_a_leader_that_slept_too_long_finds_the_lead_gone(database, watch):
    first, second = Lease(database, monotonic=watch), Lease(database)
    first.hold()
    expire(database)
    second.hold()
    watch.seconds += RENEW_SECONDS
    assert not first.hold()


def test_a_leader_renews_its_lease(database, watch):
    lease = Lease(database, monotonic=watch)
    lease.hold()
    fence = lease.fence
    expire(database)
    watch.seconds += RENEW_SECONDS
    assert lease.hold()
    assert lease.fence == fence
    assert not Lease(database).hold()


def test_a_lease_renewed_too_long_ago_is_not_safe_to_send_on(database, watch):
    lease = Lease(database, monotonic=watch)
    assert not lease.is_safe()
    lease.hold()
    watch.seconds += SAFE_SECONDS - 0.1
    assert lease.is_safe()
    watch.seconds += 0.1
    assert not lease.is_safe()


def test_a_renewal_that_took_its_time_counts_from_when_it_was_asked_for(database, watch, monkeypatch):
    lease = Lease(database, monotonic=watch)
    write = database.write

    def slow():
        watch.seconds += 5.0
        return write()

    monkeypatch.setattr(database, "write", slow)
    lease.hold()
    watch.seconds += SAFE_SECONDS - 5.0
    assert not lease.is_safe()


def test_a_leader_that_cannot_renew_is_soon_safe_no_more_and_leads_on_when_it_can(database, watch, monkeypatch):
    lease = Lease(database, monotonic=watch)
    lease.hold()

    def cut():
        raise InboxUnavailable("cut")

    monkeypatch.setattr(database, "write", cut)
    watch.seconds += SAFE_SECONDS
    with pytest.raises(InboxUnavailable):
        lease.hold()
    assert not lease.is_safe()
    monkeypatch.undo()
    assert lease.hold()
    assert lease.is_safe()
    assert lease.fence == 1


def test_a_clean_stop_hands_the_lead_over_at_once(database):
    first, second = Lease(database), Lease(database)
    first.hold()
    assert not second.hold()
    first.release()
    assert not first.is_safe()
    assert second.hold()


def test_who_leads_no_more_releases_nothing(database):
    first, second = Lease(database), Lease(database)
    first.hold()
    expire(database)
    second.hold()
    first.release()
    assert database.rows(select(tables.lease.c.holder, tables.lease.c.expires_at > 0)) == [(second.holder, True)]


def test_standing_by_writes_nothing(database):
    Lease(database).hold()
    second = Lease(database)
    with database.write():
        assert not second.hold()


def test_who_never_led_may_settle_nothing(database):
    with pytest.raises(LeadLost):
        check(Lease(database))


def test_who_finds_the_lead_lost_sends_nothing_more_and_asks_for_it_at_once(database):
    lease = Lease(database)
    lease.hold()
    with database.write() as connection:
        connection.execute(update(tables.lease).values(holder="another", fence=2))
    with pytest.raises(LeadLost):
        check(lease)
    assert not lease.is_safe()
    assert not lease.hold()


def regained(database, watch):
    """A lease that was lost and is held again, and a context of the first time."""
    lease, other = Lease(database, monotonic=watch), Lease(database)
    lease.hold()
    with term(lease.fence):
        before = copy_context()
    expire(database)
    other.hold()
    other.release()
    watch.seconds += RENEW_SECONDS
    assert lease.hold()
    assert lease.fence == 3
    return lease, before


def test_what_was_begun_before_the_lead_was_lost_settles_nothing_when_it_is_regained(database, watch):
    lease, before = regained(database, watch)
    check(lease)
    with pytest.raises(LeadLost):
        before.run(check, lease)
    assert lease.hold()
    check(lease)


def test_what_was_begun_before_the_lead_was_lost_sends_nothing_when_it_is_regained(database, watch):
    lease, before = regained(database, watch)
    assert lease.is_safe()
    assert not before.run(lease.is_safe)


def test_a_term_ends_with_its_block_and_goes_along_into_threads(database):
    with term(7), ThreadPoolExecutor(1) as pool:
        assert pool.submit(copy_context().run, current_term).result() == 7
        assert pool.submit(current_term).result() is None
    assert current_term() is None


def test_the_clock_is_the_databases_however_wrong_this_host_is(database):
    clock = DatabaseClock(host=lambda: 0.0)
    assert clock() == 0.0
    lease = Lease(database)
    lease.clock.host = lambda: 0.0
    lease.hold()
    ((told,),) = database.rows(select(module.now()))
    assert lease.clock() == pytest.approx(told, abs=1.0)


def test_between_two_renewals_the_clock_goes_on_with_the_steady_one(watch):
    clock = DatabaseClock(watch, host=lambda: 0.0)
    clock.learn(5000.0, watch.seconds)
    watch.seconds += 2.0
    assert clock() == 5002.0


def test_what_the_database_answered_is_taken_for_the_middle_of_the_wait(watch):
    clock = DatabaseClock(watch, host=lambda: 0.0)
    asked = watch.seconds
    watch.seconds += 0.4
    clock.learn(5000.0, asked)
    assert clock() == pytest.approx(5000.2)


@pytest.mark.postgresql
def test_a_leader_that_was_stopped_in_mid_write_does_not_keep_the_lead_by_its_locks(database):
    """Its connection is ended for it: 5 s by the settings of `handlers.inbox.postgresql`, then it holds nothing."""
    leader, second = Lease(database), Lease(database)
    leader.hold()
    with pytest.raises(InboxUnavailable):
        stop_in_mid_write(leader, lambda: give_to(second))
    assert second.hold()


def stop_in_mid_write(leader, meanwhile):
    with leader.database.write() as connection:
        leader.check(connection)
        with pytest.raises(InboxUnavailable):
            meanwhile()
        time.sleep(5.0)
        meanwhile()
        leader.check(connection)


def give_to(lease):
    with lease.database.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        connection.execute(select(tables.lease.c.fence).with_for_update())
        connection.execute(update(tables.lease).values(holder=lease.holder))


def test_a_renewal_between_a_look_and_a_take_over_keeps_the_lead(database, watch, monkeypatch):
    leader, second = Lease(database, monotonic=watch), Lease(database, monotonic=watch)
    leader.hold()
    assert not second.hold()
    watch.seconds += LEASE_SECONDS
    write = database.write

    def late():
        monkeypatch.undo()
        assert leader.hold()
        return write()

    monkeypatch.setattr(database, "write", late)
    assert not second.hold()
    assert leader.is_safe()


class Host:
    """A worker whose steady clock goes a little wrong, and which stops at times."""

    def __init__(self, truth, rate, database):
        self.offset, self.rate = 1000.0 * rate, rate
        self.truth = truth
        self.lease = Lease(database, monotonic=lambda: self.offset + self.rate * truth[0])


class Leads(RuleBasedStateMachine):
    """Hosts whose steady clocks run up to 4 % apart, a database whose clock is set at will, stops, cuts and restarts."""

    database = None

    @initialize(rates=st.lists(st.floats(0.98, 1.02), min_size=2, max_size=3))
    def begin(self, rates):
        with self.database.write() as connection:
            connection.execute(tables.lease.delete())
        self.truth, self.of_database = [0.0], [1e9]
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(module, "now", lambda: literal(self.of_database[0] + self.truth[0]))
        self.hosts = [Host(self.truth, rate, self.database) for rate in rates]
        self.fences = set()

    def teardown(self):
        self.patch.undo()

    def host(self, number):
        return self.hosts[number % len(self.hosts)]

    @rule(number=st.integers(0, 2), before=st.floats(0, 2), within=st.floats(0, 6), after=st.floats(0, 4))
    def turn(self, number, before, within, after):
        """It may be stopped before it asks, within the transaction, and before it hears the answer."""
        lease, write = self.host(number).lease, self.database.write
        self.truth[0] += before

        def slow():
            self.truth[0] += within
            return write()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.database, "write", slow)
            fence = lease.fence
            lease.hold()
        if lease.fence not in (None, fence):
            assert lease.fence not in self.fences
            self.fences.add(lease.fence)
        self.truth[0] += after

    @rule(number=st.integers(0, 2))
    def look(self, number):
        self.host(number).lease.hold()

    @rule(seconds=st.floats(0.1, 12))
    def pass_time(self, seconds):
        self.truth[0] += seconds

    @rule(seconds=st.sampled_from([-HOUR, -5.0, 5.0, HOUR]))
    def set_the_databases_clock(self, seconds):
        self.of_database[0] += seconds

    @rule(number=st.integers(0, 2))
    def stop_cleanly(self, number):
        self.host(number).lease.release()

    @rule(number=st.integers(0, 2), rate=st.floats(0.98, 1.02))
    def restart(self, number, rate):
        place = number % len(self.hosts)
        self.hosts[place] = Host(self.truth, rate, self.database)

    @precondition(lambda self: len(self.hosts) > 1)
    @rule(number=st.integers(0, 2))
    def the_others_die_and_one_takes_over(self, number):
        survivor = self.host(number)
        end = self.truth[0] + 12.0
        while not survivor.lease.hold():
            assert self.truth[0] < end
            self.truth[0] += 0.5

    @invariant()
    def never_two_that_may_send(self):
        assert sum(host.lease.is_safe() for host in getattr(self, "hosts", ())) <= 1

    @invariant()
    def whoever_may_send_may_settle(self):
        for host in getattr(self, "hosts", ()):
            if host.lease.is_safe():
                check(host.lease)


@pytest.mark.sqlite
def test_never_two_that_believe_they_may_send(tmp_path):
    opened = fresh_inbox(tmp_path)
    Leads.database = opened
    case = Leads.TestCase()
    case.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
    case.runTest()
    opened.close()
