"""The first steps of a changed event: merged with what waits, asked for at its platform, compared with what HubSpot has."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from handlers.errors import InboxUnavailable
from handlers.forwarding import settling
from handlers.forwarding.faults import after_fault
from handlers.forwarding.hand import Hand
from handlers.forwarding.held import AGAIN_SECONDS, HELD
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.lane import Lane
from handlers.forwarding.merging import Merged
from handlers.forwarding.missing import is_in, listed_as, missing
from handlers.forwarding.preparing import compare, merge, take_in
from handlers.forwarding.trouble import TurnedAway
from handlers.inbox.known import Hints, Known, known
from handlers.inbox.lease import LeadLost
from handlers.inbox.queue import Changed, Link, Pending, Queue, Settlement
from handlers.platform import Found, Gone, Platform, Remaining, Skipped
from schemas.sources import Source

HOUR = 3600.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class Intake:
    """Each event ends up settled, ready, or without a link: then `look_up(merged, fields)` is told, fields flat.

    Those of the sources that are `held` are put off.
    """

    queue: Queue
    platforms: Mapping[str, Platform[Any]]
    sources: Mapping[str, Source]
    guests: Mapping[str, Guest]
    hand: Hand
    jobs: Jobs
    hints: Hints
    look_up: Callable[[Merged, Mapping[str, Any]], None]
    clock: Callable[[], float]
    held: Container[str] = ()

    def accept(self, changed: Changed, waiting: list[Pending] | None = None) -> None:
        """Take one changed event in hand, with all its `waiting` notifications; without them they are read here.

        Raises `LeadLost`, `InboxUnavailable`.
        """
        self.hand.events.add(changed.id)
        try:
            self._merge(changed, waiting)
        except (LeadLost, InboxUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - one event's fault must not hold up another
            self._failed(Merged(changed, changed.state), error)

    def _merge(self, changed: Changed, waiting: list[Pending] | None) -> None:
        source = self.sources.get(changed.source)
        if source is None:
            unmerged = Merged(changed, changed.state)
            self.hand.settle(settling.later(unmerged, self.clock() + HOUR, "source_not_configured"))
            return
        if changed.source in self.held:
            self.hand.settle(settling.put_off(Merged(changed, changed.state), self.clock() + AGAIN_SECONDS, HELD))
            return
        merged = merge(
            changed,
            self._pending(changed.id) if waiting is None else [waiting],
            self.platforms[source.platform],
            source,
        )
        guest = self.guests.get(changed.source)
        if merged.newest is None and merged.invalid:
            self.hand.settle(settling.unchanged(merged))
        elif guest and (merged.asks or merged.newest is None):
            self._ask(merged, guest)
        else:
            self._compare(merged)

    def _pending(self, event_id: int) -> Iterator[list[Pending]]:
        """A long line of notifications must not cost the lead."""
        for chunk in self.queue.pending(event_id):
            self.queue.lease.hold()
            yield chunk

    def _ask(self, merged: Merged, guest: Guest) -> None:
        source = merged.event.source
        if not guest.lane.has_room(self.jobs.count_of(source), merged.event.waits_for):
            self._put_off(merged, guest.lane)
            return
        since = max((seen.received_at for seen in merged.all_valid()), default=self.clock())
        ask = partial(guest.look_up, merged.event.external_id, since)
        then, failed = partial(self._looked_up, merged), partial(self._not_told, merged, guest.lane)
        self.jobs.start(Job(Kind.PLATFORM, frozenset({merged.event.id}), ask, then, failed, source))

    def _put_off(self, merged: Merged, lane: Lane) -> None:
        self.hand.settle(settling.put_off(merged, *lane.next_slot()))

    def _looked_up(self, merged: Merged, found: Found | Gone | Skipped | Remaining) -> None:
        if isinstance(found, Remaining):
            self.hand.settle(settling.unchanged(merged, self._hint(merged.event, found)))
            return
        source = self.sources[merged.event.source]
        settlement = take_in(merged, found, self.platforms[source.platform], source)
        if settlement:
            self.hand.settle(settlement)
        else:
            self._compare(merged)

    def _hint(self, event: Changed, found: Remaining) -> str:
        """Let what the list lacks be looked up one by one, unless that is too much to be true; returns what was done."""
        lacks = partial(is_in, found.events), partial(listed_as, found.prefix)
        gone = missing(self._known(event, found.prefix), *lacks)
        about = {"source": event.source, "about": event.external_id, "missing": len(gone.events), "known": gone.known}
        if gone.is_doubtful:
            _log.warning("a platform's list lacks too much to be believed", action="list.doubted", **about)
            return "list_doubted"
        self.hints.add(event.source, gone.events, self.clock())
        _log.info("a platform's list was compared", action="list.compared", **about)
        return "list_compared"

    def _known(self, event: Changed, prefix: str) -> Iterator[Known]:
        """All but what stands for the list itself."""
        for chunk in known(self.queue.database, event.source, prefix):
            self.queue.lease.hold()
            yield from (one for one in chunk if one.event != event.external_id)

    def _not_told(self, merged: Merged, lane: Lane, error: Exception) -> None:
        """What the platform failed at comes after others, so that the next call to see whether it is back is about them."""
        if isinstance(error, TurnedAway):
            self._put_off(merged, lane)
        else:
            self.hand.settle(after_fault(merged, error, lane.breaker.opens_at()))

    def _failed(self, merged: Merged, error: Exception) -> None:
        self.hand.settle(after_fault(merged, error, self.clock()))

    def _compare(self, merged: Merged) -> None:
        result = compare(merged, self.sources[merged.event.source])
        if isinstance(result, Settlement):
            self.hand.settle(result)
        elif merged.event.link:
            self.hand.make_ready(merged, merged.event.link, result)
        elif merged.object_id:
            self.hand.make_ready(merged, Link(merged.object_id, "notification"), result)
        else:
            self.look_up(merged, result)
