"""A client's connection as one of many in a thread: where it is not ready, whoever uses it steps aside until it is."""

import selectors
import socket
from collections.abc import Callable

SMALL = 8192

Until = Callable[[socket.socket, int], None]


class PatientSocket:
    """What gunicorn uses of a socket. `until` returns when an event of `selectors` has come; it raises `TimeoutError`.

    Small parts of an answer, its head and its content, leave as one packet with `flush`: each costs the client's waking.
    """

    def __init__(self, connection: socket.socket, until: Until) -> None:
        connection.settimeout(0)
        self._connection = connection
        self._until = until
        self._held: list[bytes] = []
        self.fileno, self.close, self.shutdown = connection.fileno, connection.close, connection.shutdown
        self.getsockname, self.getpeername = connection.getsockname, connection.getpeername
        self.gettimeout, self.setsockopt = connection.gettimeout, connection.setsockopt

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as a socket has it
        """Nothing: it never blocks."""

    def settimeout(self, seconds: float | None) -> None:
        """Nothing: `until` knows how long to wait."""

    def recv(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        try:
            return self._connection.recv(size)
        except BlockingIOError:
            self.flush()
            self._until(self._connection, selectors.EVENT_READ)
            return self._connection.recv(size)

    def send(self, data: bytes) -> int:
        """All of it, at once."""
        self.sendall(data)
        self.flush()
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Keep what is small for the next `flush`."""
        self._held.append(bytes(data))
        if len(data) >= SMALL:
            self.flush()

    def flush(self) -> None:
        """Send what was kept."""
        data = memoryview(self._held[0] if len(self._held) == 1 else b"".join(self._held))
        self._held.clear()
        while data:
            try:
                data = data[self._connection.send(data) :]
            except BlockingIOError:
                self._until(self._connection, selectors.EVENT_WRITE)
