"""Sends inputs and splits what HubSpot refuses as a whole, until every bad one stands alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import structlog

from handlers.forwarding.blame import TOO_MUCH
from handlers.forwarding.hubspot import HubSpot, described
from handlers.forwarding.isolating import Input, Isolation
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.verdict import Pause, Split, Verdict, judge
from handlers.metrics import Metrics

_log = structlog.get_logger()


@dataclass(frozen=True)
class Sent:
    """One call and what it came to. `batch` is shared by the calls that a split made of it."""

    batch: str
    inputs: Sequence[Input]
    reply: Reply
    verdict: Verdict


@dataclass
class Forwarder:
    """`may_send` is asked before each call: a worker that leads no more sends nothing more.

    It remembers how many inputs a call may have, if HubSpot ever named a number.
    """

    hubspot: HubSpot
    may_send: Callable[[], bool]
    zone: tzinfo
    metrics: Metrics
    clock: Callable[[], float] = time.time
    _most: int | None = None

    def send(self, inputs: Sequence[Input], batch: str) -> Iterator[Sent]:
        """Each call with its verdict, at once. It ends early at a pause: what was not confirmed or rejected stays open."""
        isolation = Isolation(inputs, self._most)
        while (part := isolation.next_part()) and self.may_send():
            sent = self._call(part, batch)
            yield sent
            if isinstance(sent.verdict.then, Pause):
                return
            self._learn(sent)
            isolation.heed(part, sent.verdict)

    def _call(self, inputs: Sequence[Input], batch: str) -> Sent:
        reply = self.hubspot.batch_update(inputs)
        sent = Sent(batch, inputs, reply, judge(inputs, reply, self.clock(), self.zone))
        record("hubspot.batch_update", sent, self.metrics)
        return sent

    def _learn(self, sent: Sent) -> None:
        """The size of what is too large says nothing about the next call; the number of inputs does."""
        then = sent.verdict.then
        if isinstance(then, Split) and then.most and sent.reply.status != TOO_MUCH:
            self._most = then.most
            _log.warning("HubSpot takes fewer inputs: set HUBSPOT_BATCH_SIZE", action="hubspot.most", most=then.most)


def record(action: str, sent: Sent, metrics: Metrics) -> None:
    """Count and log a call, which is the one that `action` names."""
    verdict = sent.verdict
    counts = {
        "confirmed": len(verdict.confirmed),
        "rejected": len(verdict.rejected),
        "not_now": len(verdict.not_now),
        "unsure": len(verdict.unsure - verdict.not_now),
    }
    for outcome, count in counts.items():
        metrics.inputs.labels(outcome).inc(count)
    pause = verdict.then if isinstance(verdict.then, Pause) else None
    tell = _log.error if pause and pause.urgent else _log.info
    tell(
        "HubSpot was told",
        action=action,
        hubspot_status=verdict.hubspot_status,
        batch=sent.batch,
        inputs=len(sent.inputs),
        updated=counts["confirmed"],
        failed=counts["rejected"],
        **described(sent.reply),
        **({"detail": pause.detail} if pause and pause.detail else {}),
    )
