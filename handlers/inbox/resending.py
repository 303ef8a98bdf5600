"""Lets events be sent again."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, update

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database
from handlers.inbox.order import lock

_event, _link = tables.event.c, tables.link.c


def mark(connection: Connection, events: Collection[int], moment: float | None = None, **also: Any) -> None:
    """Within a write that has locked them: they count as changed, and are due. What else changes of them is in `also`.

    `moment`: Unix seconds, by the database's clock where none is given: whoever asks for this may have a wrong one.
    """
    at = now() if moment is None else moment
    due = {"changes": _event.changes + 1, "changed_at": func.coalesce(_event.changed_at, at), "due_at": at}
    connection.execute(update(tables.event).where(_event.id.in_(events)).values(due | also))


def send_again(database: Database, events: Collection[int]) -> None:
    """Let them be sent with every field, whatever HubSpot confirmed of them: at once, or when what they wait for is over.

    For any worker: nothing is settled by it. Raises `InboxUnavailable`.
    """
    with database.write() as connection:
        lock(connection, events)
        mark(connection, events, due_at=func.coalesce(_event.due_at, now()))
        connection.execute(update(tables.link).where(_link.event_id.in_(events)).values(confirmed={}))
