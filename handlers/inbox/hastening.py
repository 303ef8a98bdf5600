"""Takes up at once what was put off for a reason that is no more."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.lease import Lease
from handlers.inbox.order import lock

CHUNK = 500
PLATFORM = ("platform_",)
_event = tables.event.c


def hasten(database: Database, lease: Lease, source: str, moment: float, beginnings: Sequence[str] = PLATFORM) -> int:
    """Let up to some hundred events of the source be due by `moment` (Unix seconds); returns how many there were.

    Those are meant whose reason to wait begins so. Raises `LeadLost`, `InboxUnavailable`.
    """
    meant = or_(*(_event.waits_for.startswith(beginning, autoescape=True) for beginning in beginnings))
    later = select(_event.id).where(_event.due_at > moment, _event.source == source).where(meant).limit(CHUNK)
    with database.write() as connection:
        lease.check(connection)
        chosen = list(connection.scalars(later))
        lock(connection, chosen)
        still = (_event.id.in_(chosen), _event.due_at > moment)
        return connection.execute(update(tables.event).where(*still).values(due_at=moment)).rowcount


def sources_waiting(database: Database, waits_for: str) -> set[str]:
    """The sources of which some event is put off for that reason."""
    query = select(_event.source).where(_event.due_at.is_not(None), _event.waits_for == waits_for).distinct()
    return {source for (source,) in database.rows(query)}
