"""Eventbrite: thin and unsigned; its address is secret, and only the number of an event is believed.

Sources: https://www.eventbrite.com/platform/docs/webhooks, https://www.eventbrite.com/platform/api, and deliveries that
were captured. `X-Eventbrite-Delivery` is the webhook's id, the same in every delivery: it identifies none.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from marshmallow import Schema, ValidationError

from handlers.errors import InvalidNotification
from handlers.platform import (
    Api,
    Found,
    Get,
    Gone,
    Headers,
    Ignored,
    Json,
    LookUp,
    Notification,
    Platform,
    Sample,
    Skipped,
)
from handlers.signatures import PathToken, Scheme
from schemas.fields import given
from schemas.platforms.eventbrite import Delivery, EventbriteSource, EventbriteSourceSchema, EventObject
from schemas.text import cut, html_to_text

ABOUT_EVENTS = frozenset({"event.created", "event.published", "event.unpublished", "event.updated"})
PUBLIC_AT_SOME_TIME = frozenset({"event.published", "event.unpublished"})
EXPANSIONS = "event_sales_status,organizer,format,category"
_API_URL = re.compile(r"https://(?:www\.)?eventbriteapi\.com/v3/events/([1-9][0-9]{0,19})/")
_ID = re.compile(r"[1-9][0-9]{0,19}")
_DELIVERY, _EVENT = Delivery(), EventObject()

ORIGINS = {
    "eventName": "name.text",
    "eventType": "format.name, else category.name",
    "startDateTime": "start.utc unless hide_start_date",
    "endDateTime": "end.utc unless hide_end_date",
    "eventOrganizer": "organizer.name",
    "eventDescription": "summary, else description.text",
    "eventUrl": "url",
    "eventCancelled": "event_sales_status, else status",
}


def schemes(_source: EventbriteSource) -> Sequence[Scheme]:
    """Eventbrite signs nothing; the address is all there is."""
    return [PathToken()]


def read(body: Json, _headers: Headers, _source: EventbriteSource) -> Notification | Ignored:
    """Which event to ask about. Raises `InvalidNotification`."""
    said = _load(_DELIVERY, body)
    action = said["config"]["action"]
    if action not in ABOUT_EVENTS:
        return Ignored(action)
    url = said["api_url"]
    event = _API_URL.fullmatch(url) if isinstance(url, str) else None
    if event is None:
        raise InvalidNotification({"api_url": ["Is not the address of an event at eventbriteapi.com."]})
    return Notification(action, event[1], published=action in PUBLIC_AT_SOME_TIME)


def look_up(external_id: str, source: EventbriteSource) -> LookUp:
    """The event as it is now. Raises `InvalidNotification` where it makes no sense."""
    if not _ID.fullmatch(external_id):
        raise InvalidNotification({"id": ["Is not an id of Eventbrite: give its digits."]})
    answer = yield Get(f"/v3/events/{external_id}/", {"expand": EXPANSIONS}, frozenset({200, 404}))
    if answer.status == 404:
        return Gone()
    said = _load(_EVENT, answer.body)
    if skipped := _skipped(said, source):
        return skipped
    public, was_public = said["status"] != "draft", bool(said["published"])
    return Found(_fields(said, source), answer.body, said["changed"], published=public, was_published=was_public)


def api(source: EventbriteSource) -> Api:
    """A private token: https://www.eventbrite.com/platform/api#/introduction/authentication"""
    return Api(source.api_url, {"Authorization": f"Bearer {source.api_token}"})


def sample(_source: EventbriteSource, event: int, _count: int) -> Sample:
    """As Eventbrite sends it; there is no such event, so a look-up finds it gone."""
    headers = {
        "Accept": "text/plain",
        "Content-Type": "application/json",
        "User-Agent": "Eventbrite Hookshot",
        "X-Eventbrite-Event": "event.updated",
        "X-Eventbrite-Delivery": "1806556",
    }
    config = {"action": "event.updated", "user_id": "1", "endpoint_url": "https://example.com", "webhook_id": "1806556"}
    body = {"config": config, "api_url": f"https://www.eventbriteapi.com/v3/events/{event}/"}
    return Sample(headers, orjson.dumps(body))


def _fields(said: Mapping[str, Any], source: EventbriteSource) -> dict[str, Any]:
    """Eventbrite's words and HubSpot's, side by side."""
    fields = {
        "eventName": _plain(said["name"]),
        "eventType": _name_of(said["format"]) or _name_of(said["category"]),
        "startDateTime": None if said["hide_start_date"] else said["start"]["utc"],
        "endDateTime": None if said["hide_end_date"] or not said["end"] else said["end"]["utc"],
        "eventOrganizer": _name_of(said["organizer"]),
        "eventDescription": cut(said["summary"] or "") or _plain(said["description"] or {}),
        "eventUrl": said["url"],
        "eventCancelled": _cancelled(said, source),
    }
    return given(fields)


def _skipped(said: Mapping[str, Any], source: EventbriteSource) -> Skipped | None:
    """A series' parent spans all its dates, which may be years."""
    if said["is_series_parent"]:
        return Skipped("series_parent") if source.series == "occurrences" else None
    return Skipped("series_occurrence") if said["is_series"] and source.series == "parent" else None


def _cancelled(said: Mapping[str, Any], source: EventbriteSource) -> bool | None:
    """`status` stays `live` when an event is cancelled: what its page says of the sale tells it."""
    sales = said["event_sales_status"] or {}
    ended = (sales.get("sales_status"), sales.get("message_code")) == ("sales_ended", "event_cancelled")
    if ended or said["status"] in ("canceled", "cancelled"):
        return True
    if said["status"] != "draft":
        return False
    return True if source.on_unpublished == "cancel" else None


def _plain(text: Mapping[str, str | None]) -> str | None:
    """The plain one of two forms; there may be only HTML."""
    return cut(text.get("text") or "") or html_to_text(text.get("html") or "") or None


def _name_of(expansion: Mapping[str, str | None] | None) -> str | None:
    return cut((expansion or {}).get("name") or "") or None


def _load(schema: Schema, value: Any) -> Any:
    try:
        return schema.load(value)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error


PLATFORM = Platform(
    name="eventbrite",
    settings=EventbriteSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    look_up=look_up,
    api=api,
)
