"""SQLite, for one host: a file in WAL mode that several processes write in turn."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from handlers.errors import InboxUnavailable
from handlers.inbox.clock import steady
from handlers.inbox.hosts import HostMark, refuse_network
from handlers.inbox.locks import WriteLock
from handlers.inbox.write_back import SOON_SECONDS, WriteBack

try:
    import pysqlite3.dbapi2 as wheel_sqlite
except ImportError:
    wheel_sqlite = None

# The WAL-reset bug of all SQLite before it can corrupt a database that several connections write:
# https://sqlite.org/wal.html#the_wal_reset_bug
SOUND_SQLITE = (3, 51, 3)
BUSY_SECONDS = 5.0
LONGEST_LOG, PAGE = 64 * 2**20, 4096  # bytes
_FREE = "PRAGMA incremental_vacuum(8)"  # a page with each row that is fetched
_IS_LOOSE = "SELECT freelist_count * 8 > page_count FROM pragma_freelist_count, pragma_page_count"


def newest_sqlite() -> ModuleType:
    """The SQLite driver with the newer library: the wheel's where there is one, else Python's own."""
    return wheel_sqlite if wheel_sqlite is not None else sqlite3


def is_sound(driver: ModuleType) -> bool:
    """Whether several processes may write through this driver."""
    return tuple(int(part) for part in driver.sqlite_version.split(".")) >= SOUND_SQLITE


class Sqlite:
    """The file of a `sqlite:///` URL; its folder is made if need be. Raises `InboxUnavailable`, `FaultySettings`."""

    begin = "BEGIN IMMEDIATE"
    begin_plainly: str | None = begin
    errors: type[Exception] = newest_sqlite().Error
    faulty: tuple[type[Exception], ...] = tuple(
        getattr(newest_sqlite(), name) for name in ("IntegrityError", "DataError", "ProgrammingError", "InterfaceError")
    )

    def __init__(self, url: str, pool_size: int) -> None:
        path = Path(make_url(url).database or "")
        refuse_network(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._host = HostMark(path.with_name(path.name + ".host"))
            self._lock = WriteLock(path.with_name(path.name + ".lock"), patience=2 * BUSY_SECONDS)
            with self._lock:
                _create(path)
            self._opened = path, path.stat().st_ino
            self._write_back = WriteBack(
                newest_sqlite(), path, self._lock, seconds=SOON_SECONDS, is_sound=is_sound(newest_sqlite())
            )
        except (OSError, self.errors) as error:
            raise InboxUnavailable(f"The database cannot be used: {error}.") from error
        self.engine = _engine(url, pool_size)
        for moment in ("do_connect", "checkout"):
            event.listen(self.engine, moment, self._refuse_another_file)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One writer at a time."""
        with self._lock:
            yield
            self._write_back.soon()

    def is_alone(self, connection: Connection) -> bool:
        """Whoever writes is."""
        return True

    def tidy(self, seconds: float) -> bool:
        """Unless what is free is so little that what comes next takes it."""
        with closing(self.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            (is_loose,) = cursor.execute(_IS_LOOSE).fetchone()
            if is_loose:
                with self.turn():
                    cursor.execute(self.begin)
                    end = steady() + seconds
                    while steady() < end:
                        cursor.execute(_FREE).fetchall()
                    connection.commit()
            return bool(is_loose)

    def close(self) -> None:
        """Give the files beside it back."""
        self._write_back.close()
        self._lock.close()
        self._host.close()

    def _refuse_another_file(self, *_: object) -> None:
        """A file that was removed or exchanged meanwhile can be written still, and nobody would find what was stored.

        To connect anew would make an empty one, and SQLite would then delete the write-ahead log that belongs to the old one.
        """
        path, number = self._opened
        try:
            same = path.stat().st_ino == number
        except OSError:
            same = False
        if not same:
            raise InboxUnavailable(f"{path} was removed or exchanged while it was open: put it back, or start anew.")


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
    engine.dialect.is_disconnect = _is_of_no_use  # type: ignore[method-assign, assignment]
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _is_of_no_use(error: Exception, *_: object) -> bool:
    """Whether another connection is needed: one that was opened while the disk was read-only stays so, when it is no more."""
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY")


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to say
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose acknowledged commits at a power cut in WAL mode
    cursor.execute("PRAGMA foreign_keys = ON")
    if is_sound(newest_sqlite()):
        cursor.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG // PAGE}")  # should nobody else write it back
    cursor.execute(f"PRAGMA journal_size_limit = {LONGEST_LOG}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
