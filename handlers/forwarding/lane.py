"""One source's way to its platform: how many may use it, in which order, and when those come back that cannot now."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.trouble import Troubled, TurnedAway

PACE = "platform_pace"
"""What an event waits for that only waits for its turn."""
_REASONS = "platform_"
WAITING = 3
FRESH = 3
RETURN_SECONDS = 1.0
SLOWEST = 4.0
_MEMORY = 8


@dataclass
class Lane:
    """`at_once` threads ask side by side. All but `visit` is for the one thread of the worker.

    An event in hand keeps others out, so only a few wait in hand for a platform. The others are given slots, one after
    the other at the platform's pace: however many they are, each is put off about once, and a turn costs the same.
    """

    spacing: Spacing
    at_once: int = 2
    clock: Callable[[], float] = time.time
    breaker: Breaker = field(default_factory=Breaker)
    _slot: float = 0.0
    _seconds: float = 0.0
    _fresh_in_a_row: int = 0

    @contextmanager
    def visit(self) -> Iterator[None]:
        """One call: at the platform's pace, and judged by the `Troubled` that it raises. Raises `TurnedAway`."""
        self.breaker.check()
        if not self.spacing.wait():
            raise TurnedAway("stopping")
        begun_in, trouble = self.breaker.enter(), None
        try:
            yield
        except Troubled as error:
            trouble = error.trouble
            raise
        finally:
            self.breaker.leave(begun_in, trouble)

    def is_open(self) -> bool:
        """Whether the platform may be asked now."""
        return self.breaker.is_open()

    def has_room(self, waiting: int, waits_for: str | None) -> bool:
        """Whether one more event may wait in hand, beside as many as are `waiting`, that waited for that until now.

        During a probe nobody may. What changed just now has more room than what was put off already, so that a long line
        does not hold it up; but after three of the one sort it is the other's turn.
        """
        if not self.breaker.is_open() or (self.breaker.pause and waiting):
            return False
        is_fresh = waits_for is None or not waits_for.startswith(_REASONS)
        has_turn = is_fresh == (self._fresh_in_a_row < FRESH)
        admitted = waiting < WAITING * self.at_once * (2 if has_turn else 1)
        if admitted:
            self._fresh_in_a_row = self._fresh_in_a_row + 1 if is_fresh else 0
        return admitted

    def next_slot(self) -> tuple[float, str]:
        """When (Unix seconds) the next event that is put off shall come back, and what it waits for."""
        least = self.spacing.seconds
        between = min(SLOWEST * least, max(least, self._seconds / self.at_once))
        pause = self.breaker.pause
        earliest = max(self.breaker.opens_at(), self.clock() + RETURN_SECONDS)
        self._slot = max(self._slot + between, earliest)
        return self._slot, pause.reason if pause else PACE

    def took(self, seconds: float) -> None:
        """A whole look-up took so long: slots are spread accordingly."""
        self._seconds += (seconds - self._seconds) / _MEMORY
