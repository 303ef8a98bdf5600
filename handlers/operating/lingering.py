"""Connections that have had their last answer: half closed, until the client closes its side too.

gunicorn waits for that where it also takes new connections, up to two seconds for each: during a drain, when every answer
is a last one, a distant client would hold up all others.
"""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress

LINGER_SECONDS = 2.0
MOST_BYTES = 65536


class Lingering:
    """`add` what shall be closed; `closed` is called once for each that is. RFC 9112, section 9.6."""

    def __init__(
        self,
        poller: selectors.BaseSelector,
        closed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._poller = poller
        self._closed = closed
        self._clock = clock
        self._deadlines: dict[socket.socket, float] = {}
        self._read_away: dict[socket.socket, int] = {}

    def add(self, connection: socket.socket) -> None:
        """Say that no more will come, and read away what the client still sends: else it gets a reset for its answer."""
        self._deadlines[connection] = self._clock() + LINGER_SECONDS
        self._read_away[connection] = 0
        try:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0)
            self._poller.register(connection, selectors.EVENT_READ, self._read)
        except (OSError, ValueError):  # the client has gone already
            self._end(connection)

    def give_up(self) -> None:
        """Close what has lingered for long enough."""
        now = self._clock()
        for connection in [late for late, deadline in self._deadlines.items() if deadline <= now]:
            self._end(connection)

    def _read(self, connection: socket.socket) -> None:
        try:
            more = len(connection.recv(MOST_BYTES))
        except BlockingIOError:
            return
        except OSError:
            more = 0
        self._read_away[connection] += more
        if more == 0 or self._read_away[connection] >= MOST_BYTES:
            self._end(connection)

    def _end(self, connection: socket.socket) -> None:
        del self._deadlines[connection], self._read_away[connection]
        with suppress(KeyError, ValueError):  # it never was registered
            self._poller.unregister(connection)
        connection.close()
        self._closed()
