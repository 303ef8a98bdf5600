"""Nothing flows during a pause, little after it, then more; and an operator has the last word."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.forwarding.flow import PROBE, Amount, Flow
from handlers.forwarding.pacer import NotNow, Pacer
from handlers.forwarding.waits import Pause
from handlers.inbox import pauses

NOON = 1_800_000_000.0
MOST, LITTLE = Amount(100, 4), Amount(PROBE, 1)
BUSY = Pause("unavailable", 0.0, "HubSpot cannot do it just now.")


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def flow(database, clock):
    made = Flow(database, MOST, Pacer(clock=clock), clock, chance=lambda: 0.0)
    made.begin()
    return made


def fail(flow, pause=BUSY):
    flow.failed(flow.round, pause)


def succeed(flow):
    flow.succeeded(flow.round)


def wait_until_open(flow, clock):
    started = clock.now
    while not flow.is_open():
        clock.now += 1.0
    return clock.now - started


def test_where_nothing_is_amiss_all_flows(flow):
    assert (flow.is_open(), flow.amount) == (True, MOST)


@pytest.mark.rule(15)
def test_after_a_pause_a_small_batch_goes_alone_then_twice_as_much_with_each_success(flow, clock):
    fail(flow)
    wait_until_open(flow, clock)
    amounts = []
    while flow.amount != MOST:
        amounts.append((flow.amount.inputs, flow.amount.calls))
        succeed(flow)
    assert amounts == [(5, 1), (10, 2), (20, 4), (40, 4), (80, 4)]


@pytest.mark.rule(15)
def test_a_failure_on_the_way_up_starts_again_at_the_probe_and_waits_longer(flow, clock):
    fail(flow)
    first = wait_until_open(flow, clock)
    succeed(flow)
    succeed(flow)
    fail(flow)
    assert flow.amount == LITTLE
    assert wait_until_open(flow, clock) > first


def test_once_all_flows_again_the_next_failure_is_the_first(flow, clock):
    waits = []
    for _ in range(2):
        fail(flow)
        waits.append(wait_until_open(flow, clock))
        while flow.amount != MOST:
            succeed(flow)
    assert waits[0] == waits[1]


@pytest.mark.rule(15)
def test_waits_grow_to_five_minutes(flow, clock):
    waits = []
    for _ in range(10):
        fail(flow)
        waits.append(wait_until_open(flow, clock))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.rule(12)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4), told=st.floats(0, 5000))
def test_never_earlier_than_told_whatever_chance_adds(database, chances, told):
    clock = Clock()
    pauses.resume(database)
    drawn = iter(chances)
    flow = Flow(database, MOST, Pacer(clock=clock), clock, chance=lambda: next(drawn))
    flow.begin()
    for _ in chances:
        flow.failed(0, Pause("rate_limited", told))
    assert pauses.get_pause(database).until >= NOON + told


def test_a_shorter_wait_that_is_told_later_shortens_nothing(flow, clock):
    before = flow.round
    flow.failed(before, Pause("rate_limited", 60.0))
    flow.failed(before, BUSY)
    assert wait_until_open(flow, clock) == 60


def test_calls_that_fail_together_are_one_failure_and_keep_its_reason(flow, clock, database):
    before = flow.round
    flow.failed(before, Pause("rate_limited", 10.0, "Too many."))
    for _ in range(3):
        flow.failed(before, Pause("paused", 1.0))
    kept = pauses.get_pause(database)
    assert (kept.reason, kept.detail) == ("rate_limited", "Too many.")
    wait_until_open(flow, clock)
    fail(flow)
    assert wait_until_open(flow, clock) == 4


def test_a_success_that_was_begun_before_the_pause_lifts_nothing(flow, database):
    before = flow.round
    fail(flow)
    flow.succeeded(before)
    assert not flow.is_open()
    assert pauses.get_pause(database)


def test_a_pause_is_kept_with_its_reason_its_words_and_since_when_until_something_succeeds(flow, clock, database):
    fail(flow)
    wait_until_open(flow, clock)
    fail(flow, Pause("unauthorized", 300.0, "The token ended."))
    assert pauses.get_pause(database) == pauses.Pause("unauthorized", NOON, clock.now + 300, "The token ended.")
    wait_until_open(flow, clock)
    succeed(flow)
    assert pauses.get_pause(database) is None


def test_another_worker_takes_over_the_pause_and_how_much_it_has_grown(flow, clock, database):
    for _ in range(7):
        fail(flow)
        wait_until_open(flow, clock)
    fail(flow)
    other = Flow(database, MOST, Pacer(clock=clock), clock, chance=lambda: 0.0)
    other.begin()
    assert not other.is_open()
    wait_until_open(other, clock)
    assert other.amount == LITTLE
    fail(other)
    assert wait_until_open(other, clock) >= 256


def test_an_operator_stops_all_sending_within_a_second_until_it_is_resumed(flow, clock, database):
    flow.look()
    pauses.hold(database, clock.now, "Maintenance.")
    clock.now += 1.0
    flow.look()
    assert not flow.is_open()
    clock.now += 90 * 86400.0
    flow.look()
    assert not flow.is_open()


def test_a_success_does_not_lift_what_an_operator_stopped(flow, clock, database):
    pauses.hold(database, clock.now)
    flow.look()
    succeed(flow)
    clock.now += 1.0
    flow.look()
    assert (flow.is_open(), pauses.get_pause(database).reason) == (False, "operator")


@pytest.mark.parametrize("by_operator", [True, False])
def test_what_is_resumed_flows_within_a_second_beginning_with_a_small_batch(flow, clock, database, by_operator):
    if by_operator:
        pauses.hold(database, clock.now)
    else:
        fail(flow, Pause("daily_limit", 900.0))
    flow.look()
    assert not flow.is_open()
    pauses.resume(database)
    clock.now += 1.0
    flow.look()
    assert (flow.is_open(), flow.amount) == (True, LITTLE)


def test_while_it_is_closed_no_call_gets_through_and_then_one_does(flow, clock):
    fail(flow, Pause("rate_limited", 10.0))
    clock.now += 9.9
    flow.is_open()
    with pytest.raises(NotNow):
        flow.pacer.wait()
    clock.now += 0.1
    flow.is_open()
    flow.pacer.wait()


def test_the_inbox_is_asked_about_pauses_no_more_than_twice_a_second(flow, clock, database):
    flow.look()
    pauses.hold(database, clock.now)
    for _ in range(4):
        clock.now += 0.1
        flow.look()
    assert flow.is_open()
