"""All threads together stay within HubSpot's limits, and each has its turn."""

from datetime import UTC
from threading import Condition, Event, Thread

import pytest

from handlers.forwarding.daily import Day
from handlers.forwarding.pacer import NotNow, Pacer, Withdrawn


class Clock:
    """Moved by hand. As the `stop` of a pacer it holds those who wait until their time has come, or until `set`."""

    def __init__(self):
        self.now = 0.0
        self.waiting = 0
        self._moved = Condition()
        self._stopped = False

    def __call__(self):
        return self.now

    def wait(self, seconds):
        with self._moved:
            end = self.now + seconds
            self.waiting += 1
            self._moved.notify_all()
            assert self._moved.wait_for(lambda: self._stopped or self.now >= end, 20)
            self.waiting -= 1
            return self._stopped

    def set(self):
        with self._moved:
            self._stopped = True
            self._moved.notify_all()

    def move(self, seconds):
        with self._moved:
            self.now += seconds
            self._moved.notify_all()

    def until_waiting(self, count):
        with self._moved:
            assert self._moved.wait_for(lambda: self.waiting == count, 20)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pacer(clock):
    made = Pacer(stop=clock, clock=clock)
    made.window.limit = 1
    return made


def start(*calls):
    threads = [Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def join(threads):
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_a_refused_call_is_told_when_there_will_be_room(pacer, clock):
    assert pacer.try_now() == 0
    pacer.heed({})
    clock.move(4.0)
    assert pacer.try_now() == 6.0


@pytest.mark.rule(13)
def test_a_hundred_in_ten_seconds_until_hubspot_says_more():
    pacer = Pacer()
    assert (pacer.limit, pacer.interval) == (100, 10.0)
    pacer.heed({"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "5000"})
    assert (pacer.limit, pacer.interval) == (180, 5.0)


@pytest.mark.rule(13)
def test_headers_that_make_no_sense_change_nothing():
    pacer = Pacer(day=Day(lambda: UTC))
    for text in ("", "-1", "many", "9" * 40, "1.5"):
        names = ("Max", "Remaining", "Interval-Milliseconds", "Daily-Remaining")
        pacer.heed({f"X-HubSpot-RateLimit-{name}": text for name in names})
    assert (pacer.limit, pacer.interval, pacer.try_now()) == (100, 10.0, 0)


def test_who_came_first_goes_first(pacer, clock):
    gone = []
    pacer.wait()
    pacer.heed({})

    def call(name):
        pacer.wait()
        gone.append((name, clock.now))
        pacer.heed({})

    threads = []
    for number, name in enumerate("abc"):
        threads += start(lambda name=name: call(name))
        clock.until_waiting(number + 1)
    for left in (2, 1, 0):
        clock.move(10.0)
        threads[2 - left].join(20)
    join(threads)
    assert gone == [("a", 10.0), ("b", 20.0), ("c", 30.0)]


def test_one_that_comes_when_others_wait_does_not_overtake_them(pacer, clock):
    pacer.wait()
    pacer.heed({})
    threads = start(pacer.wait)
    clock.until_waiting(1)
    clock.move(10.0)
    assert pacer.try_now() > 0
    join(threads)


def test_waiting_ends_when_the_service_stops_and_no_call_is_made(pacer, clock):
    pacer.wait()
    pacer.heed({})
    ended = []

    def call():
        with pytest.raises(Withdrawn):
            pacer.wait()
        ended.append(True)

    threads = start(call, call)
    clock.until_waiting(2)
    clock.set()
    join(threads)
    assert ended == [True, True]
    assert pacer.window.in_flight == 0


def test_the_flag_of_the_service_is_enough_to_stop():
    stop = Event()
    pacer = Pacer(stop=stop)
    pacer.window.limit = 1
    pacer.wait()
    pacer.heed({})
    stop.set()
    with pytest.raises(Withdrawn):
        pacer.wait()


def test_a_call_that_came_to_no_answer_holds_its_place_no_longer_than_one_that_did(pacer, clock):
    pacer.wait()
    assert pacer.try_now() == 10.0
    clock.move(10.0)
    assert pacer.try_now() == 0


@pytest.mark.rule(12)
def test_while_sending_pauses_those_in_the_line_are_turned_away(pacer, clock):
    pacer.wait()
    pacer.heed({})
    turned_away = []

    def call():
        try:
            pacer.wait()
        except NotNow as error:
            turned_away.append((error.reason, error.at_least))

    threads = start(call)
    clock.until_waiting(1)
    pacer.brake(60.0)
    clock.move(10.0)
    join(threads)
    assert turned_away == [("paused", 50.0)]


def test_after_a_pause_the_next_call_gets_through(pacer, clock):
    pacer.brake(60.0)
    with pytest.raises(NotNow):
        pacer.wait()
    pacer.release()
    pacer.wait()


@pytest.mark.rule(12)
def test_a_spent_day_turns_calls_away_until_somebody_wants_to_see(clock):
    pacer = Pacer(stop=clock, clock=clock, day=Day(lambda: UTC, clock))
    pacer.heed({"X-HubSpot-RateLimit-Daily-Remaining": "0"})
    with pytest.raises(NotNow, match="daily_limit") as refused:
        pacer.wait()
    assert refused.value.at_least == 900.0
    pacer.release()
    pacer.wait()
