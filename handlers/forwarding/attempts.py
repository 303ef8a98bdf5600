"""A call to HubSpot as the operator will see it."""

from collections.abc import Mapping
from typing import Any

from handlers.forwarding.forwarder import Sent
from handlers.forwarding.verdict import Verdict
from handlers.inbox.queue import Attempt, Input

LONG = 500
Told = Mapping[str, tuple[int, Mapping[str, Any]]]
"""By what the answer names it by: an event, and what the call said of it (flat fields)."""


def attempt_of(sent: Sent, moment: float, told: Told) -> Attempt:
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
        told=[Input(event, _cut(fields), _result(verdict, name)) for name, (event, fields) in told.items()],
    )


def _result(verdict: Verdict, name: str) -> str:
    if name in verdict.confirmed:
        return "confirmed"
    return "rejected" if name in verdict.rejected else "open"


def _cut(fields: Mapping[str, Any]) -> dict[str, Any]:
    """It is kept for a person to read: the state itself is kept elsewhere."""
    return {
        name: f"{value[:LONG]}…" if isinstance(value, str) and len(value) > LONG else value
        for name, value in fields.items()
    }
