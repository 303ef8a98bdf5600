"""A platform that is away is left alone, never shorter than it says, and asked by one call whether it is back."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handlers.forwarding.breaker import A_FEW, MOST_SECONDS, Breaker
from handlers.forwarding.trouble import REFUSED, Trouble, TurnedAway
from handlers.inbox.pauses import Pause

NOON = 1_800_000_000.0
AWAY = Trouble("platform_unavailable")
ONE_EVENTS = Trouble("platform_refuses_event", about_event=True)


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock, lambda: 0.0)


def throttled(seconds):
    return Trouble("platform_throttles", told=seconds, closes=True)


def call(breaker, trouble=None):
    breaker.leave(breaker.enter(), trouble)


def close(breaker, times=A_FEW):
    for _ in range(times):
        call(breaker, AWAY)


def test_a_few_faults_in_a_row_close_it(breaker):
    close(breaker)
    assert not breaker.is_open()
    with pytest.raises(TurnedAway) as caught:
        breaker.enter()
    assert caught.value.reason == "platform_unavailable"


@pytest.mark.parametrize("between", [None, ONE_EVENTS])
def test_faults_with_an_answer_between_them_do_not(breaker, between):
    for _ in range(5):
        close(breaker, A_FEW - 1)
        call(breaker, between)
    assert breaker.is_open()


def test_what_is_refused_for_one_event_alone_never_closes_it(breaker):
    for _ in range(20):
        call(breaker, ONE_EVENTS)
    assert breaker.is_open()


def test_after_the_pause_one_call_alone_goes_to_see(breaker, clock):
    close(breaker)
    clock.now += 5
    begun = breaker.enter()
    with pytest.raises(TurnedAway):
        breaker.enter()
    breaker.leave(begun, None)
    assert (breaker.is_open(), breaker.pause) == (True, None)


def test_each_vain_probe_doubles_the_pause_up_to_five_minutes(breaker, clock):
    close(breaker)
    pauses = []
    for _ in range(9):
        pauses.append(breaker.opens_at() - clock.now)
        clock.now = breaker.opens_at()
        call(breaker, AWAY)
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_the_pause_is_short_again_only_after_a_second_answer(breaker, clock):
    def reopened(answers):
        clock.now = breaker.opens_at()
        for _ in range(answers):
            call(breaker)
        close(breaker)
        return breaker.opens_at() - clock.now

    close(breaker)
    assert [reopened(1), reopened(1), reopened(2)] == [10, 20, 5]


def test_a_refused_token_closes_it_at_once_for_five_minutes(breaker, clock):
    call(breaker, REFUSED)
    assert (breaker.pause.reason, breaker.opens_at() - clock.now) == ("platform_refuses_token", 300)


def test_it_is_told_since_when_even_as_the_reason_changes(breaker, clock):
    close(breaker)
    clock.now += 5
    call(breaker, REFUSED)
    assert (breaker.pause.since, breaker.pause.reason) == (NOON, "platform_refuses_token")


def test_what_was_begun_before_the_pause_does_not_end_it(breaker):
    slow = breaker.enter()
    close(breaker)
    breaker.leave(slow, None)
    assert not breaker.is_open()


def test_what_was_begun_before_the_pause_does_not_lengthen_it_unless_it_tells_how_long(breaker, clock):
    first, second = breaker.enter(), breaker.enter()
    close(breaker)
    breaker.leave(first, AWAY)
    assert breaker.opens_at() == clock.now + 5
    breaker.leave(second, throttled(60))
    assert breaker.opens_at() == clock.now + 60


def test_a_shorter_wait_never_takes_a_longer_one_back(breaker, clock):
    first = breaker.enter()
    call(breaker, throttled(600))
    breaker.leave(first, throttled(1))
    assert breaker.opens_at() == clock.now + 600


def test_the_pause_of_a_worker_before_is_taken_over(breaker, clock):
    breaker.adopt(Pause("platform_throttles", NOON - 10, NOON + 50))
    assert not breaker.is_open()
    clock.now += 50
    call(breaker)
    assert breaker.pause is None


def test_who_resumes_it_is_heard_and_one_more_fault_closes_it_again(breaker):
    call(breaker, throttled(3600))
    breaker.resume()
    assert breaker.is_open()
    call(breaker, AWAY)
    assert not breaker.is_open()


@settings(max_examples=200, stateful_step_count=60)
class Platform(RuleBasedStateMachine):
    """Calls begin and end in any order, and time passes."""

    def __init__(self):
        super().__init__()
        self.clock, self.drawn = Clock(), 0.5
        self.breaker = Breaker(self.clock, lambda: self.drawn)
        self.under_way = []
        self.told_until = NOON
        self.probes = 0

    @rule(seconds=st.floats(0, 700), drawn=st.floats(0, 0.999))
    def pass_time(self, seconds, drawn):
        self.clock.now, self.drawn = self.clock.now + seconds, drawn

    @rule()
    def wait_out(self):
        self.clock.now = self.breaker.opens_at()

    @rule()
    def begin(self):
        paused = self.breaker.pause
        try:
            begun = self.breaker.enter()
        except TurnedAway:
            assert paused
            assert self.clock.now < paused.until or self.probes
            return
        assert self.clock.now >= self.told_until
        if paused:
            self.probes += 1
            assert self.probes == 1
        self.under_way.append((begun, bool(paused)))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), trouble=st.sampled_from([None, ONE_EVENTS, AWAY, REFUSED]) | st.floats(0, 4000))
    def end(self, data, trouble):
        begun, was_probe = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        if isinstance(trouble, float):
            trouble = throttled(trouble)
            self.told_until = max(self.told_until, self.clock.now + trouble.told)
        before = self.breaker._round
        self.breaker.leave(begun, trouble)
        if self.breaker._round != before or (was_probe and begun == before):
            self.probes = 0

    @invariant()
    def never_opens_before_it_was_told(self):
        if self.breaker.is_open():
            assert self.clock.now >= self.told_until

    @invariant()
    def never_closes_for_much_longer_than_it_was_told(self):
        most = max(self.told_until, self.clock.now) + 1.25 * MOST_SECONDS
        assert self.breaker.opens_at() <= most

    @invariant()
    def always_lets_somebody_through_in_the_end(self):
        if not self.breaker.is_open():
            assert self.clock.now < self.breaker.opens_at() or self.probes


TestPlatform = Platform.TestCase
