"""Which of the inputs an error is about: by the ids that it names exactly, never by its place in a list or their number."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.forwarding.hubspot import correlation_id
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import error_of, json_of

NOT_THERE = "OBJECT_NOT_FOUND"
TOO_MUCH = 413
_MOST = re.compile(r"maximum number of inputs\D{0,80}(\d{1,6})", re.ASCII | re.IGNORECASE)
_IDS = ("ids", "id", "objectId", "objectWriteTraceId")
_NUMBER = re.compile(r"(?<!\w)\d{1,20}(?!\w)", re.ASCII)
# Errors of one input that are none of its making: it is sent again. Seen in HubSpot's answers and in its documentation.
_PASSING = frozenset(
    {
        *("INTERNAL_ERROR", "RATE_LIMIT", "RATE_LIMITS"),
        *("MISSING_SCOPES", "INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION"),
    }
)


@dataclass(frozen=True)
class Rejection:
    """HubSpot's words about an input that it will not take."""

    category: str | None
    message: str | None
    correlation_id: str | None


def is_about_inputs(reply: Reply) -> bool:
    """Whether an answer refuses what was sent, as against whoever sent it.

    What is not in HubSpot's own words may come from anything before it, and is about no input unless by its size.
    """
    error = error_of(reply)
    if reply.status == 404:
        return error.get("category") == NOT_THERE
    own_words = isinstance(json_of(reply), dict) and not passes(error)
    return reply.status in (TOO_MUCH, 414) or (reply.status in (400, 409, 422) and own_words)


def rejection(error: Mapping[str, Any], reply: Reply) -> Rejection:
    """The words of an error, of a sensible length; without a category it is named by the status of a refusal."""
    given = (error.get("correlationId") or "")[:64]
    category = (error.get("category") or "")[:100] or (None if reply.status in (200, 207) else f"HTTP_{reply.status}")
    message = (error.get("message") or "")[:500]
    return Rejection(category, message or None, given if given and given.isprintable() else correlation_id(reply))


def passes(error: Mapping[str, Any]) -> bool:
    """Whether it is about HubSpot or about the caller, so that the same input may be taken later."""
    return (error.get("category") or error.get("errorType")) in _PASSING


def rejected_by(
    errors: Iterable[Mapping[str, Any]], missing: Sequence[str], reply: Reply, *, alone: bool
) -> dict[str, Rejection]:
    """The inputs of `missing` that errors name, with their words; any error is about an input that was sent alone."""
    lasting = [error for error in errors if not passes(error)]
    rejected = {
        object_id: rejection(error, reply) for error in lasting for object_id in _ids(error).intersection(missing)
    }
    if alone and lasting and not rejected:
        return {object_id: rejection(lasting[0], reply) for object_id in missing}
    return rejected


def put_off_by(errors: Collection[Mapping[str, Any]], missing: Sequence[str]) -> frozenset[str]:
    """The inputs of `missing` that passing errors name; all of them where there are no other errors."""
    passing = [error for error in errors if passes(error)]
    if passing and len(passing) == len(errors):
        return frozenset(missing)
    return frozenset(object_id for error in passing for object_id in _ids(error).intersection(missing))


def leaves_open(errors: Iterable[Mapping[str, Any]], sent: Sequence[str]) -> bool:
    """Whether there is an error that is about some input and does not say which."""
    return any(not passes(error) and _ids(error).isdisjoint(sent) for error in errors)


def named_in(error: Mapping[str, Any], sent: Sequence[str]) -> frozenset[str]:
    """The inputs whose ids stand in the context of an error."""
    return frozenset(_ids(error).intersection(sent))


def hinted_in(error: Mapping[str, Any], sent: Sequence[str]) -> frozenset[str]:
    """The inputs that a refusal of all seems to be about: those named in a context, else the only one in its words.

    It is a hint and no verdict: HubSpot names duplicates in the same way. Naming all of them is no hint.
    """
    named = named_in(error, sent)
    if not named:
        found = frozenset(number for text in _texts(error) for number in _NUMBER.findall(text)).intersection(sent)
        named = found if len(found) == 1 else frozenset()
    return named if len(named) < len(set(sent)) else frozenset()


def most_together(error: Mapping[str, Any], reply: Reply, count: int) -> int | None:
    """How many of `count` inputs a call may have, where it is refused because it has too many or is too large.

    HubSpot's words: "The maximum number of inputs supported in a batch is 100.",
    https://github.com/PipedreamHQ/pipedream/pull/8462. A 413 names no number.
    """
    if reply.status == TOO_MUCH:
        return (count + 1) // 2
    found = _MOST.search(error.get("message") or "")
    most = int(found[1]) if found else count
    return most if 0 < most < count else None


def _ids(error: Mapping[str, Any]) -> set[str]:
    """All that contexts name, of the error and of its details."""
    values = [context.get(key) for context in _contexts(error) for key in _IDS]
    return {str(item) for value in values for item in (value if isinstance(value, list) else [value])}


def _contexts(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in (error, *(error.get("errors") or [])):
        yield part.get("context") or {}


def _texts(error: Mapping[str, Any]) -> Iterator[str]:
    """All words of an error: a message may hold JSON that names a record."""
    for part in (error, *(error.get("errors") or [])):
        yield part.get("message") or ""
    for context in _contexts(error):
        for value in context.values():
            yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
