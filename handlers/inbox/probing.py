"""Whether anything can be stored: what can be read says nothing of a disk that is full, or read-only by now."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

_NAME = "none: only whether it can be written"


def probe(database: Database) -> None:
    """Write a row of no consequence, and take it back. Raises `InboxUnavailable` where that does not reach the disk."""
    session = tables.ended_session.c.session
    with database.write() as connection:
        connection.execute(insert(tables.ended_session).values(session=_NAME, until=0.0).on_conflict_do_nothing())
        connection.execute(delete(tables.ended_session).where(session == _NAME))
