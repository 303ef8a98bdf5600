"""HubSpot's day: no call beyond what is left of it, but a look every fifteen minutes and at the account's midnight."""

from zoneinfo import ZoneInfo

import pytest

from handlers.forwarding.daily import Day

TEN_AT_NIGHT = 1_800_046_800.0  # 22:00 in Berlin, 2027-01-15


class Clock:
    def __init__(self):
        self.now = TEN_AT_NIGHT

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def day(clock):
    return Day(lambda: ZoneInfo("Europe/Berlin"), clock)


def test_without_a_word_about_the_day_nothing_stands_in_the_way(day):
    assert {day.take() for _ in range(1000)} == {0.0}


@pytest.mark.rule(12)
def test_no_more_calls_than_are_left(day):
    day.learn(2, 0)
    assert [day.take() > 0 for _ in range(3)] == [False, False, True]


def test_calls_in_flight_may_not_be_counted_yet(day):
    day.learn(3, 2)
    assert [day.take() > 0 for _ in range(2)] == [False, True]


@pytest.mark.rule(12)
def test_a_spent_day_is_asked_about_every_fifteen_minutes_by_one_call(day, clock):
    day.learn(0, 0)
    asked = []
    for minute in range(100):
        clock.now = TEN_AT_NIGHT + 60 * minute
        if day.take() == 0:
            asked.append(minute)
            day.learn(0, 0)
    assert asked == [15, 30, 45, 60, 75, 90]


@pytest.mark.rule(12)
def test_at_the_accounts_midnight_all_is_open(day, clock):
    clock.now += 2 * 3600 - 60
    day.learn(0, 0)
    assert day.take() == 60.0
    clock.now += 60
    assert [day.take(), day.take()] == [0.0, 0.0]


def test_a_limit_that_was_raised_counts_from_the_next_answer(day):
    day.learn(0, 0)
    day.learn(500, 0)
    assert day.take() == 0.0


def test_somebody_who_wants_to_see_gets_one_call_through(day):
    day.learn(0, 0)
    day.ask_again()
    assert [day.take() > 0, day.take() > 0] == [False, True]


def shared(clock, made=0):
    return Day(lambda: ZoneInfo("Europe/Berlin"), clock, 0.25, lambda since: made)


@pytest.mark.rule(12)
def test_of_a_day_that_is_shared_no_more_than_our_part_is_used(clock):
    day, made = shared(clock), 0
    while day.take() == 0:
        made += 1
        day.learn(1000 - made, 0, 1000)
    assert made == 250


@pytest.mark.rule(12)
def test_what_others_use_of_a_shared_day_takes_nothing_from_our_part_until_nothing_is_left(clock):
    day = shared(clock)
    assert day.take() == 0
    day.learn(300, 0, 1000)
    assert [day.take() for _ in range(249)] == [0.0] * 249
    assert day.take() > 0
    late = shared(clock)
    assert late.take() == 0
    late.learn(2, 0, 1000)
    assert [late.take() > 0 for _ in range(3)] == [False, False, True]


def test_what_a_worker_before_used_of_a_shared_day_is_counted_from_its_midnight(clock):
    asked = []
    day = Day(lambda: ZoneInfo("Europe/Berlin"), clock, 0.25, lambda since: asked.append(since) or 248)
    day.take()
    day.learn(700, 0, 1000)
    assert [day.take() > 0 for _ in range(2)] == [False, True]
    assert asked == [TEN_AT_NIGHT - 22 * 3600]


def test_our_part_of_the_next_day_is_whole_again(clock):
    day = Day(lambda: ZoneInfo("Europe/Berlin"), clock, 0.25)
    day.take()
    day.learn(500, 0, 4)
    assert day.take() > 0
    clock.now += 2 * 3600
    assert day.take() == 0.0
    day.learn(999, 0, 1000)
    assert day.take() == 0.0
