"""Long writes in short steps, with a rest after each, where only one can write at a time and others want to.

Then whoever acknowledges a notification meanwhile waits for one step at most.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, func, select

from handlers.inbox import tables
from handlers.inbox.clock import steady
from handlers.inbox.database import Database

EVENTS = 25
REST = 1.0
MOST_REST_SECONDS = 0.05
LULL_SECONDS = 1.0
_NEWEST = select(func.max(tables.notification.c.id))

T = TypeVar("T")


class Steps:
    """Of one process, whose threads take them in turn. Where nobody else wants to write, one step does it all."""

    def __init__(self, database: Database, clock: Callable[[], float] = steady) -> None:
        """Steps that write into `database`; `clock` tells seconds."""
        self._database, self._clock = database, clock
        self._is_shared = database.dialect == "sqlite"
        self._turn = Lock()
        self._newest: int | None = None
        self._lull_from = float("-inf")

    def look(self) -> None:
        """See whether notifications arrived lately, before what is to be written. Raises `InboxUnavailable`."""
        if self._is_shared:
            newest = self._database.rows(_NEWEST)[0][0]
            if newest != self._newest:
                self._newest, self._lull_from = newest, self._clock() + LULL_SECONDS

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
            with self._database.write() as connection:
                began = self._clock()
                yield connection
            time.sleep(min(MOST_REST_SECONDS, REST * (self._clock() - began)))

    def _others_wait(self) -> bool:
        """Whether somebody has to wait for the end of each write: not before the first look, nor where many can write."""
        return self._clock() < self._lull_from
