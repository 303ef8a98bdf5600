"""How much may go to HubSpot just now: nothing during a pause, one small batch after it, then more with each success."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import SystemRandom

import structlog

from handlers.forwarding.pacer import Pacer
from handlers.forwarding.waits import Pause, backoff
from handlers.inbox import pauses
from handlers.inbox.database import Database

PROBE = 5
LOOK_SECONDS = 0.5
_log = structlog.get_logger()


@dataclass(frozen=True)
class Amount:
    """How many inputs a call has, and how many calls are in flight, at most."""

    inputs: int
    calls: int

    def doubled(self, most: "Amount") -> "Amount":
        """Twice as much, but no more than `most`."""
        return Amount(min(2 * self.inputs, most.inputs), min(2 * self.calls, most.calls))


@dataclass
class Flow:
    """For the one thread of the worker. `most` is how much flows where nothing is amiss; `clock` tells Unix seconds.

    Each pause ends a round. What was begun in an earlier round says nothing about how HubSpot is now: its success lifts
    no pause, and its failure is the one that caused the pause already.
    """

    database: Database
    most: Amount
    pacer: Pacer
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = SystemRandom().random
    amount: Amount = field(init=False)
    round: int = 0
    _failures: int = 0
    _held: pauses.Pause | None = None
    _pause: pauses.Pause | None = None
    _braked: bool = False
    _looked_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Begin with the most."""
        self.amount = self.most

    def begin(self) -> None:
        """Take over what is kept, as of a worker that led before."""
        self._held, self._pause = pauses.get_pauses(self.database)
        self._failures, self.amount = 0, self.most
        if self._pause:
            self._failures = _failures_in(self.clock() - self._pause.since)
        if self._held or self._pause:
            self._narrow()

    def look(self) -> None:
        """Notice within a second what an operator stopped or resumed."""
        if abs(self.clock() - self._looked_at) < LOOK_SECONDS:
            return
        self._looked_at = self.clock()
        held, pause = pauses.get_pauses(self.database)
        resumed = (self._held and not held) or (self._pause and not pause)
        self._held, self._pause = held, pause
        if resumed:
            self._failures = 0
            self._narrow()
            _log.info("sending is resumed", action="sending.resumed")

    def is_open(self) -> bool:
        """Whether anything may be sent or asked now. The first call after a pause gets through to HubSpot, come what may."""
        waits = self._held is not None or (self._pause is not None and self.clock() < self._pause.until)
        if self._braked and not waits:
            self.pacer.release()
            self._braked = False
        return not waits

    def succeeded(self, begun_in: int) -> None:
        """A call that was begun in that round had an answer that says nothing against the next."""
        if begun_in != self.round:
            return
        if self._pause:
            self._pause = None
            pauses.lift_pause(self.database)
            _log.info("sending goes on", action="sending.resumed")
        self.amount = self.amount.doubled(self.most)
        if self.amount == self.most:
            self._failures = 0

    def failed(self, begun_in: int, pause: Pause) -> None:
        """A call that was begun in that round says that all must wait; never shorter than it says, nor than said before.

        Nothing is lost and nobody dies: what is not confirmed stays changed, and is taken again after the pause.
        """
        self._failures += begun_in == self.round
        moment = self.clock()
        seconds = backoff(self._failures, pause.at_least, self.chance())
        self._keep(pause, moment, moment + seconds, known=begun_in != self.round)
        self._narrow()
        _log.warning("sending pauses", action="sending.paused", reason=pause.reason, seconds=round(seconds, 1))

    def _keep(self, pause: Pause, moment: float, until: float, *, known: bool) -> None:
        before = self._pause
        if before:
            moment, until = before.since, max(until, before.until)
        reason, detail = (before.reason, before.detail) if before and known else (pause.reason, pause.detail or None)
        self._pause = pauses.Pause(reason, moment, until, detail)
        pauses.set_pause(self.database, self._pause)
        self.pacer.brake(until - self.clock())
        self._braked = True

    def _narrow(self) -> None:
        self.round += 1
        self.amount = Amount(min(PROBE, self.most.inputs), 1)


def _failures_in(seconds: float) -> int:
    """How many failures in a row it takes until the waits after them add up to so many seconds."""
    return (int(max(0.0, seconds)) + 2).bit_length() - 1
