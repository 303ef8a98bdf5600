"""gunicorn's threaded process, which leaves new connections to those that hold fewer.

Whichever process wakes first takes all that come at once, and a load balancer keeps its connections open for long: without
this one process may answer everything while the others idle.
"""

import socket
import time
from collections.abc import Iterable
from multiprocessing.sharedctypes import RawArray

from gunicorn.workers.gthread import ThreadWorker

SLOTS = 64
LEAD = 2
MOST = 10
HESITATION_SECONDS = 0.0005
_ABSENT = -1
_connections = RawArray("i", [_ABSENT] * SLOTS)  # shared by all processes that are forked after this line


class BalancedWorker(ThreadWorker):  # type: ignore[misc]
    """Hesitates before it takes a connection while another process has fewer."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, unless meanwhile somebody else did."""
        time.sleep(HESITATION_SECONDS * lead(self.nr_conns, _connections))
        super().accept(listener)
        self.tell()

    def notify(self) -> None:
        """Before each round of events: this process lives, and has so many connections."""
        super().notify()
        self.tell()

    def tell(self) -> None:
        """Let the others know how many connections this process holds."""
        _connections[self.age % SLOTS] = self.nr_conns


def lead(count: int, all_counts: Iterable[int]) -> int:
    """By how many connections `count` is more than the fewest that a process has; 0 where that is mere chance."""
    ahead = count - min((other for other in all_counts if other != _ABSENT), default=count)
    return min(ahead, MOST) if ahead >= LEAD else 0


def forget(age: int) -> None:
    """The `age`-th process is no more."""
    _connections[age % SLOTS] = _ABSENT
