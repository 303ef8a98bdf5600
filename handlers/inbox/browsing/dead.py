"""What died, by source and reason."""

from dataclasses import dataclass

from sqlalchemy import func, literal_column, select

from handlers.inbox import tables
from handlers.inbox.database import Database

_note = tables.notification.c
_DEAD = (
    select(_note.source, _note.reason, func.count(), func.min(_note.id), func.max(_note.id))
    .where(_note.outcome == literal_column("'dead'"))  # written out, for the partial index to be used
    .group_by(_note.source, _note.reason)
)


@dataclass(frozen=True)
class DeadGroup:
    """How many notifications of a source are dead for one reason; when (Unix seconds) the first and the last came."""

    source: str
    reason: str | None
    notifications: int
    oldest: float
    newest: float


def groups(database: Database) -> list[DeadGroup]:
    """The largest first. Raises `InboxUnavailable`."""
    found = database.rows(_DEAD)
    ends = {number for *_, first, last in found for number in (first, last)}
    query = select(_note.id, _note.received_at).where(_note.id.in_(ends))
    times = {number: received_at for number, received_at in database.rows(query)} if ends else {}  # noqa: C416
    return sorted(
        (
            DeadGroup(source, reason, count, times[first], times[last])
            for source, reason, count, first, last in found
            if first in times and last in times  # one may have been purged just now
        ),
        key=lambda group: (-group.notifications, group.source, group.reason or ""),
    )
