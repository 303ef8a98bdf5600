"""Luma: fat and signed. Its API, if there is a key, finds what was not told.

Sources: https://public-api.luma.com/openapi.json and https://help.luma.com/p/webhooks.

No object of Luma's says whether its event is cancelled, or when it was changed:

- Only `event.canceled` cancels, and nothing takes that back: an update says what else changed, not that the event is on.
- What arrives later is newer.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from handlers.content import write_json
from handlers.digests import digest
from handlers.errors import LookUpFailed
from handlers.loading import load, readable, shown
from handlers.platform import (
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
    Skipped,
)
from handlers.signatures import Hmac, Scheme, StandardWebhooks
from schemas.fields import given
from schemas.platforms.luma import LUMA, Delivery, EventObject, Kind, LumaSource, LumaSourceSchema, Numbered
from schemas.platforms.luma import Listing as ListingObject
from schemas.text import cut, markdown_to_text

CANCELED, ADDED = "event.canceled", "calendar.event.added"
ABOUT_EVENTS = frozenset({"event.created", "event.updated", CANCELED, ADDED})
PER_PAGE = 50
CALLS_PER_SECOND = 1.0  # 200 a minute are allowed to all that use the calendar's key
SIGNATURE = "Webhook-Signature"
_PART = re.compile(
    r"(?:\A|,)\s*(?:t=(?P<timestamp>[0-9]{1,12})|v1=(?P<signature>[0-9a-fA-F]+))\s*(?=,|\Z)",
)
_DELIVERY, _KIND, _EVENT, _LISTING, _NUMBERED = Delivery(), Kind(), EventObject(), ListingObject(), Numbered()

ORIGINS = {
    "eventName": "name",
    "eventType": "location_type, unless the source's event_type says otherwise",
    "startDateTime": "start_at",
    "endDateTime": "end_at",
    "eventOrganizer": "calendar.name, unless the source's organizer says otherwise",
    "eventDescription": "description, else description_md",
    "eventUrl": "url",
    "eventCancelled": "event.canceled",
}
PRIVATE = frozenset(
    (
        *("meeting_url", "zoom_meeting_url", "registration_answers", "email", "user_email", "phone_number"),
        *("first_name", "last_name", "user_name", "user_first_name", "user_last_name"),
    )
)


def schemes(_source: LumaSource) -> Sequence[Scheme]:
    """The secret as it is, `whsec_` and all, over time and body; some receivers found Standard Webhooks instead."""
    return [Hmac(SIGNATURE, _PART, "{timestamp}.{body}"), StandardWebhooks()]


def read(body: Json, headers: Headers, source: LumaSource) -> Notification | Ignored:
    """What it says of an event. Raises `InvalidNotification`."""
    action = body.get("type")
    if isinstance(action, str) and action not in ABOUT_EVENTS:
        return Ignored(action)
    said = load(_DELIVERY, body)
    action, event = said["type"], said["data"]
    if _is_foreign(event) or (action == ADDED and _is_told_otherwise(source)):
        return Ignored(action)
    loaded = load(_EVENT, event)
    cancelled = {"eventCancelled": True} if action == CANCELED else {}
    return Notification(
        action,
        loaded["id"],
        _delivery_id(headers, body),
        fields=_fields(loaded, source) | cancelled,
        published=None if action == ADDED else _is_public(loaded, source),
        said=event,
    )


def look_up(external_id: str, source: LumaSource) -> LookUp:
    """The event as it is now. Raises `InvalidNotification` where it makes no sense.

    A wrong place answers 404 as well: only an API that knows the key's calendar is believed.
    """
    answer = yield Get("/v1/events/get", {"event_id": external_id}, frozenset({200, 404}))
    if answer.status == 404:
        yield Get("/v1/calendars/get")
        return Gone()
    return _found(answer.body, source)


def list_events(source: LumaSource, following: str | None) -> Listing:
    """A page of the events that the calendar manages, by their start. `following` is Luma's own cursor."""
    cursor = {"pagination_cursor": following} if following else {}
    order = {"sort_column": "start_at", "sort_direction": "asc"}
    answer = yield Get("/v1/calendars/events/list", {"pagination_limit": str(PER_PAGE), **order, **cursor})
    said = readable(_LISTING, answer.body)
    if said["has_more"] and not said["next_cursor"]:
        raise LookUpFailed("platform_unreadable")
    events = [_listed(event, source) for event in said["entries"]]
    return Page(events, said["next_cursor"] if said["has_more"] else None)


def api(source: LumaSource) -> Api | None:
    """A calendar's key: https://docs.luma.com/reference/authentication"""
    if source.api_token is None:
        return None
    return Api(source.api_url, {"x-luma-api-key": source.api_token}, calls_per_second=CALLS_PER_SECOND, at_once=1)


def sample(_source: LumaSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, shaped as the schema has it."""
    start = datetime(2027, 5, event % 28 + 1, 9, tzinfo=UTC)
    data: dict[str, Any] = {
        "platform": LUMA,
        "id": f"evt-sample{event}",
        "user_id": "usr-sample",
        "calendar_id": "cal-sample",
        "start_at": _instant(start),
        "duration_interval": "PT8H",
        "end_at": _instant(start + timedelta(hours=8)),
        "created_at": "2026-12-01T09:00:00.000Z",
        "timezone": "Europe/Berlin",
        "name": f"Sample event {event}, change {count}",
        "description": "A sample.",
        "description_md": "A sample.",
        "geo_address_json": None,
        "coordinate": None,
        "meeting_url": None,
        "location_type": "offline",
        "location_visibility": "public",
        "cover_url": "https://images.lumacdn.com/sample.png",
        "url": f"https://luma.com/sample{event}",
        "visibility": "public",
        "waitlist_status": "disabled",
        "feedback_email": {"enabled": False},
        "geo_latitude": None,
        "geo_longitude": None,
        "tags": [],
    }
    return Sample({"Content-Type": "application/json"}, orjson.dumps({"type": "event.updated", "data": data}))


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_foreign(event: Json) -> bool:
    """Whether it is an event of another site, which a calendar only shows."""
    return bool(load(_KIND, event)["platform"] != LUMA)


def _is_told_otherwise(source: LumaSource) -> bool:
    """An event is added to calendars that do not manage it, too, and without its visibility.

    A key lists all that its calendar manages, and would find others gone.
    """
    return source.api_token is not None or source.private_events == "ignore"


def _delivery_id(headers: Headers, body: Json) -> str | None:
    """`Webhook-Id`, else time and body. Never the body alone: A, B and A again would have the third taken for the first.

    Raises `Refusal` where the body is nested too deeply.
    """
    if sent := headers.get("webhook-id") or headers.get("svix-id"):
        return sent
    parts = _PART.finditer(headers.get(SIGNATURE) or "")
    stamp = next((part["timestamp"] for part in parts if part["timestamp"]), None)
    return digest(stamp.encode(), write_json(body)) if stamp else None


def _is_public(said: Mapping[str, Any], source: LumaSource) -> bool:
    """`private` is what no page lists; who has the address can come."""
    return said["visibility"] != "private" or source.private_events == "send"


def _fields(said: Mapping[str, Any], source: LumaSource) -> dict[str, Any]:
    """Luma's words and HubSpot's, side by side."""
    fields = {
        "eventName": cut(said["name"]) or None,
        "eventType": None if source.event_type else _where(said["location_type"]),
        "startDateTime": said["start_at"],
        "endDateTime": said["end_at"],
        "eventOrganizer": None if source.organizer else cut((said["calendar"] or {}).get("name") or "") or None,
        "eventDescription": cut(said["description"] or "") or markdown_to_text(said["description_md"] or "") or None,
        "eventUrl": said["url"],
    }
    return given(fields)


def _where(location: str | None) -> str | None:
    """Online events have the name of what they are on, or `unknown`; `missing` is where nothing is said of it."""
    if location in (None, "", "missing"):
        return None
    return "In person" if location == "offline" else "Online"


def _found(event: Json, source: LumaSource) -> Found:
    said = load(_EVENT, event)
    return Found(_fields(said, source), event, published=_is_public(said, source))


def _listed(event: Json, source: LumaSource) -> Listed:
    said = readable(_NUMBERED, event)
    if said["platform"] != LUMA:
        return Listed(said["id"], Skipped("other_platform"))
    return Listed(said["id"], shown(_found, event, source))


PLATFORM = Platform(
    name="luma",
    settings=LumaSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    api=api,
    look_up=look_up,
    list_events=list_events,
)
