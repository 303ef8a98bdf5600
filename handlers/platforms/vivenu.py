"""vivenu: fat and signed. Its API, if there is a key, finds what was not told.

Sources: https://docs.vivenu.dev/webhooks, https://docs.vivenu.dev/tickets and vivenu's OpenAPI document.

No object of vivenu's says whether its event is cancelled, or a draft:

- Only a deletion cancels. That the API has an event says that it is on; a webhook does not, since a late one may have
  been written before the deletion.
- `hideInListing` and `visibleAfter` are about lists alone: who has the address can buy. And when an event becomes
  visible nothing is sent, so that one which waited would wait for ever.
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
    Skipped,
)
from handlers.signatures import Hmac, Scheme
from schemas.addresses import is_web_url
from schemas.fields import given
from schemas.platforms.vivenu import (
    EVENT_ID,
    Deleted,
    Delivery,
    EventObject,
    Numbered,
    VivenuSource,
    VivenuSourceSchema,
)
from schemas.platforms.vivenu import Listing as ListingObject
from schemas.text import cut

DELETED = "event.deleted"
ABOUT_EVENTS = frozenset({"event.created", "event.updated", DELETED})
PARENTS, OCCURRENCE = frozenset({"ROOT", "GROUP"}), "RECURRENCE"
PER_PAGE = 25  # of at most 1000; each event comes with all its tickets
CALLS_PER_SECOND = 1.0  # no limit is documented
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
_DELIVERY, _DELETED, _EVENT, _LISTING, _NUMBERED = Delivery(), Deleted(), EventObject(), ListingObject(), Numbered()

ORIGINS = {
    "eventName": "name",
    "startDateTime": "start",
    "endDateTime": "end",
    "eventOrganizer": "the source's organizers by sellerId",
    "eventDescription": "description, a rich text",
    "eventUrl": "url; if it is a part of one, after shop_url of the source",
    "eventCancelled": "event.deleted; its being in the API denies it",
}
PRIVATE = frozenset(
    (
        *("accessListMapping", "accountSettings", "customCharges", "paymentSettings", "reservationSettings"),
        *("tracking", "underShops", "email", "phone", "password", "secret"),
    )
)


def schemes(_source: VivenuSource) -> Sequence[Scheme]:
    """Plain hex over the body, without a time, keyed with the webhook's `hmacKey`."""
    return [Hmac("x-vivenu-signature", re.compile(r"\A(?P<signature>[0-9a-fA-F]+)\Z"))]


def read(body: Json, _headers: Headers, source: VivenuSource) -> Notification | Ignored:
    """What it says of an event. Raises `InvalidNotification`."""
    action = body.get("type")
    if isinstance(action, str) and action not in ABOUT_EVENTS:
        return Ignored(action)
    said = load(_DELIVERY, body)
    action, event = said["type"], said["data"]["event"]
    deleted = action == DELETED
    if (said["mode"] == "dev" and not source.dev) or (deleted and source.on_deleted == "ignore"):
        return Ignored(action)
    loaded = load(_DELETED if deleted else _EVENT, event)
    if _skipped(loaded, source):
        return Ignored(action)
    fields = {"eventCancelled": True} if deleted else _fields(loaded, source)
    return Notification(action, loaded["id"], said["id"], loaded["updatedAt"], fields=fields, said=event)


def look_up(external_id: str, source: VivenuSource) -> LookUp:
    """The event as it is now. Raises `InvalidNotification` where it makes no sense.

    A wrong place answers 404 as well: only an API that lists its events is believed.
    """
    if not re.fullmatch(EVENT_ID, external_id):
        raise InvalidNotification({"id": ["Is not an id of vivenu's: give its letters and digits."]})
    answer = yield Get(f"/api/events/{external_id}", expects=frozenset({200, 404}))
    if answer.status == 404:
        listing = yield Get("/api/events", {"top": "1", "skip": "0"})
        readable(_LISTING, listing.body)
        return Gone()
    return _found(answer.body, source)


def list_events(source: VivenuSource, following: str | None) -> Listing:
    """A page of all events, by their start. `following` is how many came before; anything else is the beginning."""
    skip = int(following) if following and following.isdecimal() else 0
    answer = yield Get("/api/events", {"top": str(PER_PAGE), "skip": str(skip), "sortDir": "1"})
    said = readable(_LISTING, answer.body)
    events = [_listed(event, source) for event in said["rows"]]
    reached = skip + len(events)
    return Page(events, str(reached) if events and reached < said["total"] else None)


def api(source: VivenuSource) -> Api | None:
    """A key of the dashboard's: https://docs.vivenu.dev"""
    if source.api_token is None:
        return None
    headers = {"Authorization": f"Bearer {source.api_token}"}
    return Api(source.api_url, headers, calls_per_second=CALLS_PER_SECOND, at_once=1)


def sample(source: VivenuSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, shaped as the schema has it."""
    day = f"2027-05-{event % 28 + 1:02}"
    words = [{"type": "paragraph", "children": [{"text": "A sample."}]}]
    said = {
        "_id": f"{event:024x}",
        "sellerId": next(iter(source.organizers), "sample-seller"),
        "name": f"Sample event {event}, change {count}",
        "description": orjson.dumps(words).decode(),
        "locationName": "Messe",
        "start": f"{day}T07:00:00.000Z",
        "end": f"{day}T15:00:00.000Z",
        "timezone": "Europe/Berlin",
        "eventType": "SINGLE",
        "childEvents": [],
        "url": f"sample-event-{event}",
        "maxAmount": 100,
        "maxAmountPerOrder": 10,
        "updatedAt": _instant(_FIRST_SAMPLE + timedelta(milliseconds=count)),
    }
    envelope = {"id": f"sample-{event}-{count}", "type": "event.updated", "mode": "dev" if source.dev else "prod"}
    return Sample({"Content-Type": "application/json"}, orjson.dumps(envelope | {"data": {"event": said}}))


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _skipped(said: Mapping[str, Any], source: VivenuSource) -> Skipped | None:
    """The dates of a series are events of their own. Those of a group do not show that they are of one."""
    if said["eventType"] in PARENTS:
        return Skipped("series_parent") if source.series == "occurrences" else None
    skips = said["eventType"] == OCCURRENCE and source.series == "parent"
    return Skipped("series_occurrence") if skips else None


def _fields(said: Mapping[str, Any], source: VivenuSource) -> dict[str, Any]:
    """vivenu's words and HubSpot's, side by side."""
    fields = {
        "eventName": cut(said["name"]) or None,
        "startDateTime": said["start"],
        "endDateTime": said["end"],
        "eventOrganizer": source.organizers.get(said["sellerId"] or ""),
        "eventDescription": said["description"] or None,
        "eventUrl": _url(said["url"], source),
    }
    return given(fields)


def _url(place: str | None, source: VivenuSource) -> str | None:
    if not place or is_web_url(place):
        return place or None
    return None if source.shop_url is None else f"{source.shop_url}/{quote(place)}"


def _found(event: Json, source: VivenuSource) -> Found | Skipped:
    said = load(_EVENT, event)
    fields = {**_fields(said, source), "eventCancelled": False}
    return _skipped(said, source) or Found(fields, event, said["updatedAt"])


def _listed(event: Json, source: VivenuSource) -> Listed:
    number = readable(_NUMBERED, event)["id"]
    return Listed(number, shown(_found, event, source))


PLATFORM = Platform(
    name="vivenu",
    settings=VivenuSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    api=api,
    look_up=look_up,
    list_events=list_events,
)
