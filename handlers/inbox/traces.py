"""Which webhooks' traces belong to notifications."""

from collections.abc import Collection

from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.database import Database

_trace = tables.trace.c


def contexts(database: Database, notifications: Collection[int]) -> list[str]:
    """The `traceparent` of each that came with a trace, the newest notification's first. Raises `InboxUnavailable`."""
    chosen = _trace.notification_id.in_(notifications)
    query = select(_trace.context).where(chosen).order_by(_trace.notification_id.desc())
    return [context for (context,) in database.rows(query)]
