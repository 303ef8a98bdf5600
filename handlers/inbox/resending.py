"""Lets events be sent again in full, whatever HubSpot confirmed of them."""

from collections.abc import Collection

from sqlalchemy import func, update

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database
from handlers.inbox.order import lock

_event, _link = tables.event.c, tables.link.c


def send_again(database: Database, events: Collection[int]) -> None:
    """Let them be due at once, with every field. For any worker: nothing is settled by it. Raises `InboxUnavailable`."""
    with database.write() as connection:
        lock(connection, events)
        changed = {
            "changes": _event.changes + 1,
            "changed_at": func.coalesce(_event.changed_at, now()),
            "due_at": func.coalesce(_event.due_at, now()),
        }
        connection.execute(update(tables.event).where(_event.id.in_(events)).values(changed))
        connection.execute(update(tables.link).where(_link.event_id.in_(events)).values(confirmed={}))
