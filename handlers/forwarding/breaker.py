"""Leaves a platform alone that is away or refuses us, and then lets one call through to see whether it is back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from secrets import SystemRandom
from threading import Lock

from handlers.forwarding.trouble import DETAILS, Trouble, TurnedAway
from handlers.inbox.pauses import Pause

A_FEW = 3
FIRST_SECONDS, MOST_SECONDS = 5.0, 300.0


@dataclass
class Breaker:
    """For all threads that ask one platform. `clock` tells Unix seconds, `chance` is in [0, 1).

    Each pause ends a round: what was begun before it says nothing about the platform after it, unless it tells how long
    to wait.
    """

    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = SystemRandom().random
    _pause: Pause | None = None
    _probing: bool = False
    _round: int = 0
    _faults: int = 0
    _closings: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def pause(self) -> Pause | None:
        """Why the platform is left alone, until it answered again."""
        return self._pause

    def is_open(self) -> bool:
        """Whether a call would be let through now."""
        with self._lock:
            return self._lets_through()

    def opens_at(self) -> float:
        """From when on (Unix seconds) a call may be let through: now, or later."""
        with self._lock:
            return max(self.clock(), self._pause.until if self._pause else 0.0)

    def check(self) -> None:
        """Raises `TurnedAway` if no call would be let through now."""
        with self._lock:
            self._check()

    def enter(self) -> int:
        """Begin a call; what is returned is for `leave`, which must follow. Raises `TurnedAway`."""
        with self._lock:
            self._check()
            self._probing = self._pause is not None
            return self._round

    def leave(self, begun_in: int, trouble: Trouble | None) -> None:
        """End a call: with an answer, or with `trouble`."""
        with self._lock:
            is_current = begun_in == self._round
            is_probe = is_current and self._probing
            if is_probe:
                self._probing = False
            if is_current:
                self._judge(trouble, is_probe=is_probe)
            elif trouble and trouble.told:
                self._close(trouble, 0.0)

    def adopt(self, pause: Pause | None) -> None:
        """Begin with what is kept, as of a worker before this one."""
        with self._lock:
            self._pause = pause
            self._begin_round()

    def resume(self) -> None:
        """Somebody wants it asked at once; one more fault, and it is left alone again."""
        with self._lock:
            self._pause = None
            self._begin_round()
            self._faults = A_FEW - 1

    def _check(self) -> None:
        if self._pause and not self._lets_through():
            raise TurnedAway(self._pause.reason)

    def _lets_through(self) -> bool:
        return self._pause is None or (self.clock() >= self._pause.until and not self._probing)

    def _judge(self, trouble: Trouble | None, *, is_probe: bool) -> None:
        """It takes a second answer in a row for the next pause to be a short one again."""
        if trouble is None or trouble.about_event:
            self._faults, self._pause = 0, None
            self._closings = self._closings if is_probe else 0
            return
        self._faults += 1
        if is_probe or trouble.closes or self._faults >= A_FEW:
            self._close(trouble, self._next_seconds())

    def _next_seconds(self) -> float:
        seconds = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._closings, 10))
        self._closings += 1
        return seconds

    def _close(self, trouble: Trouble, seconds: float) -> None:
        """Never for less than was told, nor than was told before."""
        moment = self.clock()
        seconds = max(seconds, trouble.at_least, trouble.told)
        until = moment + seconds + self.chance() * min(seconds, MOST_SECONDS) / 4
        closed = Pause(trouble.reason, moment, until, DETAILS.get(trouble.reason))
        before = self._pause
        self._pause = replace(closed, since=before.since, until=max(until, before.until)) if before else closed
        self._begin_round()

    def _begin_round(self) -> None:
        self._round += 1
        self._probing, self._faults = False, 0
