"""The calls that are left of HubSpot's day, which ends at the account's midnight."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from handlers.forwarding.throttling import PROBE_DAILY, until_midnight


@dataclass
class Day:
    """What HubSpot's answers tell of the daily limit; nothing at all on OAuth, and then it never stands in the way.

    `zone()` is the account's time zone, `clock` tells Unix seconds. `share` is the part of the day's calls that may be ours;
    `made(since)` tells how many were made from that moment on by those who led before.
    """

    zone: Callable[[], tzinfo]
    clock: Callable[[], float] = time.time
    share: float = 1.0
    made: Callable[[float], int] = lambda _since: 0
    _ours: int = 0
    _left: int | None = None
    _ends_at: float = 0.0
    _ask_at: float = 0.0

    def take(self) -> float:
        """Count one more call and return 0; where none is left, for how many seconds none shall be made.

        One call every fifteen minutes asks all the same, since a limit may be raised.
        """
        now = self.clock()
        if self._left is None or now >= self._ends_at:
            self._left = None
        elif self._left > 0:
            self._keep(self._left - 1, now)
        elif now >= self._ask_at:
            self._ask_at = now + PROBE_DAILY
        else:
            return min(self._ask_at, self._ends_at) - now
        self._ours += 1
        return 0.0

    def learn(self, remaining: int, in_flight: int, most: int | None = None) -> None:
        """Take what an answer tells, while so many calls are in flight that it need not know of.

        `most` is how many calls the whole day has. Raises what `made` raises.
        """
        now, zone = self.clock(), self.zone()
        left = remaining - in_flight
        if self.share < 1.0 and most is not None:
            if now >= self._ends_at:
                self._ours = self.made(_midnight(now, zone)) + in_flight + 1
            left = min(left, int(most * self.share) - self._ours)
        self._keep(max(0, left), now)
        self._ends_at = now + until_midnight(now, zone)

    def _keep(self, left: int, now: float) -> None:
        if left == 0 and self._left != 0:
            self._ask_at = now + PROBE_DAILY
        self._left = left

    def ask_again(self) -> None:
        """Let the next call through, whatever is known: somebody wants to see."""
        self._ask_at = 0.0


def _midnight(now: float, zone: tzinfo) -> float:
    """When the day of `zone` began; both are Unix seconds."""
    return datetime.combine(datetime.fromtimestamp(now, zone).date(), datetime.min.time(), zone).timestamp()
