"""Makes marketing events: the only place that calls events/upsert, which creates without a word what is not there.

Before each call the inbox hears that these events may come into being; until HubSpot's word on one is clear it is looked
up again for the whole grace before anything is created. HubSpot has no idempotency key that could take the place of it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from secrets import token_hex

from handlers.forwarding import settling
from handlers.forwarding.attempts import attempt_of
from handlers.forwarding.creations import Made, Newcomer, judge_creation
from handlers.forwarding.forwarder import Sent, record
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.isolating import Isolation
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.pacer import Withdrawn
from handlers.forwarding.verdict import Verdict
from handlers.forwarding.waits import Pause, changed_nothing
from handlers.inbox.queue import Attempt, Link, Queue, Settlement
from handlers.metrics import Metrics
from handlers.tracing import Around, untraced

DOUBT_SECONDS = 10.0


@dataclass(frozen=True)
class Creator:
    """`may_send` is asked before each call; `write_down` settles, counts and logs."""

    queue: Queue
    hubspot: HubSpot
    may_send: Callable[[], bool]
    write_down: Callable[[Sequence[Settlement], Attempt | None], None]
    zone: tzinfo
    metrics: Metrics
    clock: Callable[[], float] = time.time
    around: Around = untraced

    def create(self, newcomers: Sequence[Newcomer]) -> Pause | None:
        """Make them, no two of one external id; returns why sending must pause, if it must. Raises `LeadLost`."""
        batch = token_hex(8)
        for lot in _lots(newcomers):
            with self.around("hubspot.upsert", (seen.id for one in lot for seen in one.merged.all_valid())):
                if pause := self._create_lot(lot, batch):
                    return pause
        return None

    def _create_lot(self, lot: Sequence[Newcomer], batch: str) -> Pause | None:
        known = {one.external_id: one for one in lot}
        isolation = Isolation([{"objectId": external_id} for external_id in known])
        while (part := isolation.next_part()) and self.may_send():
            verdict = self._call([known[entry["objectId"]] for entry in part], batch)
            if isinstance(verdict.then, Pause):
                return verdict.then
            isolation.heed(part, verdict)
        return None

    def _call(self, part: Sequence[Newcomer], batch: str) -> Verdict:
        now = self.clock()
        self.write_down([replace(_in_doubt(one, now, now + DOUBT_SECONDS), outcomes=()) for one in part], None)
        entries = [one.entry() for one in part]
        try:
            reply = self.hubspot.upsert(entries)
        except Withdrawn:
            self.write_down([_not_made(one, now) for one in part], None)
            raise
        made = judge_creation(part, reply, self.clock(), self.zone)
        sent = Sent(batch, entries, reply, made.verdict)
        record("hubspot.upsert", sent, self.metrics)
        told = {one.external_id: (one.merged.event.id, one.fields) for one in part}
        self.write_down(self._settlements(part, reply, made), attempt_of(sent, self.clock(), told))
        return made.verdict

    def _settlements(self, part: Sequence[Newcomer], reply: Reply, made: Made) -> list[Settlement]:
        confirmed, rejected = made.verdict.confirmed, made.verdict.rejected
        taken = self._link([one for one in part if one.external_id in confirmed], made.object_ids)
        settlements = []
        for one in part:
            if one.external_id in rejected:
                why = vars(rejected[one.external_id])
                settlements.append(settling.dead(one.merged, "rejected_by_hubspot", why))
            elif one.merged.event.id in taken:
                detail = {"objectId": made.object_ids[one.external_id]}
                settlements.append(settling.dead(one.merged, "linked_elsewhere", detail))
            elif one.external_id in confirmed:
                unseen = made.verdict.unseen.get(one.external_id, ())
                settlements.append(settling.sent(one.merged, one.fields, unseen))
            else:
                settlements.append(self._unclear(one, reply, made.verdict))
        return settlements

    def _link(self, made: Sequence[Newcomer], object_ids: Mapping[str, str]) -> set[int]:
        """Keep the links; returns the events whose marketing event is another's already."""
        links = {one.merged.event.id: Link(object_ids[one.external_id], "created") for one in made}
        return self.queue.doubt(links, {}) if links else set()

    def _unclear(self, one: Newcomer, reply: Reply, verdict: Verdict) -> Settlement:
        """What was surely not made may be made as soon as sending goes on; anything else is looked up first."""
        now = self.clock()
        if changed_nothing(reply) or one.external_id in verdict.not_now:
            return _not_made(one, now)
        return _in_doubt(one, now, now)


def _not_made(one: Newcomer, at: float) -> Settlement:
    return settling.later(one.merged, at, "not_in_hubspot", one.merged.event.missing_since)


def _in_doubt(one: Newcomer, now: float, at: float) -> Settlement:
    return settling.later(one.merged, at, settling.CREATING, now)


def _lots(newcomers: Sequence[Newcomer]) -> list[list[Newcomer]]:
    """One whose creation came to nothing clear before goes alone: then every answer is about it and about nothing else."""
    fresh = [one for one in newcomers if not settling.is_in_doubt(one.merged)]
    alone = [[one] for one in newcomers if settling.is_in_doubt(one.merged)]
    return [*([fresh] if fresh else []), *alone]
