"""What becomes of an event whose own look-up or preparation failed."""

from secrets import SystemRandom

import structlog

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.forwarding import settling
from handlers.forwarding.merging import Merged
from handlers.forwarding.waits import backoff
from handlers.inbox.queue import Settlement

_chance = SystemRandom().random
_log = structlog.get_logger()


def after_fault(merged: Merged, error: Exception, now: float) -> Settlement:
    """Dead where it makes no sense, else taken up again later, which is logged if nobody foresaw it. `now`: Unix seconds."""
    if isinstance(error, InvalidNotification):
        return settling.dead(merged, settling.INVALID, error.errors)
    waits_for = error.reason if isinstance(error, LookUpFailed) else "internal_error"
    if waits_for == "internal_error":
        _log.error("an event failed", action="worker.event_failed", about=merged.event.external_id, exc_info=error)
    return settling.later(merged, now + backoff(merged.event.tries, 0.0, _chance()), waits_for)
