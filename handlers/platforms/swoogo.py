"""Swoogo: fat, with the fields that the operator chose, as JSON or as a form; unsigned, with a secret in a header or in the address.

Sources: https://developer.swoogo.com/api-reference/overviews/webhooks,
https://developer.swoogo.com/api-reference/webhooks/create-webhook and
https://developer.swoogo.com/api-reference/events/get-all-events. No delivery was captured: how the values look is
taken from the API's documents.

A webhook does not say what set it off, and an event that was deleted looks like any other. So the operator makes one
webhook for each trigger, and the one for deletions gets a header of its own, `X-Marquee-Action: delete`; or a field
`action` among the custom fields. Swoogo's API wants a form to grant a token, which is why it is not asked.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import orjson
from marshmallow import ValidationError

from handlers.content import check_charset, check_encoding, media_type_of, parse_object
from handlers.errors import InvalidNotification, Refusal
from handlers.own_words import fields_of, load, mapped
from handlers.platform import Headers, Ignored, Json, Notification, Platform, Sample, without
from handlers.signatures import PathToken, Scheme, Token
from schemas.fields import shape
from schemas.own_words import MAPPED
from schemas.platforms.swoogo import DRAFT, LIVE, SwoogoSource, SwoogoSourceSchema, status_of, words

FORM = "application/x-www-form-urlencoded"
ACTION_HEADER, ACTION = "X-Marquee-Action", "action"
MOST_FIELDS = 1000
CHANGES = frozenset({"", "insert", "create", "created", "update", "updated"})
DELETIONS = frozenset({"delete", "deleted"})
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
PUBLIC = {DRAFT: False, LIVE: True}
PARENT = "event_id"
"""What is below an event names it: registrants, sessions, speakers. An event has no such field."""

ORIGINS = {
    "eventName": "name",
    "eventType": "map.eventType, else the source's event_type",
    "startDateTime": "start_date and start_time by the clock of timezone",
    "endDateTime": "end_date and end_time by the clock of timezone",
    "eventOrganizer": "map.eventOrganizer, else the source's organizer",
    "eventDescription": "description",
    "eventUrl": "url, or domain and url",
    "eventCancelled": "status; the action delete",
    "customProperties": "map.customProperties",
}
PRIVATE = frozenset(
    (
        *("webinar_url", "join_url", "password", "email", "first_name", "last_name", "phone", "mobile_phone"),
        *("created_by", "updated_by", "registrants", "registrant", "contact", "speakers"),
    )
)


def schemes(source: SwoogoSource) -> Sequence[Scheme]:
    """A header that Swoogo is told to send, or the last part of the address."""
    return [Token(source.token_header)] if source.signature == "token" else [PathToken()]


def unpack(headers: Headers, raw: bytes) -> Sequence[Json]:
    """The fields of a form or of JSON as one object, with what the header says of the action. Raises `Refusal`.

    Names of a form stay as they are: PHP's `location[name]` is one name, which JMESPath finds in double quotes.
    """
    content_type, encoding = headers.get("Content-Type"), headers.get("Content-Encoding")
    media_type, charset = media_type_of(content_type)
    if media_type == FORM:
        check_charset(charset)
        check_encoding(encoding)
        said = _form(raw)
    else:
        said = parse_object(content_type, encoding, raw)
    action = headers.get(ACTION_HEADER)
    return [said if action is None else {**said, ACTION: action}]


def read(body: Json, _headers: Headers, source: SwoogoSource) -> Notification | Ignored:
    """What it says of the event. Raises `InvalidNotification`, with errors by Swoogo's names and by those of `map`."""
    word = body.get(ACTION, "")
    if not isinstance(word, str):
        raise InvalidNotification({ACTION: [f"Is {shape(word)}, not a word such as update or delete."]})
    action, kind = f"event.{word or 'changed'}", word.strip().lower()
    is_below = body.get(PARENT) is not None and "id" not in source.map
    if kind not in CHANGES | DELETIONS or is_below:
        return Ignored(action)
    if kind in DELETIONS:
        return _deleted(action, body, source)
    said = _said(body, frozenset(MAPPED), source)
    return Notification(
        action,
        said["id"],
        said.get("notificationId"),
        said.get("version"),
        said.get("objectId"),
        fields_of(said),
        published=PUBLIC.get(status_of(body)),
    )


def sample(source: SwoogoSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, in Swoogo's own names. Raises `ValueError` where the map finds no id in it."""
    day = f"2027-05-{event % 28 + 1:02}"
    body = {
        "id": event + 1,
        "name": f"Sample event {event}, change {count}",
        "status": LIVE,
        "start_date": day,
        "start_time": "09:00:00",
        "end_date": day,
        "end_time": "17:00:00",
        "timezone": "Europe/Berlin",
        "url": f"https://example.swoogo.com/sample-{event}",
        "updated_at": f"{_FIRST_SAMPLE + timedelta(seconds=count):%Y-%m-%d %H:%M:%S}",
    }
    if "id" in source.map and not mapped(body, {"id": source.map["id"]})["id"]:
        raise ValueError("A sample is in Swoogo's own names, and this source's map looks for the id elsewhere.")
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _form(raw: bytes) -> dict[str, Any]:
    """The fields of a form; of a name that comes twice the last value counts, as in PHP."""
    try:
        text = raw.decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        told = f"The body is not a form in UTF-8 of at most {MOST_FIELDS} fields."
        raise Refusal(400, "not_json", told) from error
    if not pairs:
        raise Refusal(400, "not_json", "The body is an empty form.")
    return dict(pairs)


def _deleted(action: str, body: Json, source: SwoogoSource) -> Notification | Ignored:
    """Of what is deleted only its number counts, and when."""
    if source.on_deleted == "ignore":
        return Ignored(action)
    said = _said(body, frozenset({"id", "version", "objectId", "notificationId"}), source)
    fields = {"eventCancelled": True}
    return Notification(
        action, said["id"], said.get("notificationId"), said.get("version"), said.get("objectId"), fields
    )


def _said(body: Json, names: frozenset[str], source: SwoogoSource) -> Mapping[str, Any]:
    """The words of the source's map, and those of Swoogo's own names that it does not tell."""
    paths = {name: path for name, path in source.map.items() if name in names}
    try:
        own = words(body, names - source.map.keys(), source)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error
    return load({**own, **(mapped(without(body, PRIVATE), paths) if paths else {})})


PLATFORM = Platform(
    name="swoogo",
    settings=SwoogoSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    unpack=unpack,
)
