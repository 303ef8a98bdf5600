"""Whatever mixture of slow and fast calls, HubSpot never counts more than it allows; others' use is left to them."""

import heapq
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.forwarding.window import Window


def simulate(window, delays):
    """Calls one after another whenever there is room, each under way for its delay; when each was sent and answered."""
    now, under_way, calls = Fraction(), [], []
    for number, seconds in enumerate(delays):
        while (wait := window.wait_for(now)) > 0:
            now += Fraction(max(wait, 0.001))
            while under_way and under_way[0][0] <= now:
                window.end(heapq.heappop(under_way)[1], now)
        window.begin(number, now)
        calls.append((now, now + seconds))
        heapq.heappush(under_way, (now + seconds, number))
    return calls


# Exact numbers: 10.2 - 10 is less than 0.2 among floats, and a call ten seconds after another would seem to be within them.
@pytest.mark.rule(13)
@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.floats(0, 15).map(Fraction), st.floats(0, 1).map(Fraction)), max_size=40),
)
@example(1, [(Fraction(0.2), Fraction(1)), (Fraction(0), Fraction(0))])
def test_no_ten_seconds_at_hubspot_hold_more_calls_than_allowed_whenever_each_arrives(limit, calls):
    sent = simulate(Window(limit=limit, interval=10), [seconds for seconds, _ in calls])
    arrivals = sorted(begun + (ended - begun) * part for (begun, ended), (_, part) in zip(sent, calls, strict=True))
    assert all(sum(start - 10 < moment <= start for moment in arrivals) <= limit for start in arrivals)


def test_a_call_in_flight_counts_however_long_it_takes():
    window = Window(limit=1)
    window.begin("slow", 0.0)
    assert window.wait_for(60.0) > 0
    window.end("slow", 60.0)
    assert window.wait_for(62.0) == 8.0


def test_alone_calls_may_burst():
    window = Window()
    window.learn(100, 100, 10.0, 0.0)
    for number in range(95):
        assert window.wait_for(1.0) == 0
        window.begin(number, 1.0)
    assert window.wait_for(1.0) > 0


def test_our_own_calls_are_not_taken_for_those_of_others():
    window = Window()
    for number in range(10):
        window.begin(number, 0.0)
        window.end(number, 0.2)
    window.learn(100, 90, 10.0, 0.2)
    assert window.wait_for(0.2) == 0


@pytest.mark.rule(13)
def test_what_others_take_is_left_to_them_and_the_rest_is_spread():
    window = Window()
    window.begin("first", 0.0)
    window.end("first", 0.0)
    window.learn(100, 99 - 45, 10.0, 0.0)
    assert window.wait_for(0.0) == pytest.approx(10 / (95 - 45))


@pytest.mark.rule(13)
def test_never_more_than_others_leave():
    window, now = Window(), 0.0
    window.begin(0, now)
    window.end(0, now)
    sent = [0.0]
    while now < 30:
        window.learn(100, 100 - 60 - sum(moment > now - 10 for moment in sent), 10.0, now)
        now += window.wait_for(now) or 0.01
        if window.wait_for(now) == 0:
            sent.append(now)
            window.begin(now, now)
            window.end(now, now)
    assert max(sum(start - 10 < moment <= start for moment in sent) for start in sent) <= 40
    assert len(sent) >= 30 / 10 * 30


def test_where_others_take_everything_one_call_an_interval_looks_whether_it_is_over():
    window = Window()
    window.begin("first", 0.0)
    window.end("first", 0.0)
    window.learn(100, 0, 10.0, 0.0)
    assert window.wait_for(9.9) > 0
    assert window.wait_for(10.1) == 0


def test_what_others_took_is_forgotten_when_hubspot_has_forgotten_it():
    window = Window()
    window.learn(100, 20, 10.0, 0.0)
    window.begin("first", 1.0)
    window.end("first", 1.0)
    assert window.wait_for(9.0) == 0
    window.begin("second", 9.0)
    assert window.wait_for(9.0) > 0
    assert window.wait_for(10.0) == 0


def test_those_ahead_in_the_line_are_counted_before():
    window = Window(limit=2)
    for moment in (0.0, 3.0):
        window.begin(moment, moment)
        window.end(moment, moment)
    assert [window.wait_for(4.0, ahead) for ahead in (0, 1)] == [6.0, 9.0]


class Counter:
    """HubSpot as it counts: by arrival, in a rolling window; tells what remains, and how often it had to refuse."""

    def __init__(self, limit):
        self.limit, self.arrivals, self.refused = limit, [], 0

    def arrive(self, now):
        recent = sum(moment > now - 10 for moment in self.arrivals[-self.limit :])
        if recent >= self.limit:
            self.refused += 1
        else:
            self.arrivals.append(now)
        return max(0, self.limit - recent - 1)


def drain(window, hubspot, callers, seconds, until):
    """So many callers, each with its next call as soon as there is room."""
    steps = [(0.0, number, "ask", None) for number in range(callers)]
    while steps[0][0] < until:
        now, caller, step, remaining = heapq.heappop(steps)
        if step == "ask" and (wait := window.wait_for(now)) > 0:
            heapq.heappush(steps, (now + max(wait, 0.001), caller, "ask", None))
        elif step == "ask":
            window.begin(caller, now)
            heapq.heappush(steps, (now + seconds / 2, caller, "arrive", None))
        elif step == "arrive":
            heapq.heappush(steps, (now + seconds / 2, caller, "answer", hubspot.arrive(now)))
        else:
            window.end(caller, now)
            window.learn(hubspot.limit, remaining, 10.0, now)
            heapq.heappush(steps, (now, caller, "ask", None))


@pytest.mark.rule(13)
@pytest.mark.parametrize(("limit", "seconds"), [(100, 0.15), (190, 0.05), (250, 0.1)])
def test_alone_nine_tenths_of_the_limit_are_used_and_none_is_refused(limit, seconds):
    hubspot = Counter(limit)
    drain(Window(), hubspot, 4, seconds, 120.0)
    assert hubspot.refused == 0
    assert len(hubspot.arrivals) >= 0.9 * limit * 12


@pytest.mark.rule(13)
def test_after_a_restart_what_the_worker_before_sent_is_heeded_from_the_first_answer():
    hubspot = Counter(100)
    hubspot.arrivals = [-1.0] * 90
    drain(Window(), hubspot, 4, 0.15, 30.0)
    assert hubspot.refused == 0


@pytest.mark.rule(13)
def test_of_a_shared_limit_no_more_than_our_part_is_used_even_if_nobody_uses_the_rest():
    hubspot = Counter(100)
    drain(Window(share=0.4), hubspot, 4, 0.15, 120.0)
    assert max(sum(start - 10 < moment <= start for moment in hubspot.arrivals) for start in hubspot.arrivals) <= 40
    assert len(hubspot.arrivals) >= 0.9 * 0.95 * 40 * 12


@pytest.mark.rule(13)
def test_two_that_share_a_limit_both_get_their_part_and_none_is_refused():
    hubspot, windows, steps = Counter(100), [Window(share=0.5), Window(share=0.5)], []
    sent = [0, 0]
    for who in (0, 1):
        heapq.heappush(steps, (0.05 * who, who, "ask"))
    while steps[0][0] < 120.0:
        now, who, step = heapq.heappop(steps)
        window = windows[who]
        if step == "ask" and (wait := window.wait_for(now)) > 0:
            heapq.heappush(steps, (now + max(wait, 0.001), who, "ask"))
        elif step == "ask":
            window.begin(who, now)
            sent[who] += 1
            heapq.heappush(steps, (now + 0.05, who, "answer"))
        else:
            window.learn(100, hubspot.arrive(now), 10.0, now)
            window.end(who, now)
            heapq.heappush(steps, (now, who, "ask"))
    assert hubspot.refused == 0
    assert min(sent) >= 0.8 * 0.95 * 50 * 12


@pytest.mark.rule(13)
def test_before_hubspot_tells_its_limit_only_our_part_of_the_lowest_is_used():
    window = Window(share=0.1)
    for number in range(10):
        assert window.wait_for(1.0) == 0
        window.begin(number, 1.0)
    assert window.wait_for(1.0) > 0
