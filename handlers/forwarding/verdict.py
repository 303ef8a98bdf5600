"""Judges HubSpot's answers: pure functions from what was sent and what came back to what is true now.

Success is what HubSpot lists by `objectId` among its results, never the status alone: a 200 may carry errors and a 207 is
no failure. What is not listed is either rejected, where an error names it or it was sent alone, or unsure, and sent again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from handlers.forwarding.hubspot import correlation_id
from handlers.forwarding.outgoing import Reply
from schemas.hubspot import BatchResponse, ErrorBody, understood

DAY = 86400.0
PROBE_REFUSED = 300.0  # a 401 or 403 is asked again every five minutes: somebody may have mended the token
PROBE_DAILY = 900.0
_BATCH, _ERROR = BatchResponse(), ErrorBody()
_IDS = ("ids", "id", "objectId", "objectWriteTraceId")
_MISSING = "OBJECT_NOT_FOUND"


@dataclass(frozen=True)
class GoOn:
    """Nothing stands against the next call."""


@dataclass(frozen=True)
class Split:
    """The inputs that are still open go again in halves, until the answer is about one alone."""


@dataclass(frozen=True)
class Pause:
    """No call for at least so many seconds; it concerns all of HubSpot, so no event is to blame."""

    reason: str
    at_least: float = 0.0


@dataclass(frozen=True)
class Rejection:
    """HubSpot's words about an input that it will not take."""

    category: str | None
    message: str | None
    correlation_id: str | None


@dataclass(frozen=True)
class Verdict:
    """What became of the inputs, by `objectId`, and what to do next. `unsure` inputs are to be sent again."""

    then: GoOn | Split | Pause
    confirmed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    hubspot_status: str | None = None
    correlation_id: str | None = None


def judge(inputs: Sequence[Mapping[str, Any]], reply: Reply, now: float, zone: tzinfo) -> Verdict:
    """The verdict on a batch/update of `inputs`; `now` is Unix seconds, `zone` the account's, whose midnight ends its day."""
    sent = [str(entry["objectId"]) for entry in inputs]
    if reply.status in (200, 207):
        return _judge_results(sent, reply)
    if _is_about_inputs(reply):
        return _judge_refusal(sent, reply)
    pause = judge_call(reply, now, zone) or Pause("unexpected_status", PROBE_REFUSED)
    return Verdict(pause, unsure=frozenset(sent), correlation_id=correlation_id(reply))


def judge_call(reply: Reply, now: float, zone: tzinfo) -> Pause | None:
    """Why all calls must wait after this answer, if they must."""
    status = reply.status
    if status is None:
        return Pause("network")
    at_least = retry_after(reply, now)
    if status == 429:
        return _throttled(reply, now, zone, at_least)
    if status in _WAITS:
        reason, seconds = _WAITS[status]
        return Pause(reason, max(seconds, at_least))
    if status >= 500 or status == 408:
        return Pause("unavailable", at_least)
    return Pause("redirected", PROBE_REFUSED) if 300 <= status < 400 else None


def judge_look_up(reply: Reply, now: float, zone: tzinfo) -> Pause | None:
    """Why a look-up has no answer, if it has none. A 404 from HubSpot itself means that nothing was found."""
    if reply.status == 200:
        return None if _json(reply.body) is not None else Pause("unreadable_answer")
    if reply.status == 404 and _error(reply).get("category") == _MISSING:
        return None
    return judge_call(reply, now, zone) or Pause(
        "not_found" if reply.status == 404 else "unexpected_status", PROBE_REFUSED
    )


def retry_after(reply: Reply, now: float) -> float:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3), at most a day; nonsense and the past count as none."""
    text = reply.headers.get("Retry-After", "")
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError, OSError):
        return 0.0
    return min(max(seconds, 0.0), DAY) if math.isfinite(seconds) else 0.0


def backoff(failures: int, at_least: float, chance: float) -> float:
    """Seconds to wait after so many failures in a row: never less than `at_least`; `chance` in [0, 1) only adds to it."""
    grown = min(300.0, 2.0 ** min(failures, 10))
    return max(at_least, grown) * (1 + chance / 4)


# The statuses that concern all calls: https://developers.hubspot.com/docs/api-reference/error-handling
_WAITS = {
    401: ("unauthorized", PROBE_REFUSED),
    403: ("forbidden", PROBE_REFUSED),
    423: ("locked", 2.0),
    477: ("migration", 60.0),
}


def _judge_results(sent: Sequence[str], reply: Reply) -> Verdict:
    value = _json(reply.body)
    if not isinstance(value, dict):
        return Verdict(Pause("unreadable_answer"), unsure=frozenset(sent), correlation_id=correlation_id(reply))
    body = understood(_BATCH, value)
    status = body.get("status")
    complete = status in (None, "COMPLETE")
    listed = {str(item.get("objectId")): item for item in body.get("results") or []} if complete else {}
    confirmed = {object_id: listed[object_id] for object_id in sent if object_id in listed}
    missing = [object_id for object_id in sent if object_id not in confirmed]
    rejected = _rejections(missing, body.get("errors") or [], reply, alone=len(sent) == 1) if complete else {}
    unsure = frozenset(missing) - rejected.keys()
    telling = bool(confirmed or body.get("errors"))  # a call that came to nothing at all would only do so in halves too
    then = Split() if unsure and telling and len(sent) > 1 else GoOn()
    return Verdict(then, confirmed, rejected, unsure, status, correlation_id(reply))


def _rejections(
    missing: Sequence[str], errors: Sequence[Mapping[str, Any]], reply: Reply, *, alone: bool
) -> dict[str, Rejection]:
    """Errors belong to the inputs that their context names exactly; never by their place in the list or their number."""
    named = {
        object_id: _rejection(error, reply) for error in errors for object_id in missing if object_id in _named(error)
    }
    if alone and missing and errors:
        return {missing[0]: _rejection(errors[0], reply)} | named
    return named


def _named(error: Mapping[str, Any]) -> set[str]:
    context = error.get("context") or {}
    values = [context.get(key) for key in _IDS]
    return {str(item) for value in values for item in (value if isinstance(value, list) else [value])}


def _is_about_inputs(reply: Reply) -> bool:
    """Refusals of what was sent, as against refusals of the sender. A 404 is about the inputs only if HubSpot says so."""
    status = reply.status or 0
    if status == 404:
        return _error(reply).get("category") == _MISSING
    return 400 <= status < 500 and status not in (*_WAITS, 404, 408, 429)


def _judge_refusal(sent: Sequence[str], reply: Reply) -> Verdict:
    error = _error(reply)
    named = frozenset(sent) & _named(error) if _error(reply).get("category") == _MISSING else frozenset()
    guilty = frozenset(sent) if len(sent) == 1 else named
    rejected = {object_id: _rejection(error, reply) for object_id in guilty}
    unsure = frozenset(sent) - guilty
    return Verdict(Split() if unsure else GoOn(), {}, rejected, unsure, None, correlation_id(reply))


def _rejection(error: Mapping[str, Any], reply: Reply) -> Rejection:
    given = error.get("correlationId") or correlation_id(reply)
    category = error.get("category") or (f"HTTP_{reply.status}" if reply.status not in (200, 207) else None)
    message = error.get("message")
    return Rejection(category, message[:500] if message else None, given)


def _throttled(reply: Reply, now: float, zone: tzinfo, at_least: float) -> Pause:
    policy = _error(reply).get("policyName")
    if policy == "DAILY":
        return Pause("daily_limit", max(at_least, min(PROBE_DAILY, _until_midnight(now, zone))))
    if policy == "SECONDLY":
        return Pause("rate_limited", max(at_least, 1.0))
    interval = reply.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    seconds = int(interval) / 1000 if interval.isascii() and interval.isdigit() and len(interval) < 8 else 10.0
    return Pause("rate_limited", max(at_least, seconds))


def _until_midnight(now: float, zone: tzinfo) -> float:
    moment = datetime.fromtimestamp(now, zone)
    midnight = datetime.combine(moment.date() + timedelta(days=1), datetime.min.time(), zone)
    return midnight.astimezone(UTC).timestamp() - now


def _error(reply: Reply) -> dict[str, Any]:
    return understood(_ERROR, _json(reply.body))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return None
