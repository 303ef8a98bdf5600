"""The one way to the database: short reads, and writes that wait in line."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Select, create_engine, event, exc
from sqlalchemy.engine import make_url

from handlers.errors import InboxUnavailable
from handlers.inbox.locks import WriteLock

try:
    import pysqlite3.dbapi2 as wheel_sqlite
except ImportError:
    wheel_sqlite = None

# The WAL-reset bug of all SQLite before it can corrupt a database that several connections write:
# https://sqlite.org/wal.html#the_wal_reset_bug
SOUND_SQLITE = (3, 51, 3)
BUSY_SECONDS = 5.0


def newest_sqlite() -> ModuleType:
    """The SQLite driver with the newer library: the wheel's where there is one, else Python's own."""
    return wheel_sqlite if wheel_sqlite is not None else sqlite3


_FAULTY_STATEMENTS = tuple(
    getattr(module, name)
    for module in (exc, newest_sqlite())
    for name in ("IntegrityError", "DataError", "ProgrammingError", "InterfaceError")
)


def is_sound(driver: ModuleType) -> bool:
    """Whether several processes may write through this driver."""
    return tuple(int(part) for part in driver.sqlite_version.split(".")) >= SOUND_SQLITE


class Database:
    """An SQLite file in WAL mode. Make it after a fork; `close` it at the end."""

    def __init__(self, url: str, pool_size: int = 16) -> None:
        """Open the file of a `sqlite:///` URL; its folder is made if need be."""
        self.path = Path(make_url(url).database or "")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = WriteLock(self.path.with_name(self.path.name + ".lock"), patience=2 * BUSY_SECONDS)
        with _translated(), self._lock:
            _create(self.path)
        self.engine = _engine(url, pool_size)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment. Raises `InboxUnavailable`."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when it ends without an error. Raises `InboxUnavailable`."""
        with _translated(), self._lock, self.engine.connect() as plain:
            connection = plain.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else writes meanwhile. Raises `InboxUnavailable`."""
        with _translated(), self._lock:
            yield

    @contextmanager
    def write_plainly(self) -> Iterator[Any]:
        """As `write`, within one's `turn`, with the driver's own cursor.

        Raises `InboxUnavailable`, and the driver's errors for faulty statements.
        """
        with _translated(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            connection.commit()

    def rows(self, query: Select[Any]) -> list[Any]:
        """All rows of a short query."""
        with self.read() as connection:
            return list(connection.execute(query).all())

    def tidy(self, pages: int) -> None:
        """Give up to `pages` free pages back to the file system, and keep the write-ahead log short."""
        with _translated(), self._lock, self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()  # frees a page with each row fetched
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._lock.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _FAULTY_STATEMENTS:
        raise  # what was asked is at fault, not the database
    except (exc.DatabaseError, exc.TimeoutError, newest_sqlite().Error, OSError) as error:
        cause = error.orig if isinstance(error, exc.DatabaseError) else error
        raise InboxUnavailable(f"The database cannot be used: {cause}.") from error


def _create(path: Path) -> None:
    """The two choices that stay with the file; made under the lock, because each needs the file for itself."""
    connection = newest_sqlite().connect(path, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only has effect before the first table
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        module=newest_sqlite(),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "cached_statements": 512},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to say
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose acknowledged commits at a power cut in WAL mode
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_size_limit = 67108864")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
