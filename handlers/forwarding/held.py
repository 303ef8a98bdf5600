"""The sources that an operator stopped: nothing of theirs is sent, and all of it goes on when one is resumed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from handlers.forwarding.settling import CREATING
from handlers.inbox import pauses
from handlers.inbox.database import Database
from handlers.inbox.hastening import hasten, sources_waiting
from handlers.inbox.lease import Lease

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 3600.0
HELD = "source_paused"
"""What their events wait for."""
_log = structlog.get_logger()


@dataclass
class Held:
    """For the one thread of the worker. `clock` tells Unix seconds."""

    database: Database
    lease: Lease
    clock: Callable[[], float] = time.time
    _held: frozenset[str] = frozenset()
    _hasten: set[str] = field(default_factory=set)
    _looked_at: float = float("-inf")

    def __contains__(self, source: object) -> bool:
        """Whether a source is stopped, as was seen last."""
        return source in self._held

    def begin(self) -> None:
        """Take over what is kept; what was resumed while nobody led goes on now."""
        self._held, self._looked_at = frozenset(pauses.held_sources(self.database)), self.clock()
        self._hasten = sources_waiting(self.database, HELD) - self._held

    def turn(self) -> None:
        """Notice within a second what an operator stopped or resumed. Raises `LeadLost`, `InboxUnavailable`."""
        if abs(self.clock() - self._looked_at) >= LOOK_SECONDS:
            self._look()
        for source in list(self._hasten):
            if not hasten(self.database, self.lease, source, self.clock(), (HELD, CREATING)):
                self._hasten.remove(source)

    def _look(self) -> None:
        self._looked_at, before = self.clock(), self._held
        self._held = frozenset(pauses.held_sources(self.database))
        self._hasten = (self._hasten | (before - self._held)) - self._held
        for source in self._held ^ before:
            action = "source.held" if source in self._held else "source.resumed"
            _log.info("an operator stopped or resumed a source", action=action, source=source)
