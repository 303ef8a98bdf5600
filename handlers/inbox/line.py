"""The line of those who wait to be stored, and the one thread that has all of them stored together."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from handlers.inbox.arrival import Arrival, Receipt
from handlers.waiting import new_wait

IDLE_SECONDS = 30.0


class Ticket:
    """Arrivals that stand in line as one, and what became of them: either all have a receipt, in their order, or none."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self.arrivals = arrivals
        self.receipts: Sequence[Receipt] | None = None
        self.failure: Exception | None = None
        self.waiting = new_wait()


class Line:
    """A thread of its own settles all that wait, then all that came meanwhile; it ends when nobody came for `idle` seconds.

    Nobody waits for a lock that only says that the work is done: a thread that comes later could take it first.
    """

    def __init__(
        self, settle: Callable[["Line"], Sequence[Ticket]], patience: float, idle: float = IDLE_SECONDS
    ) -> None:
        """`settle` takes `all` once it can, and returns them, each with its receipts or its failure; it raises nothing.

        Whoever joins waits at most `patience` seconds.
        """
        self._settle = settle
        self._patience = patience
        self._idle = idle
        self._waiting: deque[Ticket] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._is_rung = False
        self._is_served = False
        self._guard = Lock()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def join(self, ticket: Ticket) -> bool:
        """Return when `ticket` is settled; False if it was not in time."""
        self._waiting.append(ticket)
        if not self._is_rung:
            self._is_rung = True
            ticket.waiting.soon(self._ring)
        return ticket.waiting.wait(self._patience) or self._leave(ticket)

    def all(self) -> list[Ticket]:
        """Everyone in line, to be settled now."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _ring(self) -> None:
        self._bell.put(None)
        with self._guard:
            if not self._is_served:
                self._is_served = True
                Thread(target=self._serve, name="inbox", daemon=True).start()

    def _serve(self) -> None:
        while self._somebody_came():
            self._is_rung = False  # before any is taken: who comes from here on rings again
            for ticket in self._settle(self) if self._waiting else ():
                ticket.waiting.call()

    def _somebody_came(self) -> bool:
        with suppress(Empty):
            self._bell.get(timeout=self._idle)
            return True
        with self._guard:
            self._is_served = not self._bell.empty()
            return self._is_served

    def _leave(self, ticket: Ticket) -> bool:
        """False. Whom the thread has in hand may yet be stored, which harms nobody."""
        with suppress(ValueError):
            self._waiting.remove(ticket)
        return False
