"""Who may wait in hand for a platform, and when those come back that may not."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.lane import FRESH, PACE, WAITING, Lane
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.trouble import REFUSED, Trouble, Troubled, TurnedAway

NOON = 1_800_000_000.0
USUAL = 2 * WAITING


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lane(clock):
    return new_lane(clock)


def new_lane(clock, per_second=4.0, at_once=2):
    return Lane(Spacing(per_second), at_once, clock, Breaker(clock, lambda: 0.0))


def refuse(lane):
    with pytest.raises(Troubled), lane.visit():
        raise Troubled(REFUSED)


def test_a_call_without_trouble_is_an_answer_and_one_with_it_counts_against_the_platform(lane):
    with lane.visit():
        pass
    assert lane.is_open()
    refuse(lane)
    assert not lane.is_open()


def test_while_it_is_closed_nothing_is_called(lane):
    refuse(lane)
    with pytest.raises(TurnedAway), lane.visit():
        pytest.fail("it was called")


def test_an_unforeseen_fault_of_a_call_leaves_the_way_free(lane, clock):
    refuse(lane)
    clock.now += 300
    with pytest.raises(KeyError), lane.visit():
        raise KeyError("bug")
    assert lane.is_open()


def test_only_a_few_wait_in_hand(lane):
    assert [lane.has_room(waiting, "platform_pace") for waiting in (USUAL - 1, USUAL)] == [True, False]


def test_what_changed_just_now_has_more_room_than_what_was_put_off(lane):
    assert [lane.has_room(waiting, None) for waiting in (USUAL, 2 * USUAL - 1, 2 * USUAL)] == [True, True, False]


def test_after_some_of_the_one_sort_it_is_the_others_turn(lane):
    assert [lane.has_room(USUAL, None) for _ in range(FRESH + 1)] == [True] * FRESH + [False]
    assert lane.has_room(USUAL, "platform_pace")
    assert lane.has_room(USUAL, None)


def test_while_it_is_closed_nobody_waits_in_hand(lane):
    refuse(lane)
    assert not lane.has_room(0, None)


def test_to_see_whether_it_is_back_only_one_is_taken(lane, clock):
    refuse(lane)
    clock.now += 300
    assert [lane.has_room(waiting, None) for waiting in (0, 1)] == [True, False]


def test_what_is_put_off_comes_back_one_by_one_at_the_platforms_pace(lane):
    slots = [lane.next_slot() for _ in range(3)]
    assert slots == [(NOON + 1, PACE), (NOON + 1.25, PACE), (NOON + 1.5, PACE)]


def test_what_is_put_off_while_it_is_closed_comes_back_when_it_opens_and_says_why(lane):
    refuse(lane)
    assert lane.next_slot() == (NOON + 300, "platform_refuses_token")


@pytest.mark.parametrize(("seconds", "between"), [(0.01, 0.25), (1.0, 0.5), (60.0, 1.0)])
def test_slow_answers_spread_what_comes_back_but_not_for_ever(lane, seconds, between):
    for _ in range(100):
        lane.took(seconds)
    first, second = (lane.next_slot()[0] for _ in range(2))
    assert second - first == pytest.approx(between, abs=0.01)


def test_a_long_line_is_put_off_about_once_each(clock):
    lane = new_lane(clock)
    put_offs, served = drain(lane, clock, [None] * 2000)
    assert served == 2000
    assert put_offs < 2 * 2000


@settings(max_examples=25)
@given(
    waiting=st.integers(1, 60),
    outage=st.integers(0, 900),
    busy=st.floats(0, 0.95),
    poison=st.integers(0, 3),
)
def test_everybody_has_a_turn_whatever_befalls_the_platform_and_whoever_else_comes(waiting, outage, busy, poison):
    clock = Clock()
    lane = new_lane(clock)
    events = [None] * waiting + ["poison"] * poison
    _, served = drain(lane, clock, events, outage=outage, busy=busy)
    assert served == waiting


def drain(lane, clock, events, outage=0, busy=0.0):
    """A worker in small: a call each quarter of a second, and fresh changes in `busy` of them; it fails for `outage` seconds.

    Returns how often somebody was put off, and how many (but for poison, which the platform always fails at) were served.
    """
    due = [SimpleNamespace(at=NOON, waits=None, kind=kind, tries=0) for kind in events]
    put_offs, served, hand, fresh = 0, 0, [], 0.0
    while served < events.count(None) and clock.now < NOON + 50_000:
        clock.now += 0.25
        fresh += busy
        if fresh >= 1:
            fresh -= 1
            due.append(SimpleNamespace(at=clock.now, waits=None, kind="fresh", tries=0))
        put_offs += take(lane, clock, due, hand)
        if hand:
            event = hand.pop(0)
            told = ask(lane, event, down=event.kind == "poison" or clock.now < NOON + outage)
            due.extend([] if told else [event])
            served += told and event.kind is None
    return put_offs, served


def take(lane, clock, due, hand):
    put_offs = 0
    for event in sorted((event for event in due if event.at <= clock.now), key=lambda event: event.at):
        if lane.has_room(len(hand), event.waits):
            due.remove(event)
            hand.append(event)
        else:
            event.at, event.waits = lane.next_slot()
            put_offs += 1
    return put_offs


def ask(lane, event, down):
    """As the worker does it: what was not asked is put off, and what failed comes back after others."""
    try:
        begun = lane.breaker.enter()
    except TurnedAway:
        event.at, event.waits = lane.next_slot()
        return False
    lane.breaker.leave(begun, Trouble("platform_unavailable") if down else None)
    if down:
        event.tries, event.waits = event.tries + 1, "platform_unavailable"
        event.at = lane.breaker.opens_at() + min(300.0, 2.0**event.tries)
    return not down
