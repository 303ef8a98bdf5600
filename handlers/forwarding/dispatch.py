"""Sends what is ready, in batches and as many at a time as may flow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import SystemRandom

import structlog

from handlers.forwarding import settling
from handlers.forwarding.batcher import batches
from handlers.forwarding.delivery import Delivery
from handlers.forwarding.flow import Flow
from handlers.forwarding.hand import Hand
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.preparing import Parcel
from handlers.forwarding.waits import Pause, backoff

_chance = SystemRandom().random
_log = structlog.get_logger()


@dataclass
class Dispatch:
    """`debounce` is the seconds in which at most one batch leaves that is not full."""

    delivery: Delivery
    debounce: float
    hand: Hand
    jobs: Jobs
    flow: Flow
    clock: Callable[[], float]
    _partial_at: float = 0.0

    def send(self, *, more_to_come: bool) -> None:
        """Full batches leave at once, a smaller one once in each window, and later if there is `more_to_come`."""
        size = self.flow.amount.inputs
        for parcels in batches(list(self.hand.ready.values()), size, _object_id):
            full = len(parcels) >= size
            if self.free_calls() <= 0 or not (full or self._may_send_partial(more_to_come=more_to_come)):
                return
            self._partial_at = self._partial_at if full else self.clock() + self.debounce
            self._start(parcels)

    def free_calls(self) -> int:
        """How many more calls of HubSpot may be begun."""
        return self.flow.amount.calls - self.jobs.count(Kind.LOOK_UP, Kind.UPDATE, Kind.CREATION)

    def _may_send_partial(self, *, more_to_come: bool) -> bool:
        return self.clock() >= self._partial_at + (self.debounce if more_to_come else 0.0)

    def _start(self, parcels: Sequence[Parcel]) -> None:
        events = frozenset(parcel.merged.event.id for parcel in parcels)
        for event in events:
            del self.hand.ready[event]
        call = partial(self.delivery.deliver, parcels)
        then = partial(self._delivered, self.flow.round, events)
        self.jobs.start(Job(Kind.UPDATE, events, call, then, partial(self._failed, parcels)))

    def _delivered(self, begun_in: int, events: frozenset[int], pause: Pause | None) -> None:
        self.hand.let_go(events)
        if pause:
            self.flow.failed(begun_in, pause)
        else:
            self.flow.succeeded(begun_in)

    def _failed(self, parcels: Sequence[Parcel], error: Exception) -> None:
        """It is not HubSpot that failed but something here about these events: they come later, and others do not wait."""
        _log.error("a delivery failed", action="worker.delivery_failed", exc_info=error)
        for parcel in parcels:
            at = self.clock() + backoff(parcel.merged.event.tries, 0.0, _chance())
            self.hand.settle(settling.later(parcel.merged, at, "internal_error"))


def _object_id(parcel: Parcel) -> str:
    return parcel.link.object_id
