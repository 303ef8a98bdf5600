"""What a worker was sending when it lost the lead: those calls may have come to HubSpot after newer ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from handlers.inbox.clock import steady
from handlers.inbox.database import Database
from handlers.inbox.resending import send_again

_log = structlog.get_logger()


@dataclass
class Overtaken:
    """For the one thread of the worker. Whoever leads sends these events again, once no call of that time is open any more.

    HubSpot has no word by which it could refuse the call of a worker that leads no more. `seconds` is how long a call and
    its settling may take.
    """

    database: Database
    seconds: float
    steady: Callable[[], float] = steady
    _waiting: list[tuple[float, frozenset[int]]] = field(default_factory=list)

    def note(self, events: Iterable[int]) -> None:
        """Their call has ended by now, and the lead was lost meanwhile."""
        if lost := frozenset(events):
            self._waiting.append((self.steady() + self.seconds, lost))

    def tell(self, *, at_once: bool = False) -> None:
        """Mark those that are old enough, or all. Raises `InboxUnavailable`, and then they are kept for the next time."""
        while self._waiting and (at_once or self._waiting[0][0] <= self.steady()):
            _, events = self._waiting[0]
            send_again(self.database, events)
            del self._waiting[0]
            _log.warning(
                "what was sent while the lead was lost is sent again", action="worker.overtaken", events=len(events)
            )
