"""How fast notifications arrive, as those see it who do not receive them: from the newest one's number and age."""

from collections.abc import Callable

from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.clock import now, steady
from handlers.inbox.database import Database

LULL_SECONDS = 1.0
COUNT_SECONDS = 1.0
_note = tables.notification.c
_NEWEST = select(_note.id, now() - _note.received_at).order_by(_note.id.desc()).limit(1)


class Arrivals:
    """For all threads of a process. `per_second` is as of two looks at least `COUNT_SECONDS` apart, the last of them; 0 before."""

    def __init__(self, database: Database, clock: Callable[[], float] = steady) -> None:
        """Nothing is known of them yet; `clock` tells seconds that never go back."""
        self._database, self._clock = database, clock
        self._lull_from = float("-inf")
        self._counted = 0, float("-inf")
        self.per_second = 0.0

    def look(self) -> None:
        """See what arrived. Raises `InboxUnavailable`."""
        for newest, age in self._database.rows(_NEWEST):
            moment = self._clock()
            self._lull_from = moment + LULL_SECONDS - max(0.0, age)
            self._count(newest, moment)

    def lately(self) -> bool:
        """Whether any came within the last second, as far as was seen."""
        return self._clock() < self._lull_from

    def _count(self, newest: int, moment: float) -> None:
        before, since = self._counted
        if moment >= since + COUNT_SECONDS:
            self.per_second = max(0, newest - before) / (moment - since)
            self._counted = newest, moment
