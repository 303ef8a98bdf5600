"""Indexes that PostgreSQL builds while everybody writes, which it does outside of any transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, Index
from sqlalchemy.schema import CreateIndex, DropIndex

from handlers.inbox.database import Database
from handlers.inbox.tables import metadata

# One whose building was cut short stays, and is of no use: https://www.postgresql.org/docs/current/sql-createindex.html
_USABLE = (
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE indisvalid AND relnamespace = current_schema()::regnamespace"
)


def build(database: Database) -> None:
    """Build those that are missing, one process at a time. Raises `InboxUnavailable`."""
    with database.read() as connection:
        missing = _missing(connection)
    if missing:
        with database.write_alone() as guard:
            for index in _missing(guard):
                _build(database, index)


def _missing(connection: Connection) -> Sequence[Index]:
    usable = set(connection.exec_driver_sql(_USABLE).scalars())
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    return [
        index for index in indexes if index.dialect_options["postgresql"]["concurrently"] and index.name not in usable
    ]


def _build(database: Database, index: Index) -> None:
    """On a connection of its own: the guard's transaction sees to it that nobody else builds, and holds up none."""
    with database.read() as connection:
        connection.execute(DropIndex(index, if_exists=True))
        connection.execute(CreateIndex(index))
