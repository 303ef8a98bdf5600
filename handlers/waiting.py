"""How whoever needs another thread's work waits for it: its thread sleeps, or, where one thread serves many, it steps aside."""

import math
from collections.abc import Callable
from contextvars import Context
from threading import Lock
from typing import Protocol

from greenlet import getcurrent, greenlet


class Wait(Protocol):
    """One wait for one call."""

    def wait(self, seconds: float) -> bool:
        """Whether it was called within so many seconds."""
        ...

    def call(self) -> None:
        """End the wait, from whichever thread."""
        ...

    def soon(self, work: Callable[[], object]) -> None:
        """Do `work` once all that the thread has at hand is done, so that it does for all of it; at once where that is one."""
        ...


class Sleep:
    """The wait of a thread of its own."""

    def __init__(self) -> None:
        self._called = Lock()
        self._called.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether it was called within so many seconds."""
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """End the wait."""
        self._called.release()

    def soon(self, work: Callable[[], object]) -> None:
        """At once."""
        work()


class Guest(greenlet):  # type: ignore[misc]
    """Does one piece of `work` after the other in a thread that it shares, and steps aside in the waits that `host` makes for it.

    It is kept for the next piece as long as `keep` is true after one: a new one costs a map of memory each time.
    `late_at`: until when, on the steady clock, a client may take to say all that the piece is about.
    """

    def __init__(self, parent: greenlet, host: Callable[["Guest"], Wait], keep: Callable[["Guest"], bool]) -> None:
        super().__init__(parent=parent)
        self.host = host
        self.work: Callable[[], object]
        self.late_at = math.inf
        self._keep = keep

    def run(self) -> None:
        """What one piece sets in its context is gone with it."""
        Context().run(self.work)
        while self._keep(self):
            Context().run(self.work)


def new_wait() -> Wait:
    """A wait for whoever asks."""
    current = getcurrent()
    return current.host(current) if isinstance(current, Guest) else Sleep()
