"""Calls are spaced, with a little burst after a rest."""

from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.spacing import Spacing


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_after_a_rest_a_seconds_worth_goes_at_once_and_then_one_by_one():
    spacing = Spacing(4.0, monotonic=Clock())
    assert [spacing.take() for _ in range(7)] == [0, 0, 0, 0, 0.25, 0.5, 0.75]


def test_less_than_one_a_second_has_no_burst():
    spacing = Spacing(0.5, monotonic=Clock())
    assert [spacing.take() for _ in range(3)] == [0, 2, 4]


def test_to_stop_ends_all_waiting():
    stop, results = Event(), []
    spacing = Spacing(0.01, stop)
    assert spacing.wait()
    thread = Thread(target=lambda: results.append(spacing.wait()))
    thread.start()
    stop.set()
    thread.join(10)
    assert results == [False]
    assert not spacing.wait()


@pytest.mark.parametrize("rate", [0.3, 1.0, 4.0, 50.0])
@given(rests=st.lists(st.floats(0, 3), max_size=60))
def test_no_second_ever_has_more_than_a_burst_and_a_seconds_worth(rate, rests):
    clock = Clock()
    spacing = Spacing(rate, monotonic=clock)
    moments = []
    for rest in rests:
        clock.now += rest
        moments.append(clock.now + spacing.take())
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            allowed = (moments[last] - moments[first]) * rate + max(1.0, rate)
            assert last - first + 1 <= allowed + 1e-6
