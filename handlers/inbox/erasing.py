"""Deletes what is stored about an event or a notification, also from the bytes of SQLite's files.

A worker may have the event in hand meanwhile: what it finds out about one that is no more is passed over when it settles.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import structlog
from sqlalchemy import Connection, delete, select

from handlers.inbox import tables
from handlers.inbox.database import Database

STEP = 500
Also = Callable[[Connection], None]
"""What else belongs into the same transaction."""
_event, _note = tables.event.c, tables.notification.c
_OF_EVENT = (tables.notification, tables.told, tables.listed, tables.state, tables.link)
_log = structlog.get_logger()


def erase_notification(database: Database, number: int, also: Also) -> None:
    """Delete it with its body and its trace. Raises `InboxUnavailable`."""
    with _overwriting(database) as connection:
        connection.execute(delete(tables.notification).where(_note.id == number))
        also(connection)
    _empty_log(database)


def erase_some_of(database: Database, event: int) -> int:
    """Delete some hundred of an event's settled notifications; returns how many. Raises `InboxUnavailable`."""
    settled = select(_note.id).where(_note.event_id == event, _note.settled_at.is_not(None)).limit(STEP)
    with _overwriting(database) as connection:
        numbers = list(connection.scalars(settled.with_for_update(skip_locked=True)))
        connection.execute(delete(tables.notification).where(_note.id.in_(numbers)))
    return len(numbers)


def erase_event(database: Database, event: int, also: Also) -> None:
    """Delete an event, its state, its link and what is left of its notifications. Raises `InboxUnavailable`."""
    with _overwriting(database) as connection:
        # Locked so that no notification of it is added until this ends.
        connection.execute(select(_event.id).where(_event.id == event).with_for_update()).all()
        for table in _OF_EVENT:
            connection.execute(delete(table).where(table.c.event_id == event))
        connection.execute(delete(tables.event).where(_event.id == event))
        also(connection)
    _empty_log(database)


@contextmanager
def _overwriting(database: Database) -> Iterator[Connection]:
    """A write whose deletions leave zeros: https://sqlite.org/pragma.html#pragma_secure_delete. PostgreSQL has no such thing."""
    with database.write() as connection:
        if database.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        yield connection


def _empty_log(database: Database) -> None:
    """The write-ahead log holds what its pages were before: https://sqlite.org/pragma.html#pragma_wal_checkpoint."""
    if database.dialect != "sqlite":
        return
    with (
        database.turn(),
        closing(database.engine.raw_connection()) as connection,
        closing(connection.cursor()) as cursor,
    ):
        is_busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        _log.warning(
            "somebody reads, so the log beside the file holds what is erased for some time", action="purge.log"
        )
