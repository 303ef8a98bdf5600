"""How notifications of the operator's own systems are signed, mapped, read and made up, whatever envelope they come in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jmespath.parser import ParsedResult

from handlers import loading
from handlers.errors import InvalidNotification
from handlers.platform import Fields, Json
from handlers.signatures import GITHUB, Basic, Hmac, Scheme, StandardWebhooks, Token
from schemas.expressions import evaluate
from schemas.own_words import MAPPED, OwnNotification, OwnSource

_ENVELOPE = ("id", "version", "objectId", "notificationId")
TOLD = tuple(name for name in MAPPED if name not in _ENVELOPE)
"""HubSpot's fields among the words."""
_NOTIFICATION = OwnNotification()


def scheme(source: OwnSource, query: str | None = None) -> Scheme:
    """The one scheme that the source is configured with; a token may also stand in the parameter `query` of the address."""
    if source.signature == "hmac" and source.hmac is not None:
        return Hmac(**vars(source.hmac))
    named: dict[str, Scheme] = {
        "standard-webhooks": StandardWebhooks(),
        "github": GITHUB,
        "token": Token(source.token_header, query),
        "basic": Basic(),
    }
    return named[source.signature]


def load(words: Json) -> dict[str, Any]:
    """The words as they are kept inside. Raises `InvalidNotification`."""
    said: dict[str, Any] = loading.load(_NOTIFICATION, words)
    return said


def fields_of(said: Json) -> Fields:
    """What the words say of the event itself."""
    return {name: value for name, value in said.items() if name not in _ENVELOPE}


def mapped(body: Json, paths: Mapping[str, ParsedResult]) -> dict[str, Any]:
    """The words that the paths find in a body. Raises `InvalidNotification`."""
    said, errors = {}, {}
    for name, path in paths.items():
        try:
            said[name] = evaluate(path, body)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise InvalidNotification(errors)
    return said


def sample_words(event: int, count: int) -> dict[str, Any]:
    """The words of the count-th change of the event-th event."""
    day = f"2027-05-{event % 28 + 1:02}"
    return {
        "id": f"event-{event}",
        "version": count,
        "notificationId": f"sample-{event}-{count}",
        "eventName": f"Sample event {event}, change {count}",
        "startDateTime": f"{day}T09:00:00+02:00",
        "endDateTime": f"{day}T17:00:00+02:00",
        "eventUrl": f"https://example.com/events/{event}",
    }


def unmapped(said: Json, source: OwnSource, envelope: Json, event_of: Callable[[Json], str | None]) -> dict[str, Any]:
    """The envelope with each word put where a plain path of the source's map finds it.

    Raises `ValueError` where `event_of` does not find the event's id in it again.
    """
    body = dict(envelope)
    for name, path in source.map.items():
        steps = path.expression.split(".")
        if name in said and all(step.isidentifier() for step in steps):
            _put(body, steps, said[name])
    try:
        turned_round = event_of(body) == said["id"]
    except InvalidNotification:
        turned_round = False
    if not turned_round:
        raise ValueError("A sample needs a map of plain paths such as data.event.id, which this source's is not.")
    return body


def _put(place: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """The value where the steps lead; nothing where another value is in the way."""
    for step in steps[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    place.setdefault(steps[-1], value)
