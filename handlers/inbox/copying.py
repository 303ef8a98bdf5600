"""A whole copy of the inbox, and what must be doubted of one that was put back."""

import os
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from sqlalchemy import select, update

from handlers.inbox import tables
from handlers.inbox.database import Database

_event, _link = tables.event.c, tables.link.c
_SOONEST = {
    "next_at": 0.0,
    "begun_at": None,
    "following": None,
    "ended": False,
    "pages": 0,
    "listed": 0,
    "differing": 0,
}


def copy(database: Database, file: Path) -> int:
    """Write an SQLite inbox, as it is at one moment, to a new file that only this user may read; its size in bytes.

    Others go on writing meanwhile: https://sqlite.org/lang_vacuum.html#vacuuminto. Raises `FileExistsError`, other kinds of
    `OSError` where the file cannot be made, and `InboxUnavailable`.
    """
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # SQLite writes into an empty file, too
    try:
        with database.read() as connection, closing(connection.connection.cursor()) as cursor:
            cursor.execute(
                "VACUUM INTO ?", (str(file),)
            )  # the driver's own: SQLAlchemy would begin a transaction first
        _reach_the_disk(file)
    except BaseException:
        file.unlink()
        raise
    return file.stat().st_size


def doubt_all(database: Database) -> int:
    """Forget what HubSpot was confirmed to have, since it has heard more than an older copy knows; how many events' that is.

    Nothing is sent for it: what is said next of an event is, whatever it is. All lists are compared next. Raises
    `InboxUnavailable`.
    """
    with database.write() as connection:
        connection.execute(update(tables.reconciliation).values(_SOONEST))
        doubted = connection.execute(update(tables.link).where(_link.confirmed_at.is_not(None)).values(confirmed={}))
        return doubted.rowcount


def waiting(database: Database, sources: Collection[str]) -> dict[str, list[str]]:
    """The events (external ids) of these sources that wait to be sent. Raises `InboxUnavailable`."""
    query = select(_event.source, _event.external_id).where(_event.due_at.is_not(None), _event.source.in_(sources))
    found: dict[str, list[str]] = {}
    for source, event in database.rows(query):
        found.setdefault(source, []).append(event)
    return found


def _reach_the_disk(file: Path) -> None:
    """VACUUM INTO does not wait for the disk."""
    for place in (file, file.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
