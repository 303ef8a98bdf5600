"""What is settled and old leaves in small steps, so that nobody waits for it."""

from sqlalchemy import delete, select

from handlers.inbox import tables
from handlers.inbox.database import Database

STEP = 500
PAGES = 256
_notification, _attempt = tables.notification.c, tables.attempt.c


def purge_step(database: Database, before: float) -> int:
    """Delete up to `STEP` notifications settled, and attempts made, before then (Unix seconds). Returns how many went."""
    old = select(_notification.id).where(_notification.settled_at < before).limit(STEP)
    unused = (
        select(_attempt.id)
        .where(
            _attempt.sent_at < before, ~select(_notification.id).where(_notification.attempt_id == _attempt.id).exists()
        )
        .limit(STEP)
    )
    with database.write() as connection:
        gone = connection.execute(delete(tables.notification).where(_notification.id.in_(old))).rowcount
        gone += connection.execute(delete(tables.attempt).where(_attempt.id.in_(unused))).rowcount
    if gone:
        database.tidy(PAGES)
    return gone
