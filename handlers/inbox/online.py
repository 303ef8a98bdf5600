"""Indexes that PostgreSQL builds and drops while everybody writes, which it does outside of any transaction."""

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

# Others took their place; they go after those are there.
_REPLACED = ("notification_source", "notification_dead")


def build(database: Database) -> None:
    """Build those that are missing and drop those that are replaced, one process at a time. Raises `InboxUnavailable`."""
    with database.read() as connection:
        amiss = _missing(connection) or _left(connection)
    if amiss:
        with database.write_alone() as guard:
            for index in _missing(guard):
                _build(database, index)
            for name in _left(guard):
                _drop(database, name)


def _missing(connection: Connection) -> Sequence[Index]:
    usable = set(connection.exec_driver_sql(_USABLE).scalars())
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    return [
        index for index in indexes if index.dialect_options["postgresql"]["concurrently"] and index.name not in usable
    ]


def _left(connection: Connection) -> Sequence[str]:
    usable = set(connection.exec_driver_sql(_USABLE).scalars())
    return [name for name in _REPLACED if name in usable]


def _build(database: Database, index: Index) -> None:
    """On a connection of its own: the guard's transaction sees to it that nobody else builds, and holds up none."""
    with database.read() as connection:
        connection.execute(DropIndex(index, if_exists=True))
        connection.execute(CreateIndex(index))


def _drop(database: Database, name: str) -> None:
    with database.read() as connection:
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
