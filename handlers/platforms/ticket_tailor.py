"""Ticket Tailor: fat and signed, but what an event leaves out may stand in its series: then its API is asked, given a key.

Sources: https://developers.tickettailor.com/docs/webhook/security, /docs/webhook/configuration, /docs/api/get-all-events
and /docs/api/ticket-tailor-api. What its webhooks say of an event is documented nowhere that could be read: it is taken
for what the API answers, every part of it optional.

An event here is one date; its series has no dates of its own and is not sent. Neither has a cancelled state.
`created_at` is without a zone and none is guessed: with the setting `time_zone` it orders the notifications of an event,
without it they are ordered by their arrival.
"""

import re
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.loading import load, readable, shown
from handlers.platform import (
    Answer,
    Api,
    Found,
    Get,
    Gone,
    Headers,
    Ignored,
    Json,
    Listed,
    Listing,
    LookUp,
    Notification,
    Page,
    Platform,
    Sample,
)
from handlers.signatures import Hmac, Scheme
from schemas.fields import given
from schemas.platforms.ticket_tailor import Delivery, EventObject, TicketTailorSource, TicketTailorSourceSchema
from schemas.platforms.ticket_tailor import Listing as ListingObject
from schemas.text import cut, html_to_text

DELETED = "EVENT.DELETED"
ABOUT_EVENTS = frozenset({"EVENT.CREATED", "EVENT.UPDATED", DELETED})
PUBLIC = {"draft": False, "published": True, "sales_closed": True, "close_sales": True}
NEEDED = ("name", "status", "start")
FROM_SERIES = ("name", "status", "url")
PER_PAGE = 100
CALLS_PER_SECOND = 2.0  # 5,000 in 30 minutes are allowed
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_ID, _SERIES_ID = re.compile(r"ev_[A-Za-z0-9]{1,40}"), re.compile(r"es_[A-Za-z0-9]{1,40}")
_RESOURCE = re.compile(
    r"https://api\.tickettailor\.com/v1/(?:event_series/es_[A-Za-z0-9]{1,40}/)?events/(ev_[A-Za-z0-9]{1,40})/?"
)
_DELIVERY, _EVENT, _LISTING = Delivery(), EventObject(), ListingObject()
Completing = Generator[Get, Answer, Json]

ORIGINS = {
    "eventName": "name of the event, else of its series",
    "startDateTime": "start.iso, else start.unix",
    "endDateTime": "end.iso, else end.unix",
    "eventDescription": "description",
    "eventUrl": "url of the event, else of its series",
    "eventCancelled": "EVENT.DELETED; status",
}
PRIVATE = frozenset({"access_code", "online_link", "payment_methods", "email"})


def schemes(_source: TicketTailorSource) -> Sequence[Scheme]:
    """The time and the body are signed with nothing between them."""
    pattern = re.compile(r"\At=(?P<timestamp>[0-9]{1,12}),\s*v1=(?P<signature>[0-9a-fA-F]+)\Z")
    return [Hmac("Tickettailor-Webhook-Signature", pattern, "{timestamp}{body}")]


def read(body: Json, _headers: Headers, source: TicketTailorSource) -> Notification | Ignored:
    """What it says of an event; nothing of its own where it says too little and there is a key to ask with.

    Raises `InvalidNotification`.
    """
    action = body.get("event")
    if isinstance(action, str) and action not in ABOUT_EVENTS:
        return Ignored(action)
    said = load(_DELIVERY, body)
    payload = said["payload"] or {}
    if _is_series(payload) or (action == DELETED and source.on_deleted == "ignore"):
        return Ignored(said["event"])
    # Of what is deleted only counts whether it was public.
    event = load(_EVENT, {"status": payload.get("status")} if action == DELETED else payload)
    return Notification(
        said["event"],
        _identified(payload, said["resource_url"]),
        said["id"],
        _version(said["created_at"], source),
        fields={"eventCancelled": True} if action == DELETED else _told(event, source),
        published=PUBLIC.get((event["status"] or "").lower()),
        said=payload,
    )


def look_up(external_id: str, source: TicketTailorSource) -> LookUp:
    """The event as it is now, with its series' words where it has none. Raises `InvalidNotification`."""
    if not _EVENT_ID.fullmatch(external_id):
        raise InvalidNotification({"id": ["Is not an id of an event at Ticket Tailor: such as ev_123."]})
    answer = yield Get(f"/v1/events/{external_id}", expects=frozenset({200, 404}))
    if answer.status == 404:
        return Gone()
    return _found((yield from _completed(answer.body, {})), source)


def list_events(source: TicketTailorSource, following: str | None) -> Listing:
    """A page of all events, newest first. `following` is the last event of the page before."""
    cursor = {"starting_after": following} if following else {}
    answer = yield Get("/v1/events", {"limit": str(PER_PAGE), **cursor})
    said = readable(_LISTING, answer.body)
    series: dict[str, Json] = {}
    events = []
    for event in said["data"]:
        whole = yield from _completed(event, series)
        events.append(_listed(whole, source))
    if said["links"]["next"] is None or not events:
        return Page(events)
    if events[-1].event == following:
        raise LookUpFailed("platform_unreadable")
    return Page(events, events[-1].event)


def api(source: TicketTailorSource) -> Api | None:
    """The key is a user's name without a password: https://developers.tickettailor.com/docs/api/ticket-tailor-api"""
    if source.api_token is None:
        return None
    credentials = b64encode(f"{source.api_token}:".encode()).decode()
    return Api(source.api_url, {"Authorization": f"Basic {credentials}"}, calls_per_second=CALLS_PER_SECOND)


def sample(_source: TicketTailorSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, as the documents have it."""
    number, day = f"ev_{event + 1}", f"2027-05-{event % 28 + 1:02}"
    created_at = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(seconds=count)
    body = {
        "id": f"wh_{count * 1_000_000 + event}",
        "created_at": f"{created_at:%Y-%m-%d %H:%M:%S}",
        "event": "EVENT.UPDATED",
        "resource_url": f"https://api.tickettailor.com/v1/events/{number}",
        "payload": {
            "object": "event",
            "id": number,
            "event_series_id": f"es_{event + 1}",
            "name": f"Sample event {event}, change {count}",
            "status": "published",
            "start": {"iso": f"{day}T09:00:00+01:00"},
            "end": {"iso": f"{day}T17:00:00+01:00"},
            "url": f"https://www.tickettailor.com/events/sample/{event + 1}",
            "private": "false",
        },
    }
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _is_series(payload: Json) -> bool:
    """The hooks are called after events, and a series is one in the words of the dashboard."""
    number = payload.get("id")
    return isinstance(number, str) and _SERIES_ID.fullmatch(number) is not None


def _identified(payload: Json, resource_url: Any) -> str:
    """Which event it is. The address is only read: what is asked is made anew out of the id."""
    number = payload.get("id")
    if isinstance(number, str) and _EVENT_ID.fullmatch(number):
        return number
    if number is not None:
        raise InvalidNotification({"payload.id": ["Is not an id of an event: such as ev_123."]})
    resource = _RESOURCE.fullmatch(resource_url) if isinstance(resource_url, str) else None
    if resource is None:
        raise InvalidNotification({"resource_url": ["Is not the address of an event at api.tickettailor.com."]})
    return resource[1]


def _version(created_at: datetime | None, source: TicketTailorSource) -> int | None:
    """Microseconds since 1970; none where it is not known of which clock they are."""
    if created_at is None or (created_at.tzinfo is None and source.time_zone is None):
        return None
    moment = created_at if created_at.tzinfo else created_at.replace(tzinfo=source.time_zone)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _told(event: Mapping[str, Any], source: TicketTailorSource) -> dict[str, Any] | None:
    """What the payload says; None where the API can say more."""
    asks = source.api_token is not None and any(event[name] is None for name in (*NEEDED, "url"))
    return None if asks else _fields(event, source)


def _fields(event: Mapping[str, Any], source: TicketTailorSource) -> dict[str, Any]:
    """Ticket Tailor's words and HubSpot's, side by side."""
    fields = {
        "eventName": cut(event["name"] or "") or None,
        "startDateTime": _instant(event["start"]),
        "endDateTime": _instant(event["end"]),
        "eventDescription": html_to_text(event["description"] or "") or None,
        "eventUrl": event["url"],
        "eventCancelled": _cancelled(event, source),
    }
    return given(fields)


def _instant(time: Mapping[str, Any] | None) -> str | None:
    said: dict[str, str | None] = dict(time or {})
    return said.get("iso") or said.get("unix")


def _cancelled(event: Mapping[str, Any], source: TicketTailorSource) -> bool | None:
    """There is no such state: being off sale may stand for it, and being public denies it."""
    public = PUBLIC.get((event["status"] or "").lower())
    if public is False:
        return True if source.on_unpublished == "cancel" else None
    return False if public else None


def _completed(event: Json, series: dict[str, Json]) -> Completing:
    """The event with its series' words where it has none. What was asked of a series is kept in `series`."""
    number = event.get("event_series_id")
    if not isinstance(number, str) or not _SERIES_ID.fullmatch(number):
        return event
    if all(event.get(name) is not None for name in FROM_SERIES):
        return event
    if number not in series:
        series[number] = (yield Get(f"/v1/event_series/{number}")).body
    words = {name: series[number].get(name) for name in (*FROM_SERIES, "description")}
    return {**event, **{name: word for name, word in words.items() if event.get(name) is None}}


def _found(event: Json, source: TicketTailorSource) -> Found:
    said = load(_EVENT, event)
    if missing := [name for name in NEEDED if said[name] is None]:
        raise InvalidNotification({name: ["Is missing: neither the event nor its series has it."] for name in missing})
    return Found(_fields(said, source), event, published=PUBLIC.get(said["status"].lower(), False))


def _listed(event: Json, source: TicketTailorSource) -> Listed:
    number = event.get("id")
    if not isinstance(number, str) or not _EVENT_ID.fullmatch(number):
        raise LookUpFailed("platform_unreadable")
    return Listed(number, shown(_found, event, source))


PLATFORM = Platform(
    name="ticket-tailor",
    settings=TicketTailorSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    api=api,
    look_up=look_up,
    list_events=list_events,
)
