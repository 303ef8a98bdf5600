"""One writer at a time on SQLite: a lock that hands over at once, where SQLite itself would sleep and poll."""

import fcntl
import os
from pathlib import Path
from threading import Lock
from types import TracebackType

from handlers.errors import InboxUnavailable


class WriteLock:
    """Held around every write transaction, across threads and processes of one host. Open it after a fork, not before."""

    def __init__(self, path: Path, patience: float) -> None:
        """Wait at most `patience` seconds for the threads of this process."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._threads = Lock()
        self._patience = patience

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=self._patience):
            raise InboxUnavailable("Another writer holds the database.")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)
