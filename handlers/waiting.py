"""How whoever needs another thread's work waits for it: its thread sleeps, or, where one thread serves many, it steps aside."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

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
    """Work that shares its thread with others, and steps aside for them in the waits that `host` makes for it."""

    def __init__(self, work: Callable[[], Any], parent: greenlet, host: Callable[["Guest"], Wait]) -> None:
        super().__init__(work, parent)
        self.host = host


def new_wait() -> Wait:
    """A wait for whoever asks."""
    current = getcurrent()
    return current.host(current) if isinstance(current, Guest) else Sleep()
