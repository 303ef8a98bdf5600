"""What an answer means for all calls to HubSpot: whether, why and for how long they must wait.

The statuses are those of https://developers.hubspot.com/docs/api-reference/error-handling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from handlers.forwarding.blame import NOT_THERE
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.pacer import DAILY, PAUSED
from handlers.forwarding.reading import error_of, json_of
from handlers.forwarding.throttling import limit_reached, retry_after
from handlers.forwarding.tokens import UNAVAILABLE, WORDS, explained

PROBE_REFUSED = 300.0  # a 401 or 403 is asked again every five minutes: somebody may have mended the token


@dataclass(frozen=True)
class Pause:
    """No call for at least so many seconds; it concerns all of HubSpot, so no event is to blame.

    `detail` are words for a person. `urgent`: it will hardly pass by itself.
    """

    reason: str
    at_least: float = 0.0
    detail: str = field(default="", compare=False)
    urgent: bool = field(default=False, compare=False)


def judge_call(reply: Reply, now: float, zone: tzinfo) -> Pause | None:
    """Why all calls must wait after this answer, if they must. `now` is Unix seconds, `zone` the account's."""
    status = reply.status
    if status is None:
        return _unanswered(reply, now)
    if status == 429:
        reason, seconds = limit_reached(reply, now, zone)
        return Pause(reason, seconds, _LIMITS[reason])
    pause = _WAITS.get(status) or (_UNAVAILABLE if status >= 500 else _REDIRECTED if 300 <= status < 400 else None)
    return pause and _as_told(pause, reply, now)


def judge_look_up(reply: Reply, now: float, zone: tzinfo) -> Pause | None:
    """Why a look-up has no answer, if it has none.

    A 404 from HubSpot itself means that nothing was found, and so does its refusal to look for such an id: what HubSpot
    cannot look for it cannot have, and one such id must not hold up all others.
    """
    if reply.status == 200:
        value = json_of(reply)
        return None if isinstance(value, dict) and "results" in value else unreadable(reply)
    category = error_of(reply).get("category")
    if (reply.status, category) in ((404, NOT_THERE), (400, "VALIDATION_ERROR")) or reply.status == 414:
        return None
    return judge_call(reply, now, zone) or unexpected(reply)


def unexpected(reply: Reply) -> Pause:
    """The pause for an answer that says nothing of what was sent and has no meaning that is known."""
    return _NOT_FOUND if reply.status == 404 else replace(_UNEXPECTED, detail=f"HubSpot answers with {reply.status}.")


def unreadable(reply: Reply) -> Pause:
    """The pause for an answer that says success and is not HubSpot's."""
    return Pause("unreadable_answer", 0.0, f"HubSpot answers with {reply.status} and with nothing that can be read.")


def changed_nothing(reply: Reply) -> bool:
    """Whether an answer, or the lack of one, proves that the call had no effect: it was refused or never arrived."""
    if reply.status is None:
        return reply.fault in _NEVER_ARRIVED
    return (300 <= reply.status < 500 and reply.status != 408) or reply.status in _NEVER_PASSED_ON


def backoff(failures: int, at_least: float, chance: float) -> float:
    """Seconds to wait after so many failures in a row: never less than `at_least`; `chance` in [0, 1) only adds to it."""
    grown = min(300.0, 2.0 ** min(failures, 10))
    return max(at_least, grown) * (1 + chance / 4)


def _unanswered(reply: Reply, now: float) -> Pause:
    fault = reply.fault or ""
    if fault in WORDS:
        return _as_told(Pause(fault, 0.0, WORDS[fault], fault != UNAVAILABLE), reply, now)
    if fault in _TURNED_AWAY:
        return _as_told(Pause(fault, 0.0, _TURNED_AWAY[fault]), reply, now)
    return Pause("network", 0.0, _FAULTS.get(fault, "The connection to HubSpot broke."), fault == "tls")


def _as_told(pause: Pause, reply: Reply, now: float) -> Pause:
    at_least = max(pause.at_least, retry_after(reply, now))
    return replace(pause, at_least=at_least, detail=explained(reply) or pause.detail)


_NEVER_ARRIVED = frozenset({"refused", "dns", "connect_timeout", DAILY, PAUSED, *WORDS})
_NEVER_PASSED_ON = (521, 523, 525, 526)  # what stands before HubSpot could not open a connection to it
_OUTSIDE = "What stands before HubSpot does not get through to it: tell HubSpot's support if it lasts."
_UNAVAILABLE = Pause("unavailable", 0.0, "HubSpot cannot do it just now.")
_UNREACHABLE = Pause("unreachable", 0.0, _OUTSIDE, urgent=True)
_REDIRECTED = Pause(
    "redirected", PROBE_REFUSED, "HubSpot redirects, and that is never followed: see HUBSPOT_BASE_URL.", urgent=True
)
_NOT_FOUND = Pause(
    "not_found",
    PROBE_REFUSED,
    "HubSpot has no such address: see HUBSPOT_BASE_URL and HUBSPOT_API_VERSION.",
    urgent=True,
)
_UNEXPECTED = Pause("unexpected_status", PROBE_REFUSED, urgent=True)
_WAITS: Mapping[int, Pause] = {
    401: Pause("unauthorized", PROBE_REFUSED, urgent=True),
    403: Pause("forbidden", PROBE_REFUSED, urgent=True),
    408: _UNAVAILABLE,
    423: Pause("locked", 2.0, "HubSpot has locked something for a moment."),
    425: _UNAVAILABLE,
    477: Pause("migration", 60.0, "HubSpot is moving the account to another data centre."),
    522: _UNREACHABLE,
    524: replace(_UNAVAILABLE, detail="HubSpot took longer than it allows itself: whether it did it is not known."),
    525: _UNREACHABLE,
    526: _UNREACHABLE,
}
_LIMITS = {
    "daily_limit": "The account's calls of the day are spent.",
    "rate_limited": "HubSpot takes no more calls in so short a time.",
}
_TURNED_AWAY = {DAILY: _LIMITS[DAILY], PAUSED: "Sending pauses already."}
_FAULTS = {
    "dns": "The name of HubSpot's host is not found.",
    "refused": "HubSpot's host takes no connection.",
    "connect_timeout": "HubSpot's host takes no connection.",
    "read_timeout": "HubSpot did not answer within HUBSPOT_TIMEOUT.",
    "too_large_or_slow": "HubSpot's answer is too large or takes longer than HUBSPOT_TIMEOUT.",
    "tls": "The connection is not safe: HubSpot's certificate is not one that this machine trusts.",
}
