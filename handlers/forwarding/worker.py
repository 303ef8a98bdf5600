"""Drives the steps: takes changed events, asks, links, sends, and waits where HubSpot says so."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

import structlog

from handlers.errors import InboxUnavailable
from handlers.forwarding.allowance import UNLIMITED, Allowance
from handlers.forwarding.creating import Creator
from handlers.forwarding.delivery import Delivery
from handlers.forwarding.dispatch import Dispatch
from handlers.forwarding.flow import Amount, Flow
from handlers.forwarding.hand import Hand
from handlers.forwarding.held import Held
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.intake import Intake
from handlers.forwarding.jobs import Jobs, Kind
from handlers.forwarding.lanes import Lanes
from handlers.forwarding.look_ups import LookUps
from handlers.forwarding.newcomers import Newcomers
from handlers.forwarding.overtaken import Overtaken
from handlers.forwarding.pacer import Pacer
from handlers.forwarding.resolver import Resolution
from handlers.forwarding.unresolved import Grace
from handlers.inbox.clock import steady
from handlers.inbox.known import Hints
from handlers.inbox.lease import RENEW_SECONDS, LeadLost, Lease, term
from handlers.inbox.queue import Queue
from handlers.inbox.retention import purge
from handlers.inbox.writer import Writer
from handlers.platform import Platform
from schemas.sources import Source

POLL_SECONDS = 0.1
STAND_BY_SECONDS = 0.5
TAKE = 500
TAKE_LEAST = 3  # else the longest waiting and the newest could not both be taken
FINISH_SECONDS = 20.0
CALL_SECONDS = 30.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class Pace:
    """Batch size and calls in flight; seconds of debounce; the grace for HubSpot's index; seconds of keeping what is settled.

    `while_arriving` is how many events a second are enough while many notifications arrive.
    """

    batch_size: int
    concurrency: int
    debounce: float
    link_grace: Grace
    retention: float
    while_arriving: float = UNLIMITED


@dataclass
class Worker:
    """One of possibly many; only the one that holds the lease does anything.

    `resolve(external_id, source)` finds the marketing event. `pacer` is the one that all calls to HubSpot wait for.
    It looks for what is due every `poll_seconds`; at the end calls under way have `finish_seconds` to end. `chores` are
    called in each turn, while it leads: each is quick, or starts a job. `call_seconds` is how long one call and its
    settling take at most.
    """

    queue: Queue
    lease: Lease
    platforms: Mapping[str, Platform[Any]]
    sources: Mapping[str, Source]
    guests: Mapping[str, Guest]
    resolve: Callable[[str, Source], Resolution]
    delivery: Delivery
    creator: Creator
    pace: Pace
    clock: Callable[[], float] = time.time
    pacer: Pacer = field(default_factory=Pacer)
    poll_seconds: float = POLL_SECONDS
    finish_seconds: float = FINISH_SECONDS
    call_seconds: float = CALL_SECONDS
    chores: Sequence[Callable[[Jobs], None]] = ()
    _purge_at: float = 0.0
    _fence: int | None = None

    def __post_init__(self) -> None:
        """Make the parts that the steps share."""
        pace, clock = self.pace, self.clock
        lanes = {name: guest.lane for name, guest in self.guests.items()}
        self._lanes = Lanes(self.queue.database, self.lease, lanes, clock)
        self._held = Held(self.queue.database, self.lease, clock)
        at_once = {name: lane.at_once for name, lane in lanes.items()}
        self._hand, self._jobs = Hand(), Jobs(pace.concurrency, at_once, self.lease.is_safe)
        self._overtaken = Overtaken(self.queue.database, self.call_seconds)
        self._allowance = Allowance(self.queue.arrivals, pace.while_arriving)
        self._flow = Flow(self.queue.database, Amount(pace.batch_size, pace.concurrency), self.pacer, clock)
        shared = (self._hand, self._jobs, self._flow, clock)
        self._newcomers = Newcomers(self.creator.create, pace.debounce, *shared)
        self._look_ups = LookUps(self.resolve, self._newcomers.add, self.sources, pace.link_grace, *shared)
        self._dispatch = Dispatch(self.delivery, pace.debounce, *shared)
        steps = (self.queue, self.platforms, self.sources, self.guests, self._hand, self._jobs)
        hints = Hints(Writer(self.queue.database, self.queue.debounce))
        self._intake = Intake(*steps, hints, self._look_ups.add, clock, self._held)

    def run(self, stop: Flag) -> None:
        """Work until told to stop; then end what is under way and hand the lead over."""
        while not stop.is_set():
            stop.wait(self._guarded_turn())
        self._finish()

    def turn(self) -> float:
        """One round of everything; returns how many seconds to rest before the next."""
        if not self._leads():
            self._stand_by()
            return STAND_BY_SECONDS
        with term(self._fence):
            self._work()
        self._overtaken.tell()
        return 0.0 if self._jobs.count() else self.poll_seconds

    def _work(self) -> None:
        self._flow.look()
        self._lanes.turn()
        self._held.turn()
        if self._flow.is_open():
            self._take()
            if self._dispatch.free_calls() > 0:
                self._newcomers.start(more_to_come=self._more_to_come())
            self._dispatch.send(more_to_come=self._more_to_come())
            self._look_ups.start(self._dispatch.free_calls())
        else:
            self._hand.put_back_ready()
            self._look_ups.put_back()
            self._newcomers.put_back()
        for chore in self.chores:
            chore(self._jobs)
        self._collect(self.poll_seconds)
        self._flush()
        self._purge()

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
            self._forget()  # what was begun before may be another worker's by now
            self._flow.begin()
            self._lanes.begin()
            self._held.begin()
            self._fence = self.lease.fence
            _log.info("this worker leads", action="worker.leads", holder=self.lease.holder, fence=self._fence)
        return True

    def _stand_by(self) -> None:
        self._collect(0.0)
        self._forget()
        self._overtaken.tell()

    def _collect(self, seconds: float) -> None:
        try:
            self._hand.let_go(self._jobs.collect(seconds))
        finally:
            self._overtaken.note(self._jobs.overtakable)
            self._jobs.overtakable.clear()

    def _forget(self) -> None:
        """Let go of all but the calls under way."""
        self._look_ups.put_back()
        self._newcomers.put_back()
        self._hand.forget(but=self._jobs.events())

    def _take(self) -> None:
        """No more than can be sent soon: after a pause that is little. What waits for platforms is few by itself."""
        amount = self._flow.amount
        most = max(TAKE if amount == self._flow.most else 0, amount.inputs * amount.calls)
        room = min(most - len(self._hand.events - self._jobs.events(Kind.PLATFORM)), self._allowance.room())
        if room >= min(TAKE_LEAST, most):
            taken = self.queue.take(self.clock(), int(room), self._hand.events)
            waiting = self.queue.pending_of([changed.id for changed in taken]) if taken else {}
            self._allowance.spend(len(taken), sum(map(len, waiting.values())))
            for changed in taken:
                self.queue.stand_aside()
                self._intake.accept(changed, waiting.get(changed.id))

    def _more_to_come(self) -> bool:
        asked = self._look_ups.waiting or self._jobs.count(Kind.LOOK_UP, Kind.PLATFORM)
        return bool(asked or self._allowance.is_short)

    def _flush(self) -> None:
        if self._hand.settlements:
            self.delivery.write_down(self._hand.settlements)
            self._hand.let_go(settlement.event.id for settlement in self._hand.settlements)
            self._hand.settlements.clear()

    def _purge(self) -> None:
        if self.clock() >= self._purge_at:
            rest = purge(self.queue.database, self.clock() - self.pace.retention)
            self._purge_at = self.clock() + rest

    def _finish(self) -> None:
        try:
            with term(self._fence):
                self._end_calls()
                self._collect(0.0)
                self._flush()
            overtakable = self._jobs.count(Kind.UPDATE, Kind.CREATION)  # by the next one to lead
            if not overtakable:
                self.lease.release()
            self._overtaken.tell(at_once=True)
        except (LeadLost, InboxUnavailable) as error:
            _log.warning("stopped without settling", action="worker.stopped", detail=str(error))
        self._jobs.close()

    def _end_calls(self) -> None:
        """The lead is kept as long as that takes."""
        end = steady() + self.finish_seconds
        while not self._jobs.finish(max(0.0, min(RENEW_SECONDS, end - steady()))) and steady() < end:
            self.lease.hold()
