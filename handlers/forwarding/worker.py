"""Drives the steps: takes changed events, asks, links, sends, and waits where HubSpot says so."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from secrets import SystemRandom
from threading import Event as Flag
from typing import Any

import structlog

from handlers.errors import InboxUnavailable, InvalidNotification, LookUpFailed
from handlers.forwarding import settling
from handlers.forwarding.batcher import batches
from handlers.forwarding.delivery import Delivery
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.merging import Merged
from handlers.forwarding.preparing import Parcel, compare, merge, take_in
from handlers.forwarding.resolver import Ambiguous, HubSpotUnavailable, Linked, NotInHubSpot, Resolution
from handlers.forwarding.verdict import Pause, backoff
from handlers.inbox import pauses
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.queue import Changed, Link, Pending, Queue, Settlement
from handlers.inbox.retention import purge_step
from handlers.platform import Found, Gone, Platform, Skipped
from schemas.sources import Source

POLL_SECONDS = 0.1
STAND_BY_SECONDS = 0.5
TAKE = 500
PROBE = 10
PURGE_SECONDS = 60.0
PLATFORM_CALLS = 8
MISSING_SECONDS = 10.0
MISSING_MOST_SECONDS = 120.0
FINISH_SECONDS = 20.0
_chance = SystemRandom().random
_log = structlog.get_logger()


@dataclass(frozen=True)
class Pace:
    """Batch size and calls in flight; seconds of debounce, of grace for HubSpot's index, and of keeping what is settled."""

    batch_size: int
    concurrency: int
    debounce: float
    link_grace: float
    retention: float


@dataclass(frozen=True)
class _Job:
    """A call under way for some events, and what to do with its result."""

    events: frozenset[int]
    then: Callable[[Any], None]
    failed: Callable[[Exception], None]


@dataclass
class Worker:
    """One of possibly many; only the one that holds the lease does anything.

    `resolve(external_id, account_id)` finds the marketing event. What is in hand is known by memory alone: after a
    crash the events are still marked as changed, and everything is done again.
    """

    queue: Queue
    lease: Lease
    platforms: Mapping[str, Platform[Any]]
    sources: Mapping[str, Source]
    guests: Mapping[str, Guest]
    resolve: Callable[[str, str | None], Resolution]
    delivery: Delivery
    pace: Pace
    clock: Callable[[], float] = time.time
    _in_hand: set[int] = field(default_factory=set)
    _ready: dict[int, Parcel] = field(default_factory=dict)
    _running: dict[Future[Any], _Job] = field(default_factory=dict)
    _settlements: list[Settlement] = field(default_factory=list)
    _partial_at: float = 0.0
    _purge_at: float = 0.0
    _failures: int = 0
    _pause: pauses.Pause | None = None
    _fence: int | None = None

    def __post_init__(self) -> None:
        """Two pools, so that a slow platform does not hold up HubSpot."""
        self._platform_calls = ThreadPoolExecutor(PLATFORM_CALLS, "platform")
        self._hubspot_calls = ThreadPoolExecutor(self.pace.concurrency, "hubspot")

    def run(self, stop: Flag) -> None:
        """Work until told to stop; then end what is under way and hand the lead over."""
        while not stop.is_set():
            stop.wait(self._guarded_turn())
        self._finish()

    def turn(self) -> float:
        """One round of everything; returns how many seconds to rest before the next."""
        if not self._leads():
            self._forget()
            return STAND_BY_SECONDS
        if not self._is_paused():
            self._take()
            self._send()
        self._collect()
        self._flush()
        self._purge()
        return 0.0 if self._running else POLL_SECONDS

    def _guarded_turn(self) -> float:
        try:
            return self.turn()
        except LeadLost:
            _log.warning("another worker leads", action="worker.lead_lost")
        except InboxUnavailable as error:
            _log.error("the inbox cannot be used", action="worker.inbox_unavailable", detail=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the next turn starts afresh from the inbox
            _log.exception("a turn failed", action="worker.turn_failed")
        self._forget()
        return STAND_BY_SECONDS

    def _leads(self) -> bool:
        if not self.lease.hold():
            return False
        if self._fence != self.lease.fence:
            self._fence = self.lease.fence
            self._pause = pauses.get_pause(self.queue.database)
            _log.info("this worker leads", action="worker.leads", holder=self.lease.holder, fence=self._fence)
        return True

    def _forget(self) -> None:
        """Let go of all but the calls under way: the inbox still knows that these events changed."""
        self._ready.clear()
        self._settlements.clear()
        self._in_hand = {event for job in self._running.values() for event in job.events}

    # The steps, in the order in which an event takes them.

    def _take(self) -> None:
        room = (PROBE if self._failures else TAKE) - len(self._in_hand)
        for changed in self.queue.take(self.clock(), room, self._in_hand) if room > 0 else ():
            self._in_hand.add(changed.id)
            self._merge(changed)

    def _merge(self, changed: Changed) -> None:
        source = self.sources.get(changed.source)
        if source is None:
            hour = self.clock() + 3600
            self._settle(settling.later(Merged(changed, changed.state), hour, "source_not_configured"))
            return
        merged = merge(changed, self._pending(changed.id), self.platforms[source.platform], source)
        guest = self.guests.get(changed.source)
        if merged.newest is None and merged.invalid:
            self._settle(settling.unchanged(merged))
        elif guest:
            since = max((seen.received_at for seen in merged.all_valid()), default=self.clock())
            ask = partial(guest.look_up, changed.external_id, since)
            self._start(self._platform_calls, merged, ask, partial(self._looked_up, merged))
        else:
            self._compare(merged)

    def _pending(self, event_id: int) -> Iterator[list[Pending]]:
        """A long line of notifications must not cost the lead."""
        for chunk in self.queue.pending(event_id):
            self.lease.hold()
            yield chunk

    def _looked_up(self, merged: Merged, found: Found | Gone | Skipped) -> None:
        settlement = take_in(merged, found, self.sources[merged.event.source])
        if settlement:
            self._settle(settlement)
        else:
            self._compare(merged)

    def _compare(self, merged: Merged) -> None:
        result = compare(merged, self.sources[merged.event.source])
        if isinstance(result, Settlement):
            self._settle(result)
        elif merged.event.link:
            self._ready[merged.event.id] = Parcel(merged, merged.event.link, result)
        elif merged.object_id:
            self._ready[merged.event.id] = Parcel(merged, Link(merged.object_id, "notification"), result)
        else:
            ask = partial(self.resolve, merged.event.external_id, self.sources[merged.event.source].account_id)
            self._start(self._hubspot_calls, merged, ask, partial(self._resolved, merged, result))

    def _resolved(self, merged: Merged, fields: Mapping[str, Any], resolution: Resolution) -> None:
        match resolution:
            case Linked(object_id):
                self._ready[merged.event.id] = Parcel(merged, Link(object_id, "hubspot"), fields)
            case Ambiguous(object_ids):
                self._settle(settling.dead(merged, "ambiguous", {"objectIds": list(object_ids)}))
            case NotInHubSpot():
                self._settle(self._missing(merged))
            case HubSpotUnavailable(pause):
                self._in_hand.discard(merged.event.id)
                self._stop_sending(pause)

    def _missing(self, merged: Merged) -> Settlement:
        """HubSpot's index lags by minutes, so an event it does not know yet is looked up again for a while."""
        since = merged.event.missing_since or self.clock()
        if merged.gone:
            return settling.unchanged(merged, "deleted")
        if self.clock() - since >= self.pace.link_grace:
            return settling.dead(merged, "not_in_hubspot")
        again = self.clock() + min(MISSING_MOST_SECONDS, MISSING_SECONDS * 2.0**merged.event.tries)
        return settling.later(merged, min(again, since + self.pace.link_grace), "not_in_hubspot", since)

    def _send(self) -> None:
        """Full batches leave at once, a smaller one once in each debounce window."""
        for parcels in batches(list(self._ready.values()), self.pace.batch_size, _object_id):
            full = len(parcels) >= self.pace.batch_size
            if self._sending() >= self.pace.concurrency or not (full or self._may_send_partial()):
                return
            self._partial_at = self._partial_at if full else self.clock() + self.pace.debounce
            self._deliver(parcels)

    def _may_send_partial(self) -> bool:
        """Not before the window opens, and then while others are still being looked up only after another window."""
        on_their_way = len(self._running) > self._sending()
        return self.clock() >= self._partial_at + (self.pace.debounce if on_their_way else 0.0)

    def _deliver(self, parcels: Sequence[Parcel]) -> None:
        events = frozenset(parcel.merged.event.id for parcel in parcels)
        for event in events:
            del self._ready[event]
        job = _Job(events, partial(self._delivered, events), self._delivery_failed)
        self._running[self._hubspot_calls.submit(self.delivery.deliver, parcels)] = job

    def _delivered(self, events: frozenset[int], pause: Pause | None) -> None:
        self._in_hand -= events
        if pause:
            self._stop_sending(pause)
        elif self._failures or self._pause:
            self._failures, self._pause = 0, None
            pauses.lift_pause(self.queue.database)
            _log.info("sending goes on", action="sending.resumed")

    # What the steps lean on.

    def _start(
        self, pool: ThreadPoolExecutor, merged: Merged, ask: Callable[[], Any], then: Callable[[Any], None]
    ) -> None:
        job = _Job(frozenset({merged.event.id}), then, partial(self._look_up_failed, merged))
        self._running[pool.submit(ask)] = job

    def _collect(self) -> None:
        done, _ = wait(self._running, POLL_SECONDS, FIRST_COMPLETED)
        for future in done:
            job = self._running.pop(future)
            try:
                job.then(future.result())
            except (LeadLost, InboxUnavailable):
                self._in_hand -= job.events
                raise
            except Exception as error:  # noqa: BLE001 - one event's fault must not hold up another
                job.failed(error)

    def _look_up_failed(self, merged: Merged, error: Exception) -> None:
        if isinstance(error, InvalidNotification):
            self._settle(settling.dead(merged, settling.INVALID, error.errors))
            return
        waits_for = error.reason if isinstance(error, LookUpFailed) else "internal_error"
        if waits_for == "internal_error":
            _log.error("an event failed", action="worker.event_failed", about=merged.event.external_id, exc_info=error)
        self._settle(settling.later(merged, self.clock() + backoff(merged.event.tries, 0.0, _chance()), waits_for))

    def _delivery_failed(self, error: Exception) -> None:
        _log.error("a delivery failed", action="worker.delivery_failed", exc_info=error)
        self._forget()
        self._stop_sending(Pause("internal_error", 10.0))

    def _stop_sending(self, pause: Pause) -> None:
        """Nothing is lost and nobody dies: what is not confirmed stays changed, and is taken again after the pause."""
        self._failures += 1
        moment = self.clock()
        until = moment + backoff(self._failures, pause.at_least, _chance())
        since = self._pause.since if self._pause else moment
        self._pause = pauses.Pause(pause.reason, since, max(until, self._pause.until if self._pause else 0.0))
        pauses.set_pause(self.queue.database, self._pause)
        _log.warning("sending pauses", action="sending.paused", reason=pause.reason, seconds=round(until - moment, 1))
        self._forget_ready()

    def _forget_ready(self) -> None:
        self._in_hand -= set(self._ready)
        self._ready.clear()

    def _is_paused(self) -> bool:
        return self._pause is not None and self.clock() < self._pause.until

    def _sending(self) -> int:
        return sum(job.failed == self._delivery_failed for job in self._running.values())

    def _settle(self, settlement: Settlement) -> None:
        self._settlements.append(settlement)

    def _flush(self) -> None:
        if self._settlements:
            self.delivery.write_down(self._settlements)
            self._in_hand -= {settlement.event.id for settlement in self._settlements}
            self._settlements.clear()

    def _purge(self) -> None:
        if self.clock() >= self._purge_at:
            gone = purge_step(self.queue.database, self.clock() - self.pace.retention)
            self._purge_at = self.clock() + (1.0 if gone else PURGE_SECONDS)

    def _finish(self) -> None:
        wait(self._running, FINISH_SECONDS)
        try:
            self._collect()
            self._flush()
            self.lease.release()
        except (LeadLost, InboxUnavailable) as error:
            _log.warning("stopped without settling", action="worker.stopped", detail=str(error))
        for pool in (self._platform_calls, self._hubspot_calls):
            pool.shutdown(wait=False, cancel_futures=True)


def _object_id(parcel: Parcel) -> str:
    return parcel.link.object_id
