"""How many events the worker takes while many notifications arrive: their acknowledgements come first.

On one machine both need the same processors, and a backlog can wait a little longer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from handlers.inbox.arrivals import Arrivals
from handlers.inbox.clock import steady

AT_ONCE = 25
HORIZON_SECONDS = 0.2
AHEAD = 1.5
WEIGHT = 0.1
FEW = 10.0
UNLIMITED = float("inf")


@dataclass
class Allowance:
    """At most `per_second` events while there are many `arrivals`, but `AHEAD` times what arrives: a backlog always shrinks.

    Fewer notifications a second than `FEW` are no load. For one thread; `clock` tells seconds that never go back.
    """

    arrivals: Arrivals
    per_second: float = UNLIMITED
    clock: Callable[[], float] = steady
    is_short: bool = False
    _room: float = UNLIMITED
    _left: float = 0.0
    _at: float = field(init=False)
    _each: float = 1.0

    def __post_init__(self) -> None:
        """Begin with nothing saved."""
        self._at = self.clock()

    def room(self) -> float:
        """How many events may be taken now: none until there are enough for it to be worth a look."""
        self._room = self._allowed()
        return self._room

    def spend(self, events: int, notifications: int) -> None:
        """So many events were taken, and so many notifications of them wait. Raises `InboxUnavailable`.

        Where that was all there was room for, it `is_short`: more are likely to be due.
        """
        self.is_short = self._room < UNLIMITED and events >= int(self._room)
        if events and self.per_second < UNLIMITED:
            self._left = max(0.0, self._left - events)
            self._each += WEIGHT * (max(1.0, notifications / events) - self._each)
            self.arrivals.look()

    def _allowed(self) -> float:
        if self.per_second == UNLIMITED or self.arrivals.per_second < FEW:
            return UNLIMITED
        moment = self.clock()
        pace = max(self.per_second, AHEAD * self.arrivals.per_second / self._each)
        saved, self._at = pace * (moment - self._at), moment
        self._left = min(self._left + saved, AT_ONCE + pace * HORIZON_SECONDS)
        return self._left if self._left >= AT_ONCE else 0.0
