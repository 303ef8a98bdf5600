"""The one way to the database: short reads, and writes that are on disk when they end."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, PoolProxiedConnection, Select, Transaction, event, exc, select
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from handlers.errors import InboxUnavailable
from handlers.inbox.clock import now
from handlers.inbox.postgresql import Postgresql
from handlers.inbox.sqlite import Sqlite

MIGRATION_SECONDS = 120
ASK_SECONDS = 0.1

T = TypeVar("T")


class Backend(Protocol):
    """What differs between the kinds of database.

    `begin` begins a write, `begin_plainly` one with the driver's own cursor: None where that is a single statement, which is
    a transaction by itself. `errors` are the driver's own; those of the `faulty` kinds blame what was asked, all others the
    database.
    """

    engine: Engine
    begin: str
    begin_plainly: str | None
    errors: type[Exception]
    faulty: tuple[type[Exception], ...]

    def turn(self) -> AbstractContextManager[None]:
        """Held around every write where only one can write at a time."""
        ...

    def is_alone(self, connection: Connection) -> bool:
        """Whether, until this write ends, nobody else changes the schema."""
        ...

    def tidy(self, seconds: float) -> bool:
        """Give free pages back for about so long; whether there are more."""
        ...

    def close(self) -> None:
        """Give all back."""
        ...


class Database:
    """An SQLite file, or a PostgreSQL. Make it after a fork; `close` it at the end."""

    def __init__(self, url: str, pool_size: int = 16) -> None:
        """Open what a `sqlite:///` or `postgresql+psycopg://` URL names. Raises `InboxUnavailable`."""
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._backend: Backend = Sqlite(url, pool_size) if is_sqlite else Postgresql(url, pool_size)
        self.engine = self._backend.engine
        self._errors: tuple[type[Exception], ...] = (
            *(exc.DatabaseError, exc.TimeoutError, OSError),
            self._backend.errors,
        )
        self._faulty: tuple[type[Exception], ...] = (
            *self._backend.faulty,
            *(exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.InterfaceError),
        )

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for short reads; each sees one moment. Raises `InboxUnavailable`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when it ends without an error. Raises `InboxUnavailable`."""
        with self._translated(), self._backend.turn():
            connection, transaction = self._alive(self._begun)
            with connection, transaction:
                yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else writes meanwhile, where only one can. Raises `InboxUnavailable`."""
        with self._translated(), self._backend.turn():
            yield

    @contextmanager
    def write_plainly(self) -> Iterator[Any]:
        """As `write`, within one's `turn`, with the driver's own cursor, and for one statement where that is a transaction.

        Raises `InboxUnavailable`, and the driver's errors for faulty statements.
        """
        begin = self._backend.begin_plainly
        with self._translated(), closing(self.engine.raw_connection()) as connection:
            try:
                cursor = connection.cursor()
                if begin:
                    cursor.execute(begin)
                yield cursor
                if begin:
                    connection.commit()
            except self._backend.errors as error:
                self._give_up_if_lost(connection, error)
                raise

    @contextmanager
    def write_alone(self) -> Iterator[Connection]:
        """As `write`, once nobody else changes the schema. Raises `InboxUnavailable`.

        Who waits holds no connection meanwhile: a pooler's few may be all that the other one's work needs.
        """
        end = time.monotonic() + MIGRATION_SECONDS
        while time.monotonic() < end:
            with self.write() as connection:
                if self._backend.is_alone(connection):
                    yield connection
                    return
            time.sleep(ASK_SECONDS)
        raise InboxUnavailable("Another process has been changing the schema for too long.")

    def rows(self, query: Select[Any]) -> list[Any]:
        """All rows of a short query. Raises `InboxUnavailable`."""
        with self._translated():
            return self._alive(lambda: self._read(query))

    def now(self) -> float:
        """Unix seconds by the database's clock, which is the same for all hosts. Raises `InboxUnavailable`."""
        moment: float = self.rows(select(now()))[0][0]
        return moment

    def tidy(self, seconds: float) -> bool:
        """Give free room back to the file system for about so long, where that is ours to do; whether there is more.

        Raises `InboxUnavailable`.
        """
        with self._translated():
            return self._backend.tidy(seconds)

    def close(self) -> None:
        """Give all connections back; those that other threads still use are closed when these are done with them."""
        event.listen(self.engine, "checkin", _close)
        self.engine.dispose()
        self._backend.close()

    def _alive(self, work: Callable[[], T]) -> T:
        """Once more where the connection turns out to be dead: a server or a pooler ended it while nobody used it.

        Only for what begins something or reads: so it is never unclear whether the first try was written.
        """
        try:
            return work()
        except exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return work()

    def _begun(self) -> tuple[Connection, Transaction]:
        connection = self.engine.connect().execution_options(begin=self._backend.begin)
        try:
            return connection, connection.begin()
        except BaseException:
            connection.close()
            raise

    def _give_up_if_lost(self, connection: PoolProxiedConnection, error: Exception) -> None:
        driver = connection.dbapi_connection
        if driver is not None and self.engine.dialect.is_disconnect(error, driver, None):  # type: ignore[arg-type]
            connection.invalidate(error)

    def _read(self, query: Select[Any]) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._faulty:
            raise  # what was asked is at fault, not the database
        except self._errors as error:
            cause = error.orig if isinstance(error, exc.DatabaseError) else error
            raise InboxUnavailable(f"The database cannot be used: {cause}.") from error


def _close(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.close()
