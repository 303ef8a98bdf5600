"""How much waits and how much is dead: counted anew as often as that costs little, and told with its moment."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock

from sqlalchemy import func, literal_column, select

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

FEW = 20_000
SHARE = 50
PAUSE_SECONDS = 5.0
SELDOM_SECONDS = 300.0
_event, _notification = tables.event.c, tables.notification.c
WAITING = (
    select(_event.source, func.count(), func.min(_event.changed_at))
    .where(_event.due_at.is_not(None))
    .group_by(_event.source)
)
DEAD = (
    select(_notification.source, _notification.reason, func.count())
    .where(_notification.outcome == literal_column("'dead'"))  # written out, for the partial index to be used
    .group_by(_notification.source, _notification.reason)
)


@dataclass(frozen=True)
class Tally:
    """Events that wait to be sent, by source, and since when the oldest does; dead notifications by source and reason.

    All as it was at `counted_at`. Times are Unix seconds by the database's clock.
    """

    waiting: Mapping[str, int]
    waiting_since: Mapping[str, float]
    dead: Mapping[tuple[str, str | None], int]
    counted_at: float

    @property
    def size(self) -> int:
        """How many were counted."""
        return sum(self.waiting.values()) + sum(self.dead.values())

    @property
    def oldest_waiting(self) -> float | None:
        """Since when the event waits that waits the longest."""
        return min(self.waiting_since.values(), default=None)


def count(database: Database) -> Tally:
    """Count now; takes the longer the more there is. Raises `InboxUnavailable`."""
    moment = database.rows(select(now()))[0][0]
    waiting, dead = database.rows(WAITING), database.rows(DEAD)
    return Tally(
        {source: number for source, number, _ in waiting},
        {source: since for source, _, since in waiting if since is not None},
        {(source, reason): number for source, reason, number in dead},
        moment,
    )


@dataclass
class Counts:
    """For all threads of a process; `clock` tells seconds that never go back.

    Up to `FEW` are counted at each look. More are told as they were kept a little while ago, by whoever is to `keep` them: so
    nobody who looks has to wait. Where nobody keeps them, or kept them for too long, who looks counts.
    """

    database: Database
    counting: Callable[[Database], Tally] = count
    clock: Callable[[], float] = time.monotonic
    _kept: Tally | None = None
    _began: float = 0.0
    _took: float = 0.0
    _looked: float = float("-inf")
    _turn: Lock = field(default_factory=Lock)

    def now(self) -> Tally:
        """The newest there is. Raises `InboxUnavailable`."""
        self._looked = self.clock()
        kept, age = self._kept, self._looked - self._began
        if kept is None or kept.size <= FEW or age > 2 * self._pause():
            return self._count_here()
        return kept

    def keep(self, stop: Flag) -> None:
        """Until told to stop: count once, so that the first look is answered, and again and again while anybody looks.

        No more than a fiftieth of the time goes into it. For one thread, which does nothing else.
        """
        while not stop.is_set():
            kept, idle = self._kept, self.clock() - self._looked
            if kept is None or (kept.size > FEW and idle < SELDOM_SECONDS):
                self._try_to_count()
            stop.wait(self._pause())

    def _pause(self) -> float:
        return max(PAUSE_SECONDS, SHARE * self._took)

    def _count_here(self) -> Tally:
        asked = self.clock()
        with self._turn:
            if self._kept is None or self._began < asked:  # else somebody counted while this one waited
                self._count()
            return self._kept  # type: ignore[return-value]

    def _try_to_count(self) -> None:
        """Where that fails, the next to look counts, and hears why it cannot."""
        with self._turn:
            try:
                self._count()
            except InboxUnavailable:
                self._kept = None

    def _count(self) -> None:
        began = self.clock()
        self._kept = self.counting(self.database)
        self._began, self._took = began, self.clock() - began
