"""Connections that end without an answer."""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Response

from deploy.sandbox.reading import connection

Close = Callable[[socket.socket], None]


class NoAnswer(Response):
    """Ends the connection without a byte, once everything about the call is noted."""

    def __init__(self, close: Close) -> None:
        super().__init__(_ending(connection(), close), status=500)


def hang_up(live: socket.socket) -> None:
    """Close it; not every server does by itself where it answered nothing."""
    with suppress(OSError):
        live.shutdown(socket.SHUT_RDWR)


def abort(live: socket.socket) -> None:
    """Closing with a linger time of zero sends a reset. A dead socket takes its place, for the server to close."""
    live.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    dead, other = socket.socketpair()
    os.dup2(dead.fileno(), live.fileno())
    dead.close()
    other.close()


def _ending(live: socket.socket | None, close: Close) -> Iterator[bytes]:
    """Servers take this error for a client that is gone, and say nothing of it."""
    if live:
        close(live)
    raise BrokenPipeError(errno.EPIPE, "the sandbox closed it")
    yield b""
