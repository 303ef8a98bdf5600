"""Never past HubSpot's limit."""

from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.pacer import Pacer


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@given(st.integers(1, 8), st.lists(st.floats(0, 4), max_size=60))
def test_no_window_whatever_holds_more_calls_than_allowed(limit, pauses):
    clock = Clock()
    pacer = Pacer(clock=clock, limit=limit)
    granted = []
    for pause in pauses:
        clock.now += pause
        if pacer.try_now() == 0:
            granted.append(clock.now)
    assert all(sum(start - 10 < moment <= start for moment in granted) <= limit for start in granted)


def test_a_refused_call_is_told_when_there_will_be_room():
    clock = Clock()
    pacer = Pacer(clock=clock, limit=1)
    assert pacer.try_now() == 0
    clock.now = 4.0
    assert pacer.try_now() == 6.0


def test_a_hundred_in_ten_seconds_until_hubspot_says_more():
    pacer = Pacer()
    assert (pacer.limit, pacer.interval) == (100, 10.0)
    pacer.heed({"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "5000"})
    assert (pacer.limit, pacer.interval) == (180, 5.0)


def test_headers_that_make_no_sense_change_nothing():
    pacer = Pacer()
    for text in ("", "-1", "many", "9" * 40, "1.5", "0"):
        pacer.heed({"X-HubSpot-RateLimit-Max": text, "X-HubSpot-RateLimit-Interval-Milliseconds": text})
    assert (pacer.limit, pacer.interval) == (100, 10.0)


def test_waiting_ends_when_the_service_stops():
    stop = Event()
    pacer = Pacer(stop=stop, limit=1)
    pacer.wait()
    stop.set()
    pacer.wait()
