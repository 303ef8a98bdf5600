"""Any system of the operator's own: fat notifications, signed in one of five ways."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from jmespath.exceptions import JMESPathError
from marshmallow import ValidationError

from handlers.errors import InvalidNotification
from handlers.platform import Headers, Json, Notification, Platform, Sample
from handlers.signatures import GITHUB, Basic, Hmac, Scheme, StandardWebhooks, Token
from schemas.platforms.generic import GenericNotification, GenericSource, GenericSourceSchema

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
    said = {
        "id": f"event-{event}",
        "eventName": f"Sample event {event}, change {count}",
        "startDateTime": f"2027-05-{event % 28 + 1:02}T09:00:00+02:00",
        "endDateTime": f"2027-05-{event % 28 + 1:02}T17:00:00+02:00",
        "eventUrl": f"https://example.com/events/{event}",
    }
    body = _unmapped(said, source.map) if source.map else said
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _mapped(body: Json, expressions: Mapping[str, Any]) -> dict[str, Any]:
    said, errors = {}, {}
    for name, expression in expressions.items():
        try:
            said[name] = expression.search(body)
        except JMESPathError as error:
            errors[name] = [f"Cannot be taken out of the notification: {type(error).__name__}."]
    if errors:
        raise InvalidNotification(errors)
    return said


def _unmapped(said: Json, expressions: Mapping[str, Any]) -> dict[str, Any]:
    """A body in which each plain path of the map finds its value."""
    if not all(step.isidentifier() for step in expressions["id"].expression.split(".")):
        raise ValueError("A sample needs a map whose id is a plain path such as data.event.id.")
    body: dict[str, Any] = {}
    for name, expression in expressions.items():
        steps = expression.expression.split(".")
        if not all(step.isidentifier() for step in steps):
            continue
        place = body
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = said.get(name)
    return body


PLATFORM = Platform(
    name="generic",
    settings=GenericSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    own_sender=True,
)
