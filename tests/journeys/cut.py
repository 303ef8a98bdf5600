"""A wire between two processes of this host that can be cut, loudly or silently, and that counts what is said."""

import selectors
import socket
import threading
import time

CHUNK = 65536


class Wire:
    """Listens on a port of its own and carries every connection to another port of this host."""

    def __init__(self, to_port):
        self.said_at = []
        self._to = ("127.0.0.1", to_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._state = "open"
        self._pairs = {}
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def cut(self):
        """Whoever speaks is told that the line is dead."""
        self._become("cut")

    def fall_silent(self):
        """Nothing comes through, and nobody is told: as where a cable is pulled out."""
        self._become("silent")

    def mend(self):
        """New connections are carried; those from before are dead, as their other ends know by now."""
        self._become("open")

    def said_since(self, moment):
        """How many times the client's side said something since then (monotonic seconds)."""
        with self._lock:
            return sum(at >= moment for at in self.said_at)

    def close(self):
        self._become("closed")
        self._thread.join(5)
        self._hang_up(list(self._pairs))
        self._selector.close()
        self._listener.close()

    def _become(self, state):
        with self._lock:
            before, self._state = self._state, state
            if state in ("cut", "closed") or before == "silent":
                self._hang_up(list(self._pairs))

    def _carry(self):
        while self._state != "closed":
            for key, _ in self._selector.select(0.05):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._pairs and self._state == "open":
                        self._pass_on(key.fileobj)
            if self._state == "silent":
                time.sleep(0.05)

    def _accept(self):
        client, _ = self._listener.accept()
        if self._state == "cut":
            client.close()
            return
        try:
            server = socket.create_connection(self._to, timeout=5)
        except OSError:
            client.close()
            return
        for end, other, is_client in ((client, server, True), (server, client, False)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs[end] = other, is_client
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end):
        other, is_client = self._pairs[end]
        try:
            said = end.recv(CHUNK)
            if said:
                self.said_at += [time.monotonic()] if is_client else []
                other.sendall(said)
        except OSError:
            said = b""
        if not said:
            self._hang_up([end])

    def _hang_up(self, ends):
        for end in ends:
            if end in self._pairs:
                other, _ = self._pairs[end]
                for one in (end, other):
                    self._pairs.pop(one, None)
                    self._selector.unregister(one)
                    one.close()
