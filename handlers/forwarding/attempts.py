"""A call to HubSpot as the operator will see it."""

from handlers.forwarding.forwarder import Sent
from handlers.inbox.queue import Attempt


def attempt_of(sent: Sent, moment: float) -> Attempt:
    """The row to keep about a call that was answered at `moment` (Unix seconds)."""
    reply, verdict = sent.reply, sent.verdict
    return Attempt(
        batch=sent.batch,
        sent_at=moment - reply.seconds,
        seconds=reply.seconds,
        status=reply.status,
        fault=reply.fault,
        hubspot_status=verdict.hubspot_status,
        inputs=len(sent.inputs),
        updated=len(verdict.confirmed),
        failed=len(verdict.rejected),
        correlation_id=verdict.correlation_id,
    )
