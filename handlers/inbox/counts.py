"""How much waits and how much is dead: counted anew as often as that costs little, and told with its moment."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread

from sqlalchemy import func, literal_column, select

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

QUICK_SECONDS = 0.005
SHARE = 50
OLD_SECONDS = 10.0
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

    What is counted quickly is counted at each look. What takes longer is kept for `SHARE` times as long as it took, so
    that no more than a fiftieth of the time goes into it; after that whoever looks is told what is kept, while it is
    counted anew beside. Nobody is told what is older than `OLD_SECONDS` and that time: who looks seldom waits instead.
    """

    database: Database
    counting: Callable[[Database], Tally] = count
    clock: Callable[[], float] = time.monotonic
    _kept: Tally | None = None
    _began: float = 0.0
    _took: float = 0.0
    _turn: Lock = field(default_factory=Lock)

    def now(self) -> Tally:
        """The newest there is. Raises `InboxUnavailable`."""
        kept, age = self._kept, self.clock() - self._began
        if kept is None or self._took < QUICK_SECONDS or age > max(OLD_SECONDS, SHARE * self._took):
            return self._count_here()
        if age > SHARE * self._took and self._turn.acquire(blocking=False):
            Thread(target=self._count_beside, name="counts", daemon=True).start()
        return kept

    def _count_here(self) -> Tally:
        asked = self.clock()
        with self._turn:
            if self._kept is None or self._began < asked:  # else somebody counted while this one waited
                self._count()
            return self._kept  # type: ignore[return-value]

    def _count_beside(self) -> None:
        """Has the turn already. Where it fails, the next to look counts, and hears why it cannot."""
        try:
            self._count()
        except InboxUnavailable:
            self._kept = None
        finally:
            self._turn.release()

    def _count(self) -> None:
        began = self.clock()
        self._kept = self.counting(self.database)
        self._began, self._took = began, self.clock() - began
