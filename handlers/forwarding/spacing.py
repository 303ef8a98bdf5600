"""Spaces the calls of a guest, with a little burst after a rest."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock


@dataclass
class Spacing:
    """`per_second` calls at most, and as many at once after a rest as a second has.

    `monotonic` tells seconds that never go back; `stop` ends all waiting at once.
    """

    per_second: float
    stop: Flag = field(default_factory=Flag)
    monotonic: Callable[[], float] = time.monotonic
    _next: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    @property
    def seconds(self) -> float:
        """Seconds from call to call."""
        return 1.0 / self.per_second

    def wait(self) -> bool:
        """Return when it is this thread's turn; False: all waiting was ended, and nothing is to be called."""
        seconds = self.take()
        return not (self.stop.wait(seconds) if seconds > 0 else self.stop.is_set())

    def take(self) -> float:
        """Count one more call, and return the seconds until it may be made. First come, first served."""
        with self._lock:
            now = self.monotonic()
            rested = max(0.0, 1.0 - self.seconds)
            at = max(self._next, now - rested)
            self._next = at + self.seconds
            return max(0.0, at - now)
