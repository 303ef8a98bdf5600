"""Where the log's lines go: a disk that is full, or a reader that has gone, costs lines, and nothing of what they tell."""

import io
from typing import BinaryIO

import orjson


class Outlet(io.RawIOBase):
    """Writes lines to `file`, each at once. Those that it does not take are counted, and told as soon as it takes one again."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._lost = 0

    def write(self, line: bytes) -> int:  # type: ignore[override]
        """Never raises `OSError`: whoever has done what the line tells shall not be told that it failed."""
        try:
            self._file.write(_told(self._lost) + line)
            self._file.flush()
        except OSError:
            self._lost += 1
        else:
            self._lost = 0
        return len(line)


def _told(lost: int) -> bytes:
    """A line about lines; the one before may have been cut."""
    if not lost:
        return b""
    about = {
        "message": "lines of the log were lost, or came late",
        "level": "error",
        "action": "log.lost",
        "lines": lost,
    }
    return b"\n" + orjson.dumps(about) + b"\n"
