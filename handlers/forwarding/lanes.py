"""Keeps why a platform is left alone where every process can tell it, and notices when an operator wants it asked at once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from handlers.forwarding.lane import Lane
from handlers.inbox import pauses
from handlers.inbox.database import Database
from handlers.inbox.hastening import hasten
from handlers.inbox.lease import Lease

LOOK_SECONDS = 0.5
_log = structlog.get_logger()


@dataclass
class Lanes:
    """The lanes of all sources, for the one thread of the worker."""

    database: Database
    lease: Lease
    lanes: Mapping[str, Lane]
    clock: Callable[[], float] = time.time
    _kept: dict[str, pauses.Pause] = field(default_factory=dict)
    _hasten: set[str] = field(default_factory=set)
    _looked_at: float = float("-inf")

    def begin(self) -> None:
        """Take over what is kept, as of a worker that led before: what a platform told it to wait is waited for."""
        self._kept = pauses.get_source_pauses(self.database)
        for source, lane in self.lanes.items():
            lane.breaker.adopt(self._kept.get(source))
        for source in self._kept.keys() - self.lanes.keys():
            pauses.lift_source_pause(self.database, source)
            del self._kept[source]

    def turn(self) -> None:
        """Notice within a second what an operator resumed; write down what changed. Raises `LeadLost`."""
        if self._kept and abs(self.clock() - self._looked_at) >= LOOK_SECONDS:
            self._looked_at = self.clock()
            self._look()
        self._keep()
        for source in list(self._hasten):
            if not hasten(self.database, self.lease, source, self.clock()):
                self._hasten.remove(source)

    def _look(self) -> None:
        for source in self._kept.keys() - pauses.get_source_pauses(self.database).keys():
            del self._kept[source]
            self.lanes[source].breaker.resume()
            self._hasten.add(source)
            _log.info("a platform is asked again at once", action="platform.resumed", source=source)

    def _keep(self) -> None:
        for source, lane in self.lanes.items():
            pause, before = lane.breaker.pause, self._kept.get(source)
            if pause and pause != before:
                pauses.set_source_pause(self.database, source, pause)
                self._kept[source] = pause
                seconds = round(pause.until - self.clock(), 1)
                _log.warning(
                    "a platform is left alone",
                    action="platform.paused",
                    source=source,
                    reason=pause.reason,
                    seconds=seconds,
                )
            elif before and not pause:
                pauses.lift_source_pause(self.database, source)
                del self._kept[source]
                _log.info("a platform answers again", action="platform.resumed", source=source)
