"""Brings SQLite's write-ahead log back into the file beside those who write, so that none of them pays for it.

By itself SQLite has that done by whoever commits when the log is long, who holds up all others meanwhile:
https://sqlite.org/wal.html#performance_considerations. A checkpoint beside them copies without holding up anybody, but as
long as somebody writes it never reaches the log's end, from where the log would begin anew. So what came meanwhile, which is
little, is copied while nobody writes. Then SQLite lets the file reach the disk, which is quick where it has just been there.
"""

import os
from pathlib import Path
from threading import Timer
from types import ModuleType

import structlog

from handlers.errors import InboxUnavailable
from handlers.inbox.locks import WriteLock

SOON_SECONDS = 0.5
_PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"  # never waits for anybody
_sync = getattr(os, "fdatasync", os.fsync)
_log = structlog.get_logger()


class WriteBack:
    """For one file of one process, opened after a fork; `lock` keeps all others from writing."""

    def __init__(self, driver: ModuleType, path: Path, lock: WriteLock, *, seconds: float, is_sound: bool) -> None:
        """Begins `seconds` after it was told to; never where SQLite does not bear a checkpoint beside those who write.

        Raises the driver's errors.
        """
        self._errors: tuple[type[Exception], ...] = (driver.Error, OSError, InboxUnavailable)
        self._connection = driver.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
        self._path, self._lock, self._seconds, self._is_sound = path, lock, seconds, is_sound
        self._descriptor: int | None = None
        self._timer: Timer | None = None

    def soon(self) -> None:
        """To be told by whoever has written and still holds the lock."""
        if self._is_sound and self._timer is None:
            self._timer = Timer(self._seconds, self._guarded)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Once what is under way has ended."""
        timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
        self._connection.close()

    def _guarded(self) -> None:
        try:
            self._write_back()
        except self._errors as error:
            _log.warning("the log stays long for now", action="inbox.not_written_back", detail=str(error))
        self._timer = None

    def _write_back(self) -> None:
        self._copy()
        self._reach_the_disk()
        with self._lock:
            self._copy()

    def _copy(self) -> None:
        self._connection.execute(_PASSIVE).fetchall()

    def _reach_the_disk(self) -> None:
        """Nothing is closed after: that would take SQLite's locks away, https://sqlite.org/howtocorrupt.html section 2.2."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        _sync(self._descriptor)
