"""Any system of the operator's own: fat notifications, signed in one of five ways."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from marshmallow import ValidationError

from handlers.errors import InvalidNotification
from handlers.platform import Headers, Json, Notification, Platform, Sample
from handlers.signatures import GITHUB, Basic, Hmac, Scheme, StandardWebhooks, Token
from schemas.expressions import evaluate
from schemas.platforms.generic import MAPPED, GenericNotification, GenericSource, GenericSourceSchema

ACTION = "event.changed"
_DELIVERY_IDS = ("webhook-id", "svix-id", "X-GitHub-Delivery", "X-Delivery-Id")
_NOTIFICATION = GenericNotification()
_ENVELOPE = ("id", "version", "objectId", "notificationId")


def schemes(source: GenericSource) -> Sequence[Scheme]:
    """The one scheme that the source is configured with."""
    if source.signature == "hmac" and source.hmac is not None:
        return [Hmac(**vars(source.hmac))]
    named: dict[str, Scheme] = {
        "standard-webhooks": StandardWebhooks(),
        "github": GITHUB,
        "token": Token(source.token_header),
        "basic": Basic(),
    }
    return [named[source.signature]]


def read(body: Json, headers: Headers, source: GenericSource) -> Notification:
    """The notification, mapped if the source has a map. Raises `InvalidNotification`."""
    try:
        said: dict[str, Any] = _NOTIFICATION.load(_mapped(body, source.map) if source.map else body)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error
    sent_id = next((value for name in _DELIVERY_IDS if (value := headers.get(name))), None)
    return Notification(
        ACTION,
        said["id"],
        sent_id or said.get("notificationId"),
        said.get("version"),
        said.get("objectId"),
        {name: value for name, value in said.items() if name not in _ENVELOPE},
    )


def sample(source: GenericSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event. Raises `ValueError` where the source's map cannot be turned round."""
    day = f"2027-05-{event % 28 + 1:02}"
    said = {
        "id": f"event-{event}",
        "version": count,
        "notificationId": f"sample-{event}-{count}",
        "eventName": f"Sample event {event}, change {count}",
        "startDateTime": f"{day}T09:00:00+02:00",
        "endDateTime": f"{day}T17:00:00+02:00",
        "eventUrl": f"https://example.com/events/{event}",
    }
    body = _unmapped(said, source) if source.map else said
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _mapped(body: Json, paths: Mapping[str, Any]) -> dict[str, Any]:
    said, errors = {}, {}
    for name, path in paths.items():
        try:
            said[name] = evaluate(path, body)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise InvalidNotification(errors)
    return said


def _unmapped(said: Json, source: GenericSource) -> dict[str, Any]:
    """A body in which each plain path of the map finds its value."""
    body: dict[str, Any] = {}
    for name, path in source.map.items():
        steps = path.expression.split(".")
        if name in said and all(step.isidentifier() for step in steps):
            _put(body, steps, said[name])
    try:
        turned_round = read(body, {}, source).event == said["id"]
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


PLATFORM = Platform(
    name="generic",
    settings=GenericSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins={name: name for name in MAPPED if name not in _ENVELOPE},
    own_sender=True,
)
