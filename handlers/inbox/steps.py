"""Long writes in short steps, with a rest after each, where only one can write at a time and others want to.

Then whoever acknowledges a notification meanwhile waits for one step at most.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection

from handlers.inbox.arrivals import Arrivals
from handlers.inbox.clock import steady
from handlers.inbox.database import Database

EVENTS = 25
REST = 1.0
MOST_REST_SECONDS = 0.05

T = TypeVar("T")


class Steps:
    """Of one process, whose threads take them in turn. Where nobody else wants to write, one step does it all."""

    def __init__(self, database: Database, arrivals: Arrivals, clock: Callable[[], float] = steady) -> None:
        """Steps that write into `database`, short ones while there are `arrivals`; `clock` tells seconds."""
        self._database, self._arrivals, self._clock = database, arrivals, clock
        self._is_shared = database.dialect == "sqlite"
        self._turn, self._writing = Lock(), Lock()

    def look(self) -> None:
        """See whether notifications arrived lately, before what is to be written. Raises `InboxUnavailable`."""
        if self._is_shared:
            self._arrivals.look()

    def parts(self, events: Sequence[T]) -> Iterator[Sequence[T]]:
        """What is to be written of each of them in one step; the first may be of none."""
        size = EVENTS if self._others_wait() else max(1, len(events))
        for first in range(0, max(1, len(events)), size):
            yield events[first : first + size]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As `Database.write`, and then as long a rest, in which others write. Raises `InboxUnavailable`."""
        if not self._others_wait():
            with self._database.write() as connection:
                yield connection
            return
        with self._turn:
            with self._database.write() as connection, self._writing:
                began = self._clock()
                yield connection
            time.sleep(min(MOST_REST_SECONDS, REST * (self._clock() - began)))

    def stand_aside(self) -> None:
        """Return between two steps: a thread that computes beside one makes it, and all who wait for its end, take longer."""
        with self._writing:
            pass

    def _others_wait(self) -> bool:
        """Whether somebody has to wait for the end of each write: not before the first look, nor where many can write."""
        return self._is_shared and self._arrivals.lately()
