"""Lets HubSpot make marketing events, many in one call and one call at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from secrets import SystemRandom

import structlog

from handlers.forwarding import settling
from handlers.forwarding.batcher import batches
from handlers.forwarding.creations import Newcomer
from handlers.forwarding.flow import Flow
from handlers.forwarding.hand import Hand
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.waits import Pause, backoff

_chance = SystemRandom().random
_log = structlog.get_logger()


@dataclass
class Newcomers:
    """`create` makes them, and returns why sending must pause. What waits for its turn is in hand, and given back at a pause.

    `debounce` is how many seconds the first of them waits for others.
    """

    create: Callable[[Sequence[Newcomer]], Pause | None]
    debounce: float
    hand: Hand
    jobs: Jobs
    flow: Flow
    clock: Callable[[], float]
    waiting: dict[int, Newcomer] = field(default_factory=dict)
    _waits_until: float = 0.0

    def add(self, newcomer: Newcomer) -> None:
        """Make it when it is its turn."""
        if not self.waiting:
            self._waits_until = self.clock() + self.debounce
        self.waiting[newcomer.merged.event.id] = newcomer

    def start(self, *, more_to_come: bool) -> None:
        """Begin a call if none is under way: at once if it is full or there is no `more_to_come`, else after the wait."""
        size = self.flow.amount.inputs
        if not self.waiting or self.jobs.count(Kind.CREATION):
            return
        first = batches(list(self.waiting.values()), size, _external_id)[0]
        if len(first) < size and more_to_come and self.clock() < self._waits_until:
            return
        for one in first:
            del self.waiting[one.merged.event.id]
        begun_in, events = self.flow.round, _events(first)
        then, failed = partial(self._created, begun_in, first), partial(self._failed, first)
        self.jobs.start(Job(Kind.CREATION, events, partial(self.create, first), then, failed))

    def put_back(self) -> None:
        """Let go of all that waits for its turn."""
        self.hand.let_go(self.waiting)
        self.waiting.clear()

    def _created(self, begun_in: int, newcomers: Sequence[Newcomer], pause: Pause | None) -> None:
        """Another source's event of the same external id may be there now: it is looked up again."""
        made = {one.external_id for one in newcomers}
        twins = [event for event, one in self.waiting.items() if one.external_id in made]
        for event in twins:
            del self.waiting[event]
        self.hand.let_go({*twins, *_events(newcomers)})
        if pause:
            self.flow.failed(begun_in, pause)
        else:
            self.flow.succeeded(begun_in)

    def _failed(self, newcomers: Sequence[Newcomer], error: Exception) -> None:
        """It is not HubSpot that failed but something here: whether they were made is not known."""
        _log.error("a creation failed", action="worker.creation_failed", exc_info=error)
        now = self.clock()
        for one in newcomers:
            at = now + backoff(one.merged.event.tries, 0.0, _chance())
            self.hand.settle(settling.later(one.merged, at, settling.CREATING, now))


def _events(newcomers: Sequence[Newcomer]) -> frozenset[int]:
    return frozenset(one.merged.event.id for one in newcomers)


def _external_id(newcomer: Newcomer) -> str:
    return newcomer.external_id
