"""Judges HubSpot's answers: pure functions from what was sent and what came back to what is true now.

Success is what HubSpot lists by `objectId` among its results, never the status alone: a 200 may carry errors and a 207 is
no failure. What is not listed is either rejected, where an error names it or it was sent alone, or unsure, and sent again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from handlers.forwarding.blame import (
    NOT_THERE,
    Rejection,
    hinted_in,
    is_about_inputs,
    leaves_open,
    most_together,
    named_in,
    put_off_by,
    rejected_by,
    rejection,
)
from handlers.forwarding.echo import unseen
from handlers.forwarding.hubspot import correlation_id
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import error_of, json_of
from handlers.forwarding.waits import Pause, changed_nothing, judge_call, unexpected, unreadable
from schemas.hubspot import BatchResponse, understood

__all__ = ["GoOn", "Pause", "Rejection", "Split", "Verdict", "judge"]
_BATCH = BatchResponse()


@dataclass(frozen=True)
class GoOn:
    """Nothing stands against the next call."""


@dataclass(frozen=True)
class Split:
    """The inputs that are still open go again in other parts, until the answer is about one alone.

    Those of `apart` go alone: HubSpot hints at them. `most`: no input needs to be bad, so many together may be taken.
    """

    apart: frozenset[str] = frozenset()
    most: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of the inputs, by `objectId`, and what to do next. `unsure` inputs are to be sent again.

    `not_now` are those of them that HubSpot surely did not take yet, for a reason that is not theirs; of the others it is
    not known. `unseen` names, of confirmed ones, the fields (flat) that HubSpot does not show as they were sent.
    """

    then: GoOn | Split | Pause
    confirmed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    hubspot_status: str | None = None
    correlation_id: str | None = None
    not_now: frozenset[str] = frozenset()
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judge(inputs: Sequence[Mapping[str, Any]], reply: Reply, now: float, zone: tzinfo) -> Verdict:
    """The verdict on a batch/update of `inputs`; `now` is Unix seconds, `zone` the account's, whose midnight ends its day."""
    sent = {str(entry["objectId"]): entry for entry in inputs}
    if reply.status is not None and 200 <= reply.status < 300:
        return _judge_results(sent, reply)
    if is_about_inputs(reply):
        return _judge_refusal(list(sent), reply)
    pause = judge_call(reply, now, zone) or unexpected(reply)
    return _paused(pause, sent, reply)


def _paused(pause: Pause, sent: Mapping[str, Any], reply: Reply) -> Verdict:
    ids = frozenset(sent)
    not_now = ids if changed_nothing(reply) else frozenset()
    return Verdict(pause, unsure=ids, correlation_id=correlation_id(reply), not_now=not_now)


def _judge_results(sent: Mapping[str, Mapping[str, Any]], reply: Reply) -> Verdict:
    value = json_of(reply)
    if not isinstance(value, dict):
        return _paused(unreadable(reply), sent, reply)
    body = understood(_BATCH, value)
    status = (body.get("status") or "")[:40] or None
    if status not in (None, "COMPLETE"):
        return Verdict(GoOn(), unsure=frozenset(sent), hubspot_status=status, correlation_id=correlation_id(reply))
    listed = {item["objectId"]: item for item in body.get("results") or [] if "objectId" in item}
    errors = body.get("errors") or []
    confirmed = {object_id: listed[object_id] for object_id in sent if object_id in listed}
    missing = [object_id for object_id in sent if object_id not in confirmed]
    rejected = rejected_by(errors, missing, reply, alone=len(sent) == 1)
    unsure = frozenset(missing) - rejected.keys()
    not_now = put_off_by(errors, missing) & unsure
    then = _after_results(list(sent), unsure - not_now, errors)
    return Verdict(then, confirmed, rejected, unsure, status, correlation_id(reply), not_now, _unseen(sent, confirmed))


def _after_results(sent: Sequence[str], still: frozenset[str], errors: Sequence[Mapping[str, Any]]) -> GoOn | Split:
    """A call that came to nothing at all would only do so in parts too, unless an error says that something is wrong."""
    if not still:
        return GoOn()
    if leaves_open(errors, sent):
        return Split(apart=still)
    return Split() if len(still) < len(sent) else GoOn()


def _unseen(
    sent: Mapping[str, Mapping[str, Any]], confirmed: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    compared = {object_id: unseen(sent[object_id], shown) for object_id, shown in confirmed.items()}
    return {object_id: names for object_id, names in compared.items() if names}


def _judge_refusal(sent: Sequence[str], reply: Reply) -> Verdict:
    error = error_of(reply)
    named = named_in(error, sent) if error.get("category") == NOT_THERE else frozenset()
    guilty = frozenset(sent) if len(sent) == 1 else named
    unsure = frozenset(sent) - guilty
    rejected = {object_id: rejection(error, reply) for object_id in guilty}
    most = most_together(error, reply, len(sent))
    apart = frozenset() if named or most else hinted_in(error, sent)
    then = Split(apart, most) if unsure else GoOn()
    return Verdict(then, {}, rejected, unsure, None, correlation_id(reply))
