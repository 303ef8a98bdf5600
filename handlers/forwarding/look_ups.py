"""Finds the marketing events of those events that have no link yet, a few calls at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from handlers.forwarding.creations import Newcomer
from handlers.forwarding.faults import after_fault
from handlers.forwarding.flow import Flow
from handlers.forwarding.hand import Hand
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.merging import Merged
from handlers.forwarding.resolver import HubSpotUnavailable, Linked, Resolution
from handlers.forwarding.unresolved import Grace, decide
from handlers.inbox.queue import Link
from schemas.sources import Source

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class LookUps:
    """`resolve(external_id, source)` asks HubSpot; `create` takes what it lacks and shall make.

    What waits for its turn is in hand, and given back at a pause.
    """

    resolve: Callable[[str, Source], Resolution]
    create: Callable[[Newcomer], None]
    sources: Mapping[str, Source]
    grace: Grace
    hand: Hand
    jobs: Jobs
    flow: Flow
    clock: Callable[[], float]
    waiting: dict[int, tuple[Merged, Fields]] = field(default_factory=dict)

    def add(self, merged: Merged, fields: Fields) -> None:
        """Look it up when it is its turn; `fields` (flat) shall be sent then."""
        self.waiting[merged.event.id] = merged, fields

    def start(self, calls: int) -> None:
        """Begin up to so many calls."""
        for event in list(self.waiting)[: max(0, calls)]:
            merged, fields = self.waiting.pop(event)
            ask = partial(self.resolve, merged.event.external_id, self.sources[merged.event.source])
            then = partial(self._resolved, self.flow.round, merged, fields)
            self.jobs.start(Job(Kind.LOOK_UP, frozenset({event}), ask, then, partial(self._failed, merged)))

    def put_back(self) -> None:
        """Let go of all that waits for its turn."""
        self.hand.let_go(self.waiting)
        self.waiting.clear()

    def _resolved(self, begun_in: int, merged: Merged, fields: Fields, resolution: Resolution) -> None:
        if isinstance(resolution, HubSpotUnavailable):
            self.hand.let_go({merged.event.id})
            self.flow.failed(begun_in, resolution.pause)
            return
        self.flow.succeeded(begun_in)
        if isinstance(resolution, Linked):
            self.hand.make_ready(merged, Link(resolution.object_id, "hubspot"), fields)
            return
        source = self.sources[merged.event.source]
        decision = decide(merged, fields, resolution, source, self.grace, self.clock())
        if isinstance(decision, Newcomer):
            self.create(decision)
        else:
            self.hand.settle(decision)

    def _failed(self, merged: Merged, error: Exception) -> None:
        self.hand.settle(after_fault(merged, error, self.clock()))
