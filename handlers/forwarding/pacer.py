"""Keeps calls below HubSpot's rolling limit: at most so many in any ten seconds, as its own headers tell."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock

# The lowest that HubSpot gives any account: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
FIRST_LIMIT = 100
SHARE = 0.95
_MAX, _INTERVAL = "X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Interval-Milliseconds"


@dataclass
class Pacer:
    """A rolling window of the times of calls. `stop` ends all waiting at once."""

    stop: Flag = field(default_factory=Flag)
    clock: Callable[[], float] = time.monotonic
    limit: int = FIRST_LIMIT
    interval: float = 10.0
    _calls: deque[float] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        """Return when one more call is within the limit, and count it."""
        while (seconds := self.try_now()) > 0:
            if self.stop.wait(seconds):
                return

    def try_now(self) -> float:
        """Count one more call and return 0, or return for how many seconds there is no room."""
        with self._lock:
            now = self.clock()
            while self._calls and self._calls[0] <= now - self.interval:
                self._calls.popleft()
            if len(self._calls) < self.limit:
                self._calls.append(now)
                return 0.0
            return self._calls[0] + self.interval - now

    def heed(self, headers: Mapping[str, str]) -> None:
        """Take the limit that an answer tells; a little of it is left to others."""
        most, interval = number(headers.get(_MAX)), number(headers.get(_INTERVAL))
        with self._lock:
            self.limit = max(1, int(most * SHARE)) if most else self.limit
            self.interval = interval / 1000 if interval else self.interval


def number(text: str | None) -> int | None:
    """The whole number in a header, if it is one."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None
