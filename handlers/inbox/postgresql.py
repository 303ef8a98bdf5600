"""PostgreSQL 14 or newer, for any number of hosts. No state of a session is used, so that pgbouncer may stand between."""

import select
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from handlers.errors import FaultySettings

CONNECT_SECONDS = 5
POOL_SECONDS = 5.0
LOCK_SECONDS = 5
STATEMENT_SECONDS = 20
IDLE_SECONDS = 5  # less than a lease: a leader that was stopped in mid-write must not keep the lead by its locks
TABLE_SECONDS = 2
# Said within each transaction, since a pooler in transaction mode gives every one of them to another session; the door's is one
# statement, `keep_arrivals`, which limits its locks itself.
_LIMITS = (
    f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s';"
    f" SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"
)
_ALONE = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
    f" SET LOCAL lock_timeout = '{TABLE_SECONDS}s'"
)
_TURN = "SELECT pg_try_advisory_xact_lock(hashtext('marquee schema'))"


class Postgresql:
    """The database of a `postgresql+psycopg://` URL."""

    begin = f"BEGIN; {_LIMITS}"
    begin_plainly: str | None = None
    errors: type[Exception] = psycopg.Error
    faulty: tuple[type[Exception], ...] = (
        psycopg.IntegrityError,
        psycopg.DataError,
        psycopg.ProgrammingError,
        psycopg.InterfaceError,
    )

    def __init__(self, url: str, pool_size: int) -> None:
        """Raises `FaultySettings` where the URL says what no PostgreSQL understands; its words hold no password."""
        _refuse_faulty(make_url(url))
        self.engine = _engine(url, pool_size)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Everybody may write at once."""
        yield

    def is_alone(self, connection: Connection) -> bool:
        """Also waits for no table for long from here on, since whoever stores would wait behind.

        Asked, not waited for: while a statement waits, no index could be built beside it.
        """
        connection.exec_driver_sql(_ALONE)
        return bool(connection.exec_driver_sql(_TURN).scalar_one())

    def tidy(self, seconds: float) -> bool:
        """The server vacuums by itself."""
        return False

    def close(self) -> None:
        """The engine holds all there is."""


def _refuse_faulty(url: URL) -> None:
    if "@" in (url.host or ""):  # what stands before it is part of a password, and would be told with the host
        raise FaultySettings(
            ["DATABASE_URL: Write %40 for each @ in the user's name and password, %2F for /, %25 for %."]
        )
    try:
        make_conninfo(**{name: str(value) for name, value in url.query.items()})
    except psycopg.ProgrammingError as error:
        raise FaultySettings([f"DATABASE_URL: {str(error).capitalize()}."]) from None


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
    event.listen(engine, "checkout", _refuse_ended)
    return engine


# A server that vanished is noticed within a quarter of a minute: postgresql.org/docs/current/libpq-connect.html
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}


def _begin(connection: Connection) -> None:
    """What only reads is a statement each, without the cost of a transaction around it."""
    begin = connection.get_execution_options().get("begin")
    if begin:
        connection.exec_driver_sql(begin)


def _refuse_ended(connection: psycopg.Connection[object], *_unused: object) -> None:
    """The pool takes another one where a server or a pooler has ended this one: while nobody asks, it says nothing else."""
    if connection.closed or _says_something(connection.fileno()):
        raise exc.DisconnectionError


def _says_something(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
