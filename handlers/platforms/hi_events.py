"""Hi.Events: fat, and signed over the very bytes that PHP wrote. Its API, if there is a token, finds what was not told.

Source: https://github.com/HiEventsDev/Hi.Events, versions 1.8 and 2.0: `WebhookDispatchService`, `EventResource`,
`routes/api.php`. Nothing was captured.

It delivers once and never again, so nothing authentic may be refused or lost:

- No delivery id is made up out of the body. `event_sent_at` counts whole seconds, so A, B and A again within one second
  would have the third taken for the first.
- However old `event_sent_at` is, the notification is taken: a clock that is off would cost it for ever. A replay harms
  nothing, since `event_sent_at` is signed and is the version: what is older than what is known changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson

from handlers.errors import InvalidNotification
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
)
from handlers.signatures import Hmac, Scheme
from schemas.fields import given
from schemas.platforms.hi_events import (
    CANCELLED,
    DRAFT,
    LIVE,
    Answer,
    CancelledDate,
    Delivery,
    EventObject,
    HiEventsSource,
    HiEventsSourceSchema,
    Numbered,
)
from schemas.platforms.hi_events import Listing as ListingObject
from schemas.text import cut, html_to_text

ABOUT_EVENTS = frozenset({"event.created", "event.updated", "event.archived"})
DATE_CANCELLED = "occurrence.cancelled"
PER_PAGE = 25  # of at most 100; each event comes with all its products and dates
CALLS_PER_SECOND = 0.5  # Laravel's own default is 60 a minute
_ID = re.compile(r"[1-9][0-9]{0,18}")
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
_DELIVERY, _DATE, _EVENT, _ANSWER = Delivery(), CancelledDate(), EventObject(), Answer()
_LISTING, _NUMBERED = ListingObject(), Numbered()

ORIGINS = {
    "eventName": "title",
    "eventType": "category",
    "startDateTime": "start_date",
    "endDateTime": "end_date",
    "eventDescription": "description",
    "eventUrl": "frontend_url of the source, id and slug",
    "eventCancelled": "status; the API's occurrences, if all are cancelled",
}
PRIVATE = frozenset(
    (
        *("online_event_connection_details", "connection_details", "post_checkout_message"),
        *("offline_payment_instructions", "support_email", "email", "phone", "password"),
    )
)


def schemes(_source: HiEventsSource) -> Sequence[Scheme]:
    """Plain hex, without a prefix or a time: https://github.com/spatie/laravel-webhook-server"""
    return [Hmac("Signature")]


def read(body: Json, _headers: Headers, source: HiEventsSource) -> Notification | Ignored:
    """What it says of an event; nothing of its own where 2.0 left out the times that the API has.

    Raises `InvalidNotification`.
    """
    action = body.get("event_type")
    if isinstance(action, str) and not _concerns(action, source):
        return Ignored(action)
    said = load(_DELIVERY, body)
    if action == DATE_CANCELLED:
        return Notification(action, load(_DATE, said["payload"])["event_id"], version=said["event_sent_at"])
    event = load(_EVENT, said["payload"])
    asks = source.api_token is not None and event["start_date"] is None
    return Notification(
        said["event_type"],
        event["id"],
        version=said["event_sent_at"],
        fields=None if asks else _fields(event, source),
        published=event["status"] != DRAFT,
        said=said["payload"],
    )


def look_up(external_id: str, source: HiEventsSource) -> LookUp:
    """The event as it is now. Raises `InvalidNotification` where it makes no sense.

    An API that is looked for in the wrong place answers 404 as well: only one that lists its events is believed.
    """
    if not _ID.fullmatch(external_id):
        raise InvalidNotification({"id": ["Is not an id of Hi.Events: give its digits."]})
    answer = yield Get(f"/events/{external_id}", expects=frozenset({200, 404}))
    if answer.status == 404:
        listing = yield Get("/events", {"per_page": "1"})
        readable(_LISTING, listing.body)
        return Gone()
    return _found(load(_ANSWER, answer.body)["data"], source)


def list_events(source: HiEventsSource, following: str | None) -> Listing:
    """A page of all events, oldest first, so that a new one moves none to another page.

    `following` is its number; anything else is the beginning.
    """
    page = int(following) if following and following.isdecimal() else 1
    order = {"sort_by": "created_at", "sort_direction": "asc"}
    answer = yield Get("/events", {"page": str(page), "per_page": str(PER_PAGE), **order})
    said = readable(_LISTING, answer.body)
    events = [_listed(event, source) for event in said["data"]]
    return Page(events, str(page + 1) if page < said["meta"]["last_page"] else None)


def api(source: HiEventsSource) -> Api | None:
    """A user's token, as `POST /auth/login` grants it for `JWT_TTL` minutes, by default a week."""
    if source.api_url is None:
        return None
    return Api(
        source.api_url, {"Authorization": f"Bearer {source.api_token}"}, calls_per_second=CALLS_PER_SECOND, at_once=1
    )


def sample(_source: HiEventsSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, in bytes as PHP's `json_encode` writes them: with `\\/`."""
    day = f"2027-05-{event % 28 + 1:02}"
    body = {
        "event_type": "event.updated",
        "event_sent_at": (_FIRST_SAMPLE + timedelta(seconds=count)).isoformat(),
        "payload": {
            "id": event + 1,
            "title": f"Sample event {event}, change {count}",
            "category": "BUSINESS",
            "description": "<p>A sample.</p>",
            "start_date": f"{day}T07:00:00.000000Z",
            "end_date": f"{day}T15:00:00.000000Z",
            "status": LIVE,
            "timezone": "Europe/Berlin",
            "slug": f"sample-event-{event}",
        },
    }
    headers = {"Content-Type": "application/json", "X-Webhook-Source": "Hi.Events"}
    return Sample(headers, orjson.dumps(body).replace(b"/", rb"\/"))


def _concerns(action: str, source: HiEventsSource) -> bool:
    """A date alone says too little of its event, so it counts only where the event can be asked for."""
    return action in ABOUT_EVENTS or (action == DATE_CANCELLED and source.api_token is not None)


def _fields(said: Mapping[str, Any], source: HiEventsSource) -> dict[str, Any]:
    """Hi.Events' words and HubSpot's, side by side."""
    fields = {
        "eventName": cut(said["title"]),
        "eventType": said["category"] or None,
        "startDateTime": said["start_date"],
        # Where no date has an end, 2.0 gives the start of the last for one.
        "endDateTime": None if said["end_date"] == said["start_date"] else said["end_date"],
        "eventDescription": html_to_text(said["description"] or "") or None,
        "eventUrl": _url(said, source),
        "eventCancelled": _cancelled(said, source),
    }
    return given(fields)


def _url(said: Mapping[str, Any], source: HiEventsSource) -> str | None:
    """No object of Hi.Events' has its own address; this is how `EventDomainObject::getEventUrl` makes it."""
    if source.frontend_url is None or said["slug"] is None:
        return None
    return f"{source.frontend_url}/event/{said['id']}/{quote(said['slug'], safe='')}"


def _cancelled(said: Mapping[str, Any], source: HiEventsSource) -> bool | None:
    """An event has no such state: all its dates may be cancelled, or being off sale may stand for it."""
    dates = said["occurrences"] or []
    if dates and all(date["status"] == CANCELLED for date in dates):
        return True
    if said["status"] == LIVE:
        return False
    return True if source.on_unpublished == "cancel" else None


def _found(event: Json, source: HiEventsSource) -> Found:
    """An archived event does not show whether it was public before; Marquee may know that it was."""
    said = load(_EVENT, event)
    return Found(_fields(said, source), event, published=said["status"] == LIVE)


def _listed(event: Json, source: HiEventsSource) -> Listed:
    number = readable(_NUMBERED, event)["id"]
    return Listed(number, shown(_found, event, source))


PLATFORM = Platform(
    name="hi-events",
    settings=HiEventsSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    api=api,
    look_up=look_up,
    list_events=list_events,
)
