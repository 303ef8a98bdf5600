"""What the inbox knows of a source's events, and the hints that some of them may have changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select

from handlers.inbox import tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.database import Database
from handlers.inbox.writer import Writer

HINT_ACTION = "marquee.hint"
CHUNK = 1000
HINTS = 200
_event, _state = tables.event.c, tables.state.c


@dataclass(frozen=True)
class Known:
    """An event by its external id; `cancelled`: the last that was said of it is that it will not take place."""

    event: str
    cancelled: bool


def known(database: Database, source: str, prefix: str = "") -> Iterator[list[Known]]:
    """The source's events whose external ids begin with `prefix`, a chunk at a time. Raises `InboxUnavailable`."""
    last = ""
    while chunk := _known_after(database, source, prefix, last):
        yield chunk
        last = chunk[-1].event


def _known_after(database: Database, source: str, prefix: str, last: str) -> list[Known]:
    cancelled = func.coalesce(_state.fields["eventCancelled"].as_boolean(), False)
    query = (
        select(_event.external_id, cancelled)
        .select_from(tables.event.outerjoin(tables.state))
        .where(_event.source == source, _event.external_id > last)
        .where(func.substr(_event.external_id, 1, len(prefix)) == prefix)
        .order_by(_event.external_id)
        .limit(CHUNK)
    )
    return [Known(external_id, bool(is_cancelled)) for external_id, is_cancelled in database.rows(query)]


@dataclass(frozen=True)
class Hints:
    """Marquee's own notifications, for any thread: their bodies are empty, as nothing from outside is."""

    writer: Writer

    def add(self, source: str, events: Iterable[str], moment: float | None = None) -> int:
        """Let these events (external ids) be looked up; returns how many they are. Raises `InboxUnavailable`.

        `moment`: Unix seconds, else by the database's clock. A few hundred are stored in one transaction. Some may be stored
        when it fails: a hint too many does no harm.
        """
        count, rest = 0, iter(events)
        while chunk := list(islice(rest, HINTS)):
            self.writer.store_all([Arrival(source, b"", moment, HINT_ACTION, event) for event in chunk])
            count += len(chunk)
        return count
