"""The one way to the database: short reads, and writes that are on disk when they end."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select, exc
from sqlalchemy.engine import make_url

from handlers.errors import InboxUnavailable
from handlers.inbox.postgresql import Postgresql
from handlers.inbox.sqlite import Sqlite


class Backend(Protocol):
    """What differs between the kinds of database.

    `begin` begins a write. `errors` are the driver's own; those of the `faulty` kinds blame what was asked, all others the
    database.
    """

    engine: Engine
    begin: str
    errors: type[Exception]
    faulty: tuple[type[Exception], ...]

    def turn(self) -> AbstractContextManager[None]:
        """Held around every write where only one can write at a time."""
        ...

    def be_alone(self, connection: Connection) -> None:
        """Within a write: wait until nobody else changes the schema."""
        ...

    def tidy(self, pages: int) -> None:
        """Give up to `pages` free pages back."""
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
        with self._translated(), self._backend.turn(), self.engine.connect() as plain:
            connection = plain.execution_options(begin=self._backend.begin)
            with connection.begin():
                yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else writes meanwhile, where only one can. Raises `InboxUnavailable`."""
        with self._translated(), self._backend.turn():
            yield

    @contextmanager
    def write_plainly(self) -> Iterator[Any]:
        """As `write`, within one's `turn`, with the driver's own cursor.

        Raises `InboxUnavailable`, and the driver's errors for faulty statements.
        """
        with self._translated(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(self._backend.begin)
            yield cursor
            connection.commit()

    def be_alone(self, connection: Connection) -> None:
        """Within a `write`: nobody else changes the schema until it ends. Raises `InboxUnavailable`."""
        self._backend.be_alone(connection)

    def rows(self, query: Select[Any]) -> list[Any]:
        """All rows of a short query."""
        with self.read() as connection:
            return list(connection.execute(query).all())

    def tidy(self, pages: int) -> None:
        """Give up to `pages` free pages back to the file system, where that is ours to do."""
        with self._translated():
            self._backend.tidy(pages)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._backend.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._faulty:
            raise  # what was asked is at fault, not the database
        except self._errors as error:
            cause = error.orig if isinstance(error, exc.DatabaseError) else error
            raise InboxUnavailable(f"The database cannot be used: {cause}.") from error
