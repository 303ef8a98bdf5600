"""Eventix, on OpenTicket, now called Weeztix: fat and unsigned, with a fixed nonce for each webhook.

Sources: https://docs.openticket.tech/docs/webhooks/payload-structure, https://docs.openticket.tech/docs/webhooks/remarks,
https://docs.openticket.tech/docs/events/event and https://docs.openticket.tech/docs/events/eventDate. Nothing was
captured: that `props` are called as the API's fields is inferred.

An event has no times: its dates have, which are told of by webhooks of their own. The times of the date that changed
last become the event's, which is right for an event of one date; for those of several there is `dates = "ignore"`.
Only a 4xx makes OpenTicket try again, and nobody there could mend what cannot be read: it is kept, and answered 202.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from marshmallow import ValidationError

from handlers.errors import InvalidNotification
from handlers.loading import load
from handlers.platform import Headers, Ignored, Json, Notification, Platform, Sample
from handlers.signatures import Scheme, Token
from schemas.fields import given
from schemas.platforms.eventix import (
    About,
    DateProps,
    Delivery,
    EventixSource,
    EventixSourceSchema,
    EventProps,
    Numbered,
    event_of,
)
from schemas.text import cut, html_to_text

NONCE, DEDUPE_KEY = "OpenTicket-Identifier", "OpenTicket-Dedupe-Key"
EVENT, EVENT_DATE = "event", "eventdate"
CHANGES = frozenset({"create", "update"})
DELETION = "delete"
CANCELLED = ("canceled", "cancelled")
NORMAL = "normal"
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
_NOT_LETTERS = re.compile(r"[^a-z]")
_ABOUT, _DELIVERY, _NUMBERED = About(), Delivery(), Numbered()
_EVENT, _DATE = EventProps(), DateProps()

ORIGINS = {
    "eventName": "change.props.name, else model.name",
    "startDateTime": "change.props.start of its date",
    "endDateTime": "change.props.end of its date",
    "eventDescription": "change.props.description",
    "eventCancelled": "type delete; change.props.status",
}
PRIVATE = frozenset(
    ("user_id", "user_name", "email", "phone", "firstname", "lastname", "password", "nonce", "token", "api_key", "iban")
)


def schemes(_source: EventixSource) -> Sequence[Scheme]:
    """The nonce that OpenTicket gave the webhook when it was made."""
    return [Token(NONCE)]


def read(body: Json, headers: Headers, source: EventixSource) -> Notification | Ignored:
    """What it says of an event, or of a date of one. Raises `InvalidNotification`."""
    said = load(_ABOUT, body)
    kind, change = _kind(said["model"]["type"]), said["type"].lower()
    action = f"{said['model']['type']}.{said['type']}"
    if not _concerns(kind, change, source):
        return Ignored(action)
    whole = load(_DELIVERY, body)
    props = whole["change"].get("props", {})
    if kind == EVENT_DATE:
        event, fields = _date(props)
    else:
        event = load(_NUMBERED, whole["model"])["guid"]
        fields = {"eventCancelled": True} if change == DELETION else _event(props, whole["model"])
    return Notification(action, event, headers.get(DEDUPE_KEY), whole.get("time"), fields=fields, said=props)


def sample(_source: EventixSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event: of its name and its date in turn."""
    guid, day = f"b048af93-13d9-45d0-9c3a-{event + 1:012x}", f"2027-05-{event % 28 + 1:02}"
    name = f"Sample event {event}, change {count}"
    date_guid = f"23e91fdb-9a37-41eb-8a5c-{event + 1:012x}"
    date = {"guid": date_guid, "event_id": guid, "start": f"{day}T09:00:00+02:00", "end": f"{day}T17:00:00+02:00"}
    about: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({"guid": guid, "type": "event", "name": name}, {"guid": guid, "name": name, "status": NORMAL}),
        ({"guid": date_guid, "type": "eventDate", "name": name}, date),
    )
    model, props = about[count % 2]
    body = {
        "meta": {"user_id": "sample", "user_name": "Sample", "company_id": "sample"},
        "model": model,
        "change": {"props": props, "changes": {}},
        "type": "update",
        "time": (_FIRST_SAMPLE + timedelta(seconds=count)).isoformat(),
    }
    headers = {"Content-Type": "application/json", DEDUPE_KEY: f"sample-{event}-{count}"}
    return Sample(headers, orjson.dumps(body))


def _kind(model: str) -> str:
    """How a date of an event is called here is not documented: `eventDate` in any spelling."""
    return _NOT_LETTERS.sub("", model.lower())


def _concerns(kind: str, change: str, source: EventixSource) -> bool:
    """A date that goes says nothing of its event, which may have others."""
    if kind == EVENT_DATE:
        return change in CHANGES and source.dates == "use"
    return kind == EVENT and (change in CHANGES or (change == DELETION and source.on_deleted == "cancel"))


def _event(props: Json, model: Mapping[str, Any]) -> dict[str, Any]:
    """OpenTicket's words and HubSpot's, side by side. It tells neither an address nor an organizer."""
    said = load(_EVENT, props)
    description = said.get("description")
    fields = {
        "eventName": cut(said.get("name") or model.get("name", "")) or None,
        "startDateTime": said.get("start"),
        "endDateTime": said.get("end"),
        "eventDescription": (html_to_text(description) or None) if isinstance(description, str) else None,
        "eventCancelled": _cancelled(said.get("status")),
    }
    return given(fields)


def _date(props: Json) -> tuple[str, dict[str, Any]]:
    said = load(_DATE, props)
    try:
        event = event_of(said)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error
    return event, given({"startDateTime": said.get("start"), "endDateTime": said.get("end")})


def _cancelled(status: Any) -> bool | None:
    """Only `normal` is documented; what else there is says nothing."""
    word = status.lower() if isinstance(status, str) else None
    if word in CANCELLED:
        return True
    return False if word == NORMAL else None


PLATFORM = Platform(
    name="eventix",
    settings=EventixSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
)
