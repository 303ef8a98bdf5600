"""Sends inputs and splits what HubSpot refuses as a whole, until every bad one stands alone."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import structlog

from handlers.forwarding.hubspot import HubSpot, described
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.verdict import Pause, Split, Verdict, judge
from handlers.metrics import Metrics

_log = structlog.get_logger()
Input = Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """One call and what it came to. `batch` is shared by the calls that a split made of it."""

    batch: str
    inputs: Sequence[Input]
    reply: Reply
    verdict: Verdict


@dataclass(frozen=True)
class Forwarder:
    """`may_send` is asked before each call: a worker that leads no more sends nothing more."""

    hubspot: HubSpot
    may_send: Callable[[], bool]
    zone: tzinfo
    metrics: Metrics
    clock: Callable[[], float] = time.time

    def send(self, inputs: Sequence[Input], batch: str) -> Iterator[Sent]:
        """Each call with its verdict, at once. It ends early at a pause: what was not confirmed or rejected stays open."""
        waiting = [list(inputs)]
        while waiting and self.may_send():
            part = waiting.pop()
            sent = self._call(part, batch)
            yield sent
            if isinstance(sent.verdict.then, Pause):
                return
            if isinstance(sent.verdict.then, Split):
                waiting += reversed(_halves(part, sent.verdict.unsure))

    def _call(self, inputs: Sequence[Input], batch: str) -> Sent:
        reply = self.hubspot.batch_update(inputs)
        verdict = judge(inputs, reply, self.clock(), self.zone)
        self._record(inputs, batch, reply, verdict)
        return Sent(batch, inputs, reply, verdict)

    def _record(self, inputs: Sequence[Input], batch: str, reply: Reply, verdict: Verdict) -> None:
        counts = {"confirmed": len(verdict.confirmed), "rejected": len(verdict.rejected), "unsure": len(verdict.unsure)}
        for outcome, count in counts.items():
            self.metrics.inputs.labels(outcome).inc(count)
        _log.info(
            "HubSpot was told",
            action="hubspot.batch_update",
            hubspot_status=verdict.hubspot_status,
            batch=batch,
            inputs=len(inputs),
            updated=counts["confirmed"],
            failed=counts["rejected"],
            **described(reply),
        )


def _halves(inputs: Sequence[Input], unsure: frozenset[str]) -> list[list[Input]]:
    """What is still open, in two calls, or in one where the rest was told apart from it already."""
    still = [entry for entry in inputs if entry["objectId"] in unsure]
    if len(still) < len(inputs):
        return [still]
    middle = (len(still) + 1) // 2
    return [still[:middle], still[middle:]]
