"""gunicorn's threaded process, which leaves new connections to those that hold fewer, and leaves without a reset.

Whichever process wakes first takes all that come at once, and a load balancer keeps its connections open for long: without
this one process may answer everything while the others idle.
"""

import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.sharedctypes import RawArray
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from handlers.operating.leaving import STEP_SECONDS, Departure, hurries
from handlers.operating.lingering import Lingering

SLOTS = 64
LEAD = 2
MOST = 10
HESITATION_SECONDS = 0.0005
REQUEST_SECONDS = 15
HURRY_SECONDS = 2  # as long as gunicorn gives them that are in a drain
_ABSENT = -1
_connections = RawArray("i", [_ABSENT] * SLOTS)  # shared by all processes that are forked after this line


class BalancedWorker(ThreadWorker):  # type: ignore[misc]
    """Hesitates before it takes a connection while another process has fewer.

    Told to stop, it calls `on_leaving`, ends each connection with its next answer, and takes new ones until its
    `departure` lets it go. Then it ends what is under way, at most for `request_seconds`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sockets: Sequence[Any] = self.sockets
        self.alive: bool = True
        self.carries = False
        self.departure = Departure()
        self.on_leaving: Callable[[], object] | None = None
        self.request_seconds = REQUEST_SECONDS
        self._lingering: Lingering | None = None
        self._quits = False

    def init_process(self) -> None:
        """Become the process. A listener that this one held, and never asked, would keep connections waiting."""
        if self.carries:
            for listener in self.sockets:
                listener.close()
            self.sockets = []
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop, and to the end of what is under way."""
        self.cfg.set("graceful_timeout", self.request_seconds)  # the arbiter's own is longer: the drain comes first
        self._lingering = Lingering(self.poller, self._let_go)
        super().run()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, unless meanwhile somebody else did."""
        time.sleep(HESITATION_SECONDS * lead(self.nr_conns, _connections))
        super().accept(listener)
        self.tell()

    def notify(self) -> None:
        """Before each round of events: this process lives, and has so many connections."""
        super().notify()
        if self._quits or hurries():
            signal.alarm(HURRY_SECONDS)  # and no longer, whatever is under way
            self.cfg.worker_int(self)
            sys.exit(0)
        if self.departure.is_told():
            self._leave()
        if self._lingering is not None:
            self._lingering.give_up()
        self.tell()

    def tell(self) -> None:
        """Let the others know how many connections this process holds, while it takes any."""
        _connections[self.age % SLOTS] = self.nr_conns if self.alive and self.sockets else _ABSENT

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Be told to stop; a reload may say so more than once."""
        self.departure.tell()
        self.method_queue.defer(lambda: None)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once, but not from here: what this interrupts may hold the lock that gunicorn would wait for."""
        if not self.booted:
            super().handle_quit(sig, frame)
        self._quits = True
        self.method_queue.defer(lambda: None)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look more often whether the time has come to go."""
        if self.departure.is_told():
            timeout = min(timeout, self.departure.next_look() if self.sockets else STEP_SECONDS)
        super().wait_for_and_dispatch_events(timeout)

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
        """Close idle connections whose time is over, but take a request that has come in the meantime."""
        if not force and self.keepalived_conns and self.keepalived_conns[0].timeout <= time.monotonic():
            super().wait_for_and_dispatch_events(0)
        super().murder_keepalived(force)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """After an answer: the connection waits for another request, or for its end."""
        if self._lingering is None or fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._lingering.add(conn.sock)

    def _leave(self) -> None:
        if self.on_leaving is not None:
            self.on_leaving()
            self.on_leaving = None
        self.max_keepalived = 0
        if self.alive:
            if self.departure.may_go(self.sockets):
                self.alive = False
            return
        for listener in self.sockets:  # refused by now, not left waiting for an answer
            listener.close()
        self.sockets = []
        for conn in (*self.keepalived_conns, *self.pending_conns):
            conn.timeout = min(conn.timeout, (self.departure.told_at or 0.0) + STOP_KEEPALIVE_LINGER)

    def _let_go(self) -> None:
        self.nr_conns -= 1


def lead(count: int, all_counts: Iterable[int]) -> int:
    """By how many connections `count` is more than the fewest that a process has; 0 where that is mere chance."""
    ahead = count - min((other for other in all_counts if other != _ABSENT), default=count)
    return min(ahead, MOST) if ahead >= LEAD else 0


def forget(age: int) -> None:
    """The `age`-th process is no more."""
    _connections[age % SLOTS] = _ABSENT


def connections_ahead(count: int) -> int:
    """The `lead` of a process that holds `count` connections."""
    return lead(count, _connections)
