"""While notifications arrive the worker takes no more than leaves room to those who acknowledge them."""

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from working import Bench

from handlers.forwarding.allowance import AHEAD, AT_ONCE, FEW, HORIZON_SECONDS, Allowance
from handlers.inbox.arrivals import COUNT_SECONDS

TURN_SECONDS = 0.05


class Stream:
    """What arrives, as told by a test."""

    def __init__(self, per_second):
        self.per_second, self.looks = per_second, 0

    def look(self):
        self.looks += 1


class Clock:
    """Moved by hand."""

    seconds = 100.0

    def __call__(self):
        return self.seconds


def taken(allowance, clock, seconds, each=1):
    """How many events are taken by one who takes all that is allowed, with so many notifications each."""
    total, end = 0, clock.seconds + seconds
    while clock.seconds < end:
        clock.seconds += TURN_SECONDS
        if room := int(allowance.room()):
            allowance.spend(room, room * each)
            total += room
    return total


@pytest.mark.parametrize("few", [0.0, FEW - 0.1])
def test_where_few_arrive_there_is_no_limit(few):
    assert Allowance(Stream(few), 100.0).room() == math.inf


def test_apart_from_those_who_acknowledge_there_is_no_limit_and_nobody_looks():
    stream = Stream(500.0)
    allowance = Allowance(stream)
    assert allowance.room() == math.inf
    allowance.spend(5, 5)
    assert stream.looks == 0


@pytest.mark.parametrize("events", [0, 1])
def test_whoever_takes_any_sees_whether_more_arrive(events):
    stream = Stream(0.0)
    Allowance(stream, 100.0).spend(events, events)
    assert stream.looks == events


def test_while_not_few_arrive_so_many_are_taken_a_second():
    clock = Clock()
    assert taken(Allowance(Stream(10.0), 100.0, clock), clock, 60) == pytest.approx(6000, rel=0.01)


def test_while_many_arrive_more_are_taken_than_arrive():
    clock = Clock()
    assert taken(Allowance(Stream(400.0), 100.0, clock), clock, 60) == pytest.approx(60 * AHEAD * 400, rel=0.01)


def test_events_of_which_several_notifications_wait_count_as_so_many():
    clock = Clock()
    settled = 4 * taken(Allowance(Stream(800.0), 100.0, clock), clock, 60, each=4)
    assert settled == pytest.approx(60 * AHEAD * 800, rel=0.05)


def test_events_of_which_no_notification_waits_allow_no_more():
    clock = Clock()
    assert taken(Allowance(Stream(400.0), 100.0, clock), clock, 60, each=0) <= 60 * AHEAD * 400 + AT_ONCE


def test_none_are_allowed_until_there_are_enough_for_a_look_at_the_inbox():
    clock = Clock()
    allowance = Allowance(Stream(10.0), 100.0, clock)
    clock.seconds += (AT_ONCE - 1) / 100
    assert allowance.room() == 0.0
    clock.seconds += 2 / 100
    assert allowance.room() >= AT_ONCE


def test_more_than_is_taken_at_once_without_a_limit_is_no_debt_later():
    clock = Clock()
    allowance = Allowance(Stream(10.0), 100.0, clock)
    allowance.spend(500, 500)
    clock.seconds += AT_ONCE / 100 + 0.001
    assert allowance.room() >= AT_ONCE


@pytest.mark.parametrize(("events", "is_short"), [(0, False), (AT_ONCE - 1, False), (AT_ONCE, True)])
def test_who_takes_all_that_is_allowed_may_expect_more(events, is_short):
    clock = Clock()
    allowance = Allowance(Stream(10.0), 100.0, clock)
    clock.seconds += (AT_ONCE + 0.5) / 100
    assert int(allowance.room()) == AT_ONCE
    allowance.spend(events, events)
    assert allowance.is_short == is_short


def test_where_few_arrive_nobody_need_expect_more():
    allowance = Allowance(Stream(0.0), 100.0)
    allowance.room()
    allowance.spend(500, 500)
    assert not allowance.is_short


@given(st.lists(st.floats(0.0, 30.0), max_size=50), st.floats(AHEAD * FEW, 1000.0))
def test_no_rest_saves_up_for_a_burst(rests, per_second):
    clock = Clock()
    allowance, total = Allowance(Stream(FEW), per_second, clock), 0
    for rest in rests:
        clock.seconds += rest
        room = allowance.room()
        assert room <= AT_ONCE + per_second * HORIZON_SECONDS
        if room:
            allowance.spend(int(room), int(room))
            total += int(room)
    assert total <= per_second * sum(rests) + AT_ONCE


def test_the_worker_keeps_to_it_and_tells_all_in_the_end(database):
    bench = Bench(database)
    bench.pace = replace(bench.pace, while_arriving=500.0)
    bench.worker = bench.new_worker()
    bench.hear({"id": "ev-0", "objectId": "100", "eventName": "A"})
    bench.worker.queue.arrivals.look()
    for number in range(150):
        bench.account.hold(f"ev-{number}", str(100 + number))
        bench.hear({"id": f"ev-{number}", "objectId": str(100 + number), "eventName": "A"})
    time.sleep(COUNT_SECONDS)
    bench.worker.queue.arrivals.look()
    bench.now += 2.0
    bench.worker.turn()
    assert len(bench.worker._hand.events) < 150
    end = time.monotonic() + 10
    while sum(map(len, bench.account.told)) < 150 and time.monotonic() < end:
        bench.work(1.0)  # of the bench's time: the allowance goes by real time
    assert sum(map(len, bench.account.told)) == 150
