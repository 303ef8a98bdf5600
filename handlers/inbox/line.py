"""The line of those who wait to be stored: one of them leads, and does it for all."""

from collections.abc import Sequence
from threading import Lock

from handlers.inbox.arrival import Arrival, Receipt


class Ticket:
    """Arrivals that stand in line as one, and what became of them: either all have a receipt, in their order, or none."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self.arrivals = arrivals
        self.receipts: Sequence[Receipt] | None = None
        self.failure: Exception | None = None
        self.leads = False
        self._called = Lock()
        self._called.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether it was called within so many seconds: it is settled, or leads."""
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """End its wait."""
        self._called.release()


class Line:
    """Each leader settles all that wait, calls them, and calls the first that came since to lead next.

    Nobody waits for a lock that only says that the work is done: a thread that comes later could take it first.
    """

    def __init__(self, patience: float) -> None:
        """Wait at most `patience` seconds for the leader."""
        self._patience = patience
        self._waiting: list[Ticket] = []
        self._is_led = False
        self._guard = Lock()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def join(self, ticket: Ticket) -> bool:
        """Return when `ticket` leads or is settled; False if neither came about in time."""
        with self._guard:
            self._waiting.append(ticket)
            ticket.leads, self._is_led = not self._is_led, True
        return ticket.leads or ticket.wait(self._patience) or self._leave(ticket)

    def all(self) -> list[Ticket]:
        """For the leader: everyone in line, itself among them."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
        return waiting

    def hand_over(self, settled: Sequence[Ticket]) -> None:
        """The leader is done with these: the first that came since leads next."""
        with self._guard:
            following = self._waiting[:1]
            self._is_led = bool(following)
            for ticket in following:
                ticket.leads = True
        for ticket in (*following, *(ticket for ticket in settled if not ticket.leads)):
            ticket.call()

    def _leave(self, ticket: Ticket) -> bool:
        """Whether it was made the leader in the last moment. Whom a leader has in hand may yet be stored, which harms nobody."""
        with self._guard:
            if ticket in self._waiting and not ticket.leads:
                self._waiting.remove(ticket)
            return ticket.leads
