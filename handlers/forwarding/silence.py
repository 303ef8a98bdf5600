"""Notices sources that were busy and have sent nothing for long: their platform may have switched the webhook off."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from handlers.forwarding.jobs import Jobs
from handlers.inbox.database import Database
from handlers.inbox.reports import heard
from handlers.inbox.silences import get_silences, keep_silences
from schemas.sources import Source

LOOK_SECONDS = 300.0
BUSY = 10
BUSY_SECONDS = 7 * 86400.0
HOUR = 3600.0
_log = structlog.get_logger()


@dataclass
class Watch:
    """For the one thread of a worker, which looks every few minutes while it leads."""

    database: Database
    sources: Mapping[str, Source]
    clock: Callable[[], float] = time.time
    _look_at: float = float("-inf")

    def __call__(self, _jobs: Jobs) -> None:
        """Each turn. Raises `InboxUnavailable`."""
        if self.clock() < self._look_at:
            return
        self._look_at = self.clock() + LOOK_SECONDS
        kept = get_silences(self.database)
        silent = {
            name: since
            for name, source in self.sources.items()
            if (since := self._silent_since(source, kept.get(name))) is not None
        }
        for name in silent.keys() - kept.keys():
            _log.warning(
                "a busy source has sent nothing for long: see whether its webhook is still switched on at the platform",
                action="source.silent",
                source=name,
                hours=round((self.clock() - silent[name]) / HOUR, 1),
            )
        for name in kept.keys() - silent.keys():
            _log.info("a source is silent no more", action="source.heard", source=name)
        if silent != kept:
            keep_silences(self.database, silent)

    def _silent_since(self, source: Source, kept: float | None) -> float | None:
        """A silence once noticed lasts until something is heard, even when what was heard before is purged meanwhile."""
        times = heard(self.database, source.name, BUSY)
        last = times[0] if times else None
        if kept is not None and (last is None or last <= kept):
            last = kept
        elif not is_busy(times):
            return None
        silent = source.silence_hours > 0 and last is not None and self.clock() - last > source.silence_hours * HOUR
        return last if silent else None


def is_busy(times: list[float]) -> bool:
    """Whether the last notifications (Unix seconds, newest first) were many in the week before the last of them."""
    return len(times) >= BUSY and times[BUSY - 1] >= times[0] - BUSY_SECONDS
