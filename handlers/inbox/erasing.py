"""Deletes what is stored about an event or a notification.

A worker may have the event in hand meanwhile: what it finds out about one that is no more is passed over when it settles.
"""

from collections.abc import Callable

from sqlalchemy import Connection, delete, select

from handlers.inbox import tables
from handlers.inbox.database import Database

STEP = 500
Also = Callable[[Connection], None]
"""What else belongs into the same transaction."""
_event, _note = tables.event.c, tables.notification.c
_OF_EVENT = (tables.notification, tables.told, tables.listed, tables.state, tables.link)


def erase_notification(database: Database, number: int, also: Also) -> None:
    """Delete it with its body and its trace. Raises `InboxUnavailable`."""
    with database.write() as connection:
        connection.execute(delete(tables.notification).where(_note.id == number))
        also(connection)


def erase_some_of(database: Database, event: int) -> int:
    """Delete some hundred of an event's settled notifications; returns how many. Raises `InboxUnavailable`."""
    settled = select(_note.id).where(_note.event_id == event, _note.settled_at.is_not(None)).limit(STEP)
    with database.write() as connection:
        numbers = list(connection.scalars(settled.with_for_update(skip_locked=True)))
        connection.execute(delete(tables.notification).where(_note.id.in_(numbers)))
    return len(numbers)


def erase_event(database: Database, event: int, also: Also) -> None:
    """Delete an event, its state, its link and what is left of its notifications. Raises `InboxUnavailable`."""
    with database.write() as connection:
        # Locked so that no notification of it is added until this ends.
        connection.execute(select(_event.id).where(_event.id == event).with_for_update()).all()
        for table in _OF_EVENT:
            connection.execute(delete(table).where(table.c.event_id == event))
        connection.execute(delete(tables.event).where(_event.id == event))
        also(connection)
