"""The leading worker's own reconciliations: each source in its turn, one page at a time, beside everything else."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from secrets import SystemRandom
from typing import Any

import structlog

from handlers.errors import InboxUnavailable, InvalidNotification, LookUpFailed
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.reconciling import HOUR, WITHOUT_END, Reconciliation, Roll
from handlers.forwarding.trouble import TurnedAway
from handlers.inbox import reconciliations
from handlers.inbox.database import Database
from handlers.inbox.known import Hints
from handlers.inbox.reconciliations import ClaimLost

LOOK_SECONDS = 1.0
AT_ONCE = 2
FIRST_SECONDS = 60.0
SPREAD_SECONDS = 600.0
PUT_OFF_SECONDS = 60.0
LATE = 1.1
_log = structlog.get_logger()


@dataclass
class Reconciler:
    """For the one thread of a worker. A page a second at most, so that a list costs its platform little at any time.

    `rolls` are the sources that can be listed. What fails is put off, and goes on later where it was.
    """

    database: Database
    rolls: Mapping[str, Roll]
    hints: Hints
    holder: str
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = SystemRandom().random
    _look_at: float = float("-inf")
    _busy: set[str] = field(default_factory=set)

    def __call__(self, jobs: Jobs) -> None:
        """While leading, each turn: begin what is due. Raises `InboxUnavailable`."""
        moment = self.clock()
        if moment < self._look_at:
            return
        self._look_at = moment + LOOK_SECONDS
        kept = reconciliations.rows(self.database)
        reconciliations.schedule(self.database, self._firsts(kept, moment))
        for name in sorted(kept, key=lambda source: kept[source].next_at):
            if len(self._busy) < AT_ONCE and self._is_due(kept[name], moment):
                self._busy.add(name)
                call = partial(self._step, name)
                jobs.start(Job(Kind.PLATFORM, frozenset(), call, _nothing, partial(_failed, name), name))

    def _firsts(self, kept: Mapping[str, Any], moment: float) -> dict[str, float]:
        """Sources seen for the first time do not begin all at once."""
        spread = partial(first_run, moment=moment, chance=self.chance)
        return {name: spread(name) for name, roll in self.rolls.items() if name not in kept and _is_wanted(roll)}

    def _is_due(self, row: Any, moment: float) -> bool:
        """A period that was shortened in the settings counts from the last run."""
        roll = self.rolls.get(row.source)
        if roll is None or not _is_wanted(roll) or row.claimed or row.source in self._busy:
            return False
        due_at = row.next_at
        if row.begun_at is None and row.last_finished is not None and row.fault is None:
            due_at = min(due_at, row.last_finished + LATE * roll.source.reconcile_hours * HOUR)
        return bool(due_at <= moment) and roll.guest.lane.is_open()

    def _step(self, name: str) -> None:
        """One page, in a thread of its own; between pages anybody may have the turn."""
        try:
            run = reconciliations.claim(self.database, name, self.holder, self.clock())
            if run is not None:
                self._go_on(name, run)
        except ClaimLost:
            _log.info("another process compares it", action="reconciliation.claim_lost", source=name)
        finally:
            self._busy.discard(name)

    def _go_on(self, name: str, run: reconciliations.Run) -> None:
        steps = Reconciliation(self.database, self.rolls[name], self.hints, self.holder, self.clock, self.chance)
        try:
            steps.step(run)
        except (ClaimLost, InboxUnavailable):
            raise
        except TurnedAway:  # nothing was asked: it goes on as soon as the platform may be asked
            reconciliations.release(self.database, name, self.holder)
        except Exception as error:  # noqa: BLE001 - one source's fault must not hold up another
            wait = min(HOUR, PUT_OFF_SECONDS * 2.0 ** min(run.tries, 10)) * (1 + self.chance() / 4)
            put_off(self.database, name, self.holder, error, self.clock() + wait)
        else:
            reconciliations.release(self.database, name, self.holder)


def first_run(source: str, moment: float, chance: Callable[[], float]) -> float:
    """When (Unix seconds) a source first seen at `moment` begins: soon, by its name and a little chance."""
    share = int.from_bytes(blake2b(source.encode(), digest_size=4).digest()) / 2**32
    return moment + FIRST_SECONDS * (1 + chance()) + SPREAD_SECONDS * share


def put_off(database: Database, source: str, holder: str, error: Exception, next_at: float) -> None:
    """Go on later where the platform gave no answer. Where its answer makes no sense the place may be at fault: begin anew.

    Raises `ClaimLost`, `InboxUnavailable`.
    """
    fault = fault_of(error)
    if fault == "internal_error":
        _log.error("a reconciliation failed", action="reconciliation.failed", source=source, exc_info=error)
    _log.warning("a reconciliation is put off", action="reconciliation.put_off", source=source, reason=fault)
    afresh = not isinstance(error, LookUpFailed) or error.reason == WITHOUT_END
    reconciliations.put_off(database, source, holder, fault, next_at, afresh=afresh)


def fault_of(error: Exception) -> str:
    """The reason in one word."""
    if isinstance(error, LookUpFailed):
        return error.reason
    return "platform_unreadable" if isinstance(error, InvalidNotification) else "internal_error"


def _is_wanted(roll: Roll) -> bool:
    return roll.source.reconcile_hours > 0


def _nothing(_result: object) -> None:
    """All is written down by the call itself."""


def _failed(name: str, error: Exception) -> None:
    _log.error("a reconciliation failed", action="reconciliation.failed", source=name, exc_info=error)
