"""PostgreSQL 14 or newer, for any number of hosts. No state of a session is used, so that pgbouncer may stand between."""

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import psycopg
from sqlalchemy import Connection, Engine, create_engine, event

CONNECT_SECONDS = 5
POOL_SECONDS = 5.0
LOCK_SECONDS = 5
STATEMENT_SECONDS = 20
MIGRATION_SECONDS = 120
TABLE_SECONDS = 2
# Said within each transaction, since a pooler in transaction mode gives every one of them to another session.
_LIMITS = (
    f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s';"
    f" SET LOCAL idle_in_transaction_session_timeout = '{STATEMENT_SECONDS}s'"
)
_ALONE = (
    f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '{MIGRATION_SECONDS}s'",
    "SELECT pg_advisory_xact_lock(hashtext('marquee schema'))",
    f"SET LOCAL lock_timeout = '{TABLE_SECONDS}s'",
)


class Postgresql:
    """The database of a `postgresql+psycopg://` URL."""

    begin = f"BEGIN; {_LIMITS}"
    errors: type[Exception] = psycopg.Error
    faulty: tuple[type[Exception], ...] = (
        psycopg.IntegrityError,
        psycopg.DataError,
        psycopg.ProgrammingError,
        psycopg.InterfaceError,
    )

    def __init__(self, url: str, pool_size: int) -> None:
        self.engine = _engine(url, pool_size)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Everybody may write at once."""
        yield

    def be_alone(self, connection: Connection) -> None:
        """Wait for whoever changes the schema; then wait for no table for long, since whoever stores would wait behind."""
        for statement in _ALONE:
            connection.exec_driver_sql(statement)

    def tidy(self, pages: int) -> None:
        """The server vacuums by itself."""

    def close(self) -> None:
        """The engine holds all there is."""


def _engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,
        pool_recycle=1800,
        connect_args={
            "autocommit": True,  # BEGIN is ours to say
            "prepare_threshold": None,  # a prepared statement is state of a session
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "marquee",
            **_KEEPALIVE,
        },
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "begin", _begin)
    return engine


# A server that vanished is noticed within a quarter of a minute: postgresql.org/docs/current/libpq-connect.html
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}


def _begin(connection: Connection) -> None:
    """What only reads is a statement each, without the cost of a transaction around it."""
    begin = connection.get_execution_options().get("begin")
    if begin:
        connection.exec_driver_sql(begin)
