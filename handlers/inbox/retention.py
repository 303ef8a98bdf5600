"""What is settled and old leaves in small steps, so that nobody waits for it."""

from sqlalchemy import Connection, Select, Table, delete, select

from handlers.inbox import tables
from handlers.inbox.database import Database

STEP = 500
PAGES = 256
_notification, _attempt = tables.notification.c, tables.attempt.c


def purge_step(database: Database, before: float) -> int:
    """Delete up to `STEP` notifications settled, and attempts made, before then (Unix seconds). Returns how many went."""
    # What somebody revives just now is passed over, so that nobody waits in a circle.
    old = (
        select(_notification.id).where(_notification.settled_at < before).limit(STEP).with_for_update(skip_locked=True)
    )
    unused = (
        select(_attempt.id)
        .where(
            _attempt.sent_at < before, ~select(_notification.id).where(_notification.attempt_id == _attempt.id).exists()
        )
        .limit(STEP)
    )
    with database.write() as connection:
        gone = _delete(connection, tables.notification, old)
        gone += _delete(connection, tables.attempt, unused)
    if gone:
        database.tidy(PAGES)
    return gone


def _delete(connection: Connection, table: Table, chosen: Select[tuple[int]]) -> int:
    """Chosen first: within one statement PostgreSQL may choose anew for each row, and so pass the limit."""
    numbers = list(connection.scalars(chosen))
    if numbers:
        connection.execute(delete(table).where(table.c.id.in_(numbers)))
    return len(numbers)
