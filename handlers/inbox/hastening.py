"""Takes up at once what was put off because of a platform."""

from sqlalchemy import select, update

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.lease import Lease
from handlers.inbox.order import lock

CHUNK = 500
_event = tables.event.c


def hasten(database: Database, lease: Lease, source: str, moment: float) -> int:
    """Let up to some hundred events of the source be due by `moment` (Unix seconds); returns how many there were.

    Raises `LeadLost`, `InboxUnavailable`.
    """
    later = (
        select(_event.id)
        .where(_event.due_at > moment, _event.source == source)
        .where(_event.waits_for.startswith("platform_", autoescape=True))
        .limit(CHUNK)
    )
    with database.write() as connection:
        lease.check(connection)
        chosen = list(connection.scalars(later))
        lock(connection, chosen)
        still = (_event.id.in_(chosen), _event.due_at > moment)
        return connection.execute(update(tables.event).where(*still).values(due_at=moment)).rowcount
