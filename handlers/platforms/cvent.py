"""Cvent: fat, with a static token. One notification may tell of several events.

Sources: https://developers.cvent.com/docs/webhooks/technical-requirements, its page `account-setup`, and of the messages
`events/event-cancelled` and `manual/manual-event`, the two that could be read; that the others look alike is inferred.
Nothing was captured.

Times have no offset: they are taken for those of the clock of `timezoneName`, in which events close at 23:59. Cvent's
names of zones are its own, so that `time_zones` must say what is meant beyond those of the United States.

The REST API is not asked: it grants tokens for a form body only. The other way of proof, OAuth, is not offered: Cvent
would fetch a token from a server of the operator's, which Marquee is not. There is no webhook for a new event; what
tells of all of them is Cvent's own manual sync.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from marshmallow import ValidationError

from handlers.content import parse_object
from handlers.errors import InvalidNotification
from handlers.loading import load
from handlers.platform import Headers, Ignored, Json, Knock, Notification, Platform, Sample, Welcome
from handlers.signatures import Scheme, Token
from schemas.fields import Instant, given, shape
from schemas.local_times import instant_at
from schemas.platforms.cvent import (
    CANCELLED,
    DELETED,
    LAUNCHED,
    PENDING,
    STUB,
    CventSource,
    CventSourceSchema,
    Delivery,
    Entry,
    Numbered,
    zone_called,
)
from schemas.text import cut, html_to_text

CHANGES = frozenset({"eventmodified", "eventmanualsynced"})
CANCELLATIONS = frozenset({"eventcancelled", "eventcanceled"})
DELETIONS = frozenset({"eventdeleted"})
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
_DELIVERY, _ENTRY, _NUMBERED = Delivery(), Entry(), Numbered()

ORIGINS = {
    "eventName": "eventTitle",
    "eventType": "eventCategory",
    "startDateTime": "eventStartDate by the clock of timezoneName",
    "endDateTime": "eventEndDate by the clock of timezoneName",
    "eventOrganizer": "plannerCompany",
    "eventDescription": "eventDescription",
    "eventUrl": "the source's event_url with eventStub",
    "eventCancelled": "EventCancelled, EventDeleted; eventStatusName",
}
PRIVATE = frozenset(
    (
        *("plannerFirstName", "plannerLastName", "plannerTitle", "plannerEmail", "fromAcctEmailStub", "eventNote"),
        *("stakeholderFirstName", "stakeholderLastName", "stakeholderEmailAddr", "stakeholderTitle"),
        *("stakeholderCompany", "stakeholderWorkPhone", "stakeholderHomePhone", "stakeholderWorkFax"),
        *("stakeholderMobilePhone", "stakeholderAddress1", "stakeholderAddress2", "stakeholderAddress3"),
        *("stakeholderCity", "stakeholderState", "stakeholderPostalCode", "stakeholderCountry"),
        *("contactStub", "inviteeStub", "firstName", "lastName", "email", "eventForInvitee", "orders"),
    )
)


def schemes(_source: CventSource) -> Sequence[Scheme]:
    """The token that the operator gave Cvent, as it is."""
    return [Token()]


def handshake(knock: Knock, _source: CventSource) -> Welcome | None:
    """Cvent asks with GET whether the address is there, every ten minutes until it is answered 200."""
    return Welcome() if knock.method == "GET" else None


def unpack(headers: Headers, raw: bytes) -> Sequence[Json]:
    """One object for each entry of the message, each in the same envelope and with its place. Raises `Refusal`."""
    body = parse_object(headers.get("Content-Type"), headers.get("Content-Encoding"), raw)
    entries = body.get("message")
    if not isinstance(entries, list) or len(entries) < 2:
        return [body]
    return [{**body, "message": [entry], "messagePart": place} for place, entry in enumerate(entries)]


def read(body: Json, _headers: Headers, source: CventSource) -> Notification | Ignored:
    """What one entry says of its event. Raises `InvalidNotification`.

    `messageStub` names the notification, and `messagePart` the entry where there are several.
    """
    action = body.get("eventType")
    kind = action.lower() if isinstance(action, str) else ""
    ignored = kind not in CHANGES | CANCELLATIONS | DELETIONS or (kind in DELETIONS and source.on_deleted == "ignore")
    if isinstance(action, str) and ignored:
        return Ignored(action)
    said = load(_DELIVERY, body)
    entry = _entry(said["message"])
    if kind in CHANGES:
        event = load(_ENTRY, entry)
        fields, published = _fields(event, source), _published(event)
    else:
        event = load(_NUMBERED, entry)
        fields, published = {"eventCancelled": True}, None
    return Notification(
        said["eventType"],
        event["eventStub"],
        _delivery_id(said["messageStub"], said["messagePart"]),
        said["messageTime"],
        fields=fields,
        published=published,
        said=entry,
    )


def sample(_source: CventSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, as the documents have it."""
    day = f"2027-05-{event % 28 + 1:02}"
    entry = {
        "eventStub": f"0B4C4410-1D46-43CD-A903-{event + 1:012X}",
        "eventTitle": f"Sample event {event}, change {count}",
        "eventCategory": "Conference",
        "eventStartDate": f"{day}T09:00:00.000",
        "eventEndDate": f"{day}T17:00:00.000",
        "eventStatusName": "Active",
        "timezoneName": "Eastern Time",
    }
    body = {
        "eventType": "EventModified",
        "messageTime": f"{_FIRST_SAMPLE + timedelta(seconds=count):%Y-%m-%dT%H:%M:%S}.000Z",
        "messageStub": f"sample-{event}-{count}",
        "message": [entry],
    }
    return Sample({"Content-Type": "application/json", "User-Agent": "Cvent-Webhooks"}, orjson.dumps(body))


def _entry(message: Any) -> Json:
    entries = message if isinstance(message, list) else [message]
    if len(entries) != 1:
        raise InvalidNotification({"message": [f"Has {len(entries)} entries, not one."]})
    if not isinstance(entries[0], Mapping):
        raise InvalidNotification({"message": [f"Its entry is {shape(entries[0])}, not an object."]})
    return entries[0]


def _delivery_id(stub: str | None, part: int | None) -> str | None:
    return f"{stub}:{part}" if stub is not None and part is not None else stub


def _fields(said: Mapping[str, Any], source: CventSource) -> dict[str, Any]:
    """Cvent's words and HubSpot's, side by side."""
    fields = {
        "eventName": cut(said.get("eventTitle", "")) or None,
        "eventType": cut(said.get("eventCategory", "")) or None,
        "startDateTime": _instant(said.get("eventStartDate"), said, source),
        "endDateTime": _instant(said.get("eventEndDate"), said, source),
        "eventOrganizer": cut(said.get("plannerCompany", "")) or None,
        "eventDescription": html_to_text(said.get("eventDescription", "")) or None,
        "eventUrl": source.event_url.replace(STUB, said["eventStub"]) if source.event_url else None,
        "eventCancelled": _cancelled(said, source),
    }
    return given(fields)


def _instant(moment: datetime | None, said: Mapping[str, Any], source: CventSource) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is not None:
        return Instant().read(moment.isoformat())
    try:
        return instant_at(moment, zone_called(said.get("timezoneName"), source))
    except ValidationError as error:
        raise InvalidNotification({"timezoneName": error.messages}) from error


def _cancelled(said: Mapping[str, Any], source: CventSource) -> bool | None:
    """A status that nobody knows says nothing; one from before the launch may stand for being taken off sale."""
    status = _status(said)
    if status == CANCELLED or (status == DELETED and source.on_deleted == "cancel"):
        return True
    if status == PENDING:
        return True if source.on_unpublished == "cancel" else None
    return False if status in LAUNCHED else None


def _published(said: Mapping[str, Any]) -> bool | None:
    status = _status(said)
    if status == PENDING:
        return False
    return True if status in LAUNCHED else None


def _status(said: Mapping[str, Any]) -> str:
    return str(said.get("eventStatusName", "")).strip().lower()


PLATFORM = Platform(
    name="cvent",
    settings=CventSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    unpack=unpack,
    handshake=handshake,
    path_suffix=2,
)
