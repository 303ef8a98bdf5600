"""Keeps what takes long to count, so that no more than a fiftieth of the time goes into counting it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
SHARE = 50


@dataclass
class Kept(Generic[T]):
    """For all threads of a process; `clock` tells seconds that never go back. What is counted quickly is hardly kept."""

    count: Callable[[], T]
    clock: Callable[[], float] = time.monotonic
    _kept: tuple[T, float] | None = None
    _turn: Lock = field(default_factory=Lock)

    def now(self) -> T:
        """The newest there is. Raises whatever counting raises."""
        with self._turn:
            began = self.clock()
            if self._kept is None or began >= self._kept[1]:
                counted = self.count()
                ended = self.clock()
                self._kept = counted, ended + SHARE * (ended - began)
            return self._kept[0]
