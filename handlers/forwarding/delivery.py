"""Sends parcels in one batch and writes down each answer as soon as it is there."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import SystemRandom, token_hex
from typing import Any

import structlog

from handlers.forwarding import settling
from handlers.forwarding.attempts import attempt_of
from handlers.forwarding.blame import NOT_THERE
from handlers.forwarding.forwarder import Forwarder, Sent
from handlers.forwarding.merging import nest
from handlers.forwarding.preparing import Parcel
from handlers.forwarding.settled import log_settled
from handlers.forwarding.unanswered import Unanswered
from handlers.forwarding.unresolved import Grace, deleted
from handlers.forwarding.verdict import Pause, Rejection, Split
from handlers.inbox.queue import Attempt, Queue, Settlement
from handlers.metrics import Metrics
from handlers.tracing import Around, untraced
from schemas.hubspot import to_input

SERVER_ERROR = 500
AGAIN_SECONDS = 10.0
AGAIN_MOST_SECONDS = 900.0
_chance = SystemRandom().random
_log = structlog.get_logger()


@dataclass
class Delivery:
    """The last leg: `queue` hears of doubt before a call and of the outcome after it."""

    queue: Queue
    forwarder: Forwarder
    metrics: Metrics
    grace: Grace
    clock: Callable[[], float] = time.time
    around: Around = untraced

    def __post_init__(self) -> None:
        """Remember, for as long as it matters, which calls had no answer."""
        self._unanswered = Unanswered(self.clock)

    def deliver(self, parcels: Sequence[Parcel]) -> Pause | None:
        """Send a batch, one parcel per marketing event; returns why sending must pause, if it must. Raises `LeadLost`."""
        open_parcels = self._announce(parcels)
        with self.around("hubspot.batch_update", _notifications(parcels)):
            return self._send(open_parcels)

    def _send(self, open_parcels: dict[str, Parcel]) -> Pause | None:
        inputs = [to_input(object_id, nest(parcel.fields)) for object_id, parcel in open_parcels.items()]
        for sent in self.forwarder.send(inputs, token_hex(8)) if inputs else ():
            self._settle(sent, open_parcels)
            if isinstance(sent.verdict.then, Pause):
                self._after_pause(sent, open_parcels)
                return sent.verdict.then
        if open_parcels:
            self.write_down([self._again(parcel, "unconfirmed") for parcel in open_parcels.values()])
        return None

    def _announce(self, parcels: Sequence[Parcel]) -> dict[str, Parcel]:
        """What HubSpot confirmed of these fields counts no more; a marketing event that is taken is not touched."""
        new = {p.merged.event.id: p.link for p in parcels if p.merged.event.link is None}
        refused = self.queue.doubt(new, {p.merged.event.id: set(p.fields) for p in parcels})
        taken = [p for p in parcels if p.merged.event.id in refused]
        if taken:
            self.write_down(
                [settling.dead(p.merged, "linked_elsewhere", {"objectId": p.link.object_id}) for p in taken]
            )
        return {p.link.object_id: p for p in parcels if p.merged.event.id not in refused}

    def _settle(self, sent: Sent, open_parcels: dict[str, Parcel]) -> None:
        if not isinstance(sent.verdict.then, Split):
            for object_id in sent.verdict.unsure - sent.verdict.not_now:
                self._unanswered.note(object_id, open_parcels[object_id].fields)
        told = {object_id: _told(open_parcels[object_id]) for object_id in _named(sent)}
        unseen = sent.verdict.unseen
        settlements = [
            self._sent(open_parcels.pop(object_id), unseen.get(object_id, ())) for object_id in sent.verdict.confirmed
        ]
        settlements += [
            self._dead(open_parcels.pop(object_id), why) for object_id, why in sent.verdict.rejected.items()
        ]
        self.write_down(settlements, attempt_of(sent, self.clock(), told))

    def _sent(self, parcel: Parcel, unseen: Collection[str]) -> Settlement:
        """A field that a call before may yet overwrite is sent once more when that can be no longer."""
        contested, until = self._unanswered.contested(parcel.link.object_id, parcel.fields)
        sure = {name: value for name, value in parcel.fields.items() if name not in contested}
        settlement = settling.sent(parcel.merged, sure, unseen)
        return replace(settlement, retry_at=until, waits_for="late_answer") if contested else settlement

    def _dead(self, parcel: Parcel, why: Rejection) -> Settlement:
        if why.category == NOT_THERE:
            return deleted(parcel.merged, parcel.link, vars(why), self.grace, self.clock())
        return settling.dead(parcel.merged, "rejected_by_hubspot", vars(why))

    def _after_pause(self, sent: Sent, open_parcels: Mapping[str, Parcel]) -> None:
        """A 500 may be HubSpot's own fault about one of these inputs, so that the next call is to be about others.

        Those that meet it again and again come back one after the other, so that the guilty one ends up alone.
        """
        if sent.reply.status == SERVER_ERROR:
            parcels = [open_parcels[entry["objectId"]] for entry in sent.inputs]
            turns = [1 + place if parcel.merged.event.tries else 1 for place, parcel in enumerate(parcels)]
            again = [self._again(parcel, "unavailable", turn) for parcel, turn in zip(parcels, turns, strict=True)]
            self.write_down(again)

    def _again(self, parcel: Parcel, waits_for: str, turns: int = 1) -> Settlement:
        """The same values are sent again, less and less often."""
        return settling.later(parcel.merged, self.clock() + _patience(parcel.merged.event.tries, turns), waits_for)

    def write_down(self, settlements: Sequence[Settlement], attempt: Attempt | None = None) -> None:
        """Settle, and count and log what was settled."""
        moment = self.clock()
        self.queue.settle(settlements, moment, attempt)
        log_settled(settlements, attempt.batch if attempt else None)
        for settlement in settlements:
            self._count(settlement, moment)

    def _count(self, settlement: Settlement, moment: float) -> None:
        source = settlement.event.source
        for outcome in settlement.outcomes:
            self.metrics.settled.labels(source, outcome.outcome).inc()
            if outcome.outcome == "sent":
                self.metrics.freshness.labels(source).observe(max(0.0, moment - outcome.received_at))
            if outcome.outcome == "dead" or outcome.reason == settling.UNSEEN:
                _log.warning(
                    "something is amiss with a notification",
                    action=f"notification.{outcome.outcome}",
                    source=source,
                    about=settlement.event.external_id,
                    notification=str(outcome.notification),
                    reason=outcome.reason,
                )


def _named(sent: Sent) -> Iterable[str]:
    return (str(entry["objectId"]) for entry in sent.inputs)


def _told(parcel: Parcel) -> tuple[int, Mapping[str, Any]]:
    return parcel.merged.event.id, parcel.fields


def _notifications(parcels: Sequence[Parcel]) -> Iterable[int]:
    return (seen.id for parcel in parcels for seen in parcel.merged.all_valid())


def _patience(tries: int, turns: int) -> float:
    grown = min(AGAIN_MOST_SECONDS, turns * AGAIN_SECONDS * 2.0 ** min(tries, 10))
    return grown * (1 + _chance() / 2)  # else two may come back together for ever
