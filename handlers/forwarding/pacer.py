"""Keeps calls below HubSpot's limits, as its own headers tell them, and lets those that must wait go in turn."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock, get_ident

from handlers.forwarding.daily import Day
from handlers.forwarding.window import Window

PAUSED, DAILY = "paused", "daily_limit"
_PREFIX = "X-HubSpot-RateLimit-"


class NotNow(Exception):
    """No call is to be made in the next `at_least` seconds, for `reason`: sending pauses, or the day is spent."""

    def __init__(self, reason: str, at_least: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at_least = at_least


class Withdrawn(Exception):
    """The call is not to be made by this process at all: it stops, or leads no more. Nothing is amiss."""


@dataclass
class Pacer:
    """For all threads that call; each has one call under way at most. `stop` ends all waiting at once.

    `may_call` is asked last of all, since a place in the line takes its time: whether this process still may.
    `clock` tells seconds that never go back. Without a `day` there is no daily budget.
    """

    stop: Flag = field(default_factory=Flag)
    clock: Callable[[], float] = time.monotonic
    day: Day | None = None
    window: Window = field(default_factory=Window)
    may_call: Callable[[], bool] = lambda: True
    _braked_until: float = float("-inf")
    _line: list[object] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def limit(self) -> int:
        """How many calls an interval may have."""
        return self.window.limit

    @property
    def interval(self) -> float:
        """How many seconds an interval has."""
        return self.window.interval

    def wait(self) -> None:
        """Return when one more call of this thread is within the limit, and count it. First come, first served.

        Raises `NotNow` where none is to be made for longer than a place in the line takes, and `Withdrawn` where none is
        to be made at all.
        """
        place = object()
        with self._lock:
            self._line.append(place)
        try:
            while (seconds := self._try(place)) > 0:
                if self.stop.wait(seconds):
                    raise Withdrawn
        finally:
            with self._lock:
                self._leave(place)

    def try_now(self) -> float:
        """Count one more call of this thread and return 0, or return for how many seconds there is no room.

        Raises `NotNow` as `wait` does.
        """
        return self._try(None)

    def heed(self, headers: Mapping[str, str]) -> None:
        """This thread's call is answered: take the limits and what is left of them, where the answer tells."""
        most, left, interval, most_today, left_today = (
            number(headers.get(_PREFIX + name))
            for name in ("Max", "Remaining", "Interval-Milliseconds", "Daily", "Daily-Remaining")
        )
        with self._lock:
            now = self.clock()
            self.window.end(get_ident(), now)
            self.window.learn(most, left, interval / 1000 if interval else None, now)
            if self.day and left_today is not None:
                self.day.learn(left_today, self.window.in_flight, most_today)

    def brake(self, seconds: float) -> None:
        """Turn every call away for so long, those in the line included."""
        with self._lock:
            self._braked_until = max(self._braked_until, self.clock() + seconds)

    def release(self) -> None:
        """Let the next call through, whatever was told before."""
        with self._lock:
            self._braked_until = float("-inf")
            if self.day:
                self.day.ask_again()

    def _try(self, place: object) -> float:
        with self._lock:
            now = self.clock()
            self.window.end(get_ident(), now)  # a call that came to no answer
            if now < self._braked_until:
                raise NotNow(PAUSED, self._braked_until - now)
            ahead = self._line.index(place) if place in self._line else len(self._line)
            seconds = self.window.wait_for(now, ahead)
            if seconds == 0.0:
                if not self.may_call():
                    raise Withdrawn
                self._begin(now)
                self._leave(place)
            return seconds

    def _begin(self, now: float) -> None:
        if self.day and (seconds := self.day.take()):
            raise NotNow(DAILY, seconds)
        self.window.begin(get_ident(), now)

    def _leave(self, place: object) -> None:
        if place in self._line:
            self._line.remove(place)


def number(text: str | None) -> int | None:
    """The whole number in a header, if it is one."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None
