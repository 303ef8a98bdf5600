"""What the worker has in hand: by memory alone, since after a crash the inbox still knows that these events changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.forwarding.merging import Merged
from handlers.forwarding.preparing import Parcel
from handlers.inbox.queue import Link, Settlement


@dataclass
class Hand:
    """`events` that were taken, parcels `ready` to be sent by event, and `settlements` to be written down."""

    events: set[int] = field(default_factory=set)
    ready: dict[int, Parcel] = field(default_factory=dict)
    settlements: list[Settlement] = field(default_factory=list)

    def settle(self, settlement: Settlement) -> None:
        """To be written down; it stays in hand until it is."""
        self.settlements.append(settlement)

    def make_ready(self, merged: Merged, link: Link, fields: Mapping[str, Any]) -> None:
        """To be sent."""
        self.ready[merged.event.id] = Parcel(merged, link, fields)

    def let_go(self, events: Iterable[int]) -> None:
        """They are settled, or taken again later."""
        self.events.difference_update(events)

    def put_back_ready(self) -> None:
        """Let go of all that is ready: by the time it can be sent it may have changed."""
        self.let_go(self.ready)
        self.ready.clear()

    def forget(self, but: Iterable[int]) -> None:
        """Let go of all `but` some events."""
        self.ready.clear()
        self.settlements.clear()
        self.events = set(but)
