"""Eventbrite: thin and unsigned; its address is secret, and only the number of an event is believed.

Sources: https://www.eventbrite.com/platform/docs/webhooks, https://www.eventbrite.com/platform/api,
https://www.eventbrite.com/developer/v3/endpoints/events/, and deliveries that were captured. `X-Eventbrite-Delivery` is
the webhook's id, the same in every delivery: it identifies none.

No webhook tells that an event was cancelled or deleted: the list that is compared from time to time does. The long text
of an event's page is another endpoint's, a call more for each event, and is not asked for.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.loading import load, readable
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
    Skipped,
)
from handlers.signatures import PathToken, Scheme
from schemas.fields import given
from schemas.platforms.eventbrite import (
    NUMBER,
    Delivery,
    EventbriteSource,
    EventbriteSourceSchema,
    EventObject,
    Numbered,
    Organizations,
)
from schemas.platforms.eventbrite import Listing as ListingObject
from schemas.text import cut, html_to_text

ABOUT_EVENTS = frozenset({"event.created", "event.published", "event.unpublished", "event.updated"})
PUBLIC_AT_SOME_TIME = frozenset({"event.published", "event.unpublished"})
EXPANSIONS = "event_sales_status,organizer,format,category,venue"
RUNNING = ("live", "started")
NOT_CANCELLED = (*RUNNING, "ended", "completed")
PER_PAGE = 50
CALLS_PER_SECOND = 0.5  # 2,000 an hour and 48,000 a day are allowed
_PLACEHOLDER = "{api-endpoint"
_API_URL = re.compile(rf"https://(?:www\.)?eventbriteapi\.com/v3/events/({NUMBER})/")
_FOLLOWING = re.compile(rf"({NUMBER}) (dates|parents) (.*)")
_DELIVERY, _EVENT, _NUMBERED = Delivery(), EventObject(), Numbered()
_LISTING, _ORGANIZATIONS = ListingObject(), Organizations()

ORIGINS = {
    "eventName": "name.text, else name.html",
    "eventType": "format.name, else category.name",
    "startDateTime": "start.utc unless hide_start_date",
    "endDateTime": "end.utc unless hide_end_date",
    "eventOrganizer": "organizer.name",
    "eventDescription": "summary, else description.text, else description.html",
    "eventUrl": "url",
    "eventCancelled": "event_sales_status, else status",
}
PRIVATE = frozenset({"password", "email", "emails", "attendees", "orders"})


def schemes(_source: EventbriteSource) -> Sequence[Scheme]:
    """Eventbrite signs nothing; the address is all there is."""
    return [PathToken()]


def read(body: Json, _headers: Headers, _source: EventbriteSource) -> Notification | Ignored:
    """Which event to ask about. Raises `InvalidNotification`.

    A test has a placeholder for an address, whatever action it tries.
    """
    said = load(_DELIVERY, body)
    action, url = said["config"]["action"], said["api_url"]
    is_test = isinstance(url, str) and url.startswith(_PLACEHOLDER)
    if action not in ABOUT_EVENTS or is_test:
        return Ignored(action)
    event = _API_URL.fullmatch(url) if isinstance(url, str) else None
    if event is None:
        raise InvalidNotification({"api_url": ["Is not the address of an event at eventbriteapi.com."]})
    return Notification(action, event[1], published=action in PUBLIC_AT_SOME_TIME)


def look_up(external_id: str, source: EventbriteSource) -> LookUp:
    """The event as it is now. Raises `InvalidNotification` where it makes no sense."""
    if not re.fullmatch(NUMBER, external_id):
        raise InvalidNotification({"id": ["Is not an id of Eventbrite: give its digits."]})
    answer = yield Get(f"/v3/events/{external_id}/", {"expand": EXPANSIONS}, frozenset({200, 404}))
    return Gone() if answer.status == 404 else _found(answer.body, source)


def list_events(source: EventbriteSource, following: str | None) -> Listing:
    """A page of the organization's events that are not over, oldest first, so that a new one moves none to another page.

    A list shows either the dates of a series or its parent, so that for both it is gone through twice. Whether an
    organization's list heeds `time_filter` and `page_size` is in dispute; all is well if not, but for more pages.
    """
    place = _place(source, following) or _Place((yield from _organization(source)), parents=source.series == "parent")
    said = yield from _listing(place)
    events = []
    for event in said["events"]:
        events += yield from _listed(event, source)
    return Page(events, _following(place, said["pagination"], source))


def api(source: EventbriteSource) -> Api:
    """A private token: https://www.eventbrite.com/platform/api#/introduction/authentication"""
    opening = {"Authorization": f"Bearer {source.api_token}"}
    return Api(source.api_url, opening, calls_per_second=CALLS_PER_SECOND)


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
    body = {"config": config, "api_url": f"https://www.eventbriteapi.com/v3/events/{event + 1}/"}
    return Sample(headers, orjson.dumps(body))


class _Place(NamedTuple):
    """Where in an organization's list a page begins. `parents`: series are shown by their parents, not their dates."""

    organization: str
    parents: bool
    continuation: str = ""


def _place(source: EventbriteSource, following: str | None) -> _Place | None:
    """None is the beginning, also where the settings name another organization meanwhile."""
    place = _FOLLOWING.fullmatch(following or "")
    if place is None or source.organization_id not in (None, place[1]):
        return None
    return _Place(place[1], parents=place[2] == "parents", continuation=place[3])


def _listing(place: _Place) -> Generator[Get, Answer, Any]:
    """A continuation is not good for ever: one that is refused (`BAD_CONTINUATION_TOKEN`, a 400) begins the list anew."""
    path = f"/v3/organizations/{place.organization}/events/"
    params = {
        "expand": EXPANSIONS,
        "order_by": "created_asc",
        "page_size": str(PER_PAGE),
        "show_series_parent": "true" if place.parents else "false",
        "status": "all",
        "time_filter": "current_future",
    }
    if place.continuation:
        answer = yield Get(path, {**params, "continuation": place.continuation}, frozenset({200, 400}))
        if answer.status == 200:
            return readable(_LISTING, answer.body)
    answer = yield Get(path, params)
    return readable(_LISTING, answer.body)


def _following(place: _Place, pagination: Mapping[str, Any], source: EventbriteSource) -> str | None:
    parents, continuation = place.parents, ""
    if pagination["has_more_items"]:
        if not pagination["continuation"]:
            raise LookUpFailed("platform_unreadable")
        continuation = pagination["continuation"]
    elif source.series == "both" and not parents:
        parents = True
    else:
        return None
    return f"{place.organization} {'parents' if parents else 'dates'} {continuation}"


def _organization(source: EventbriteSource) -> Generator[Get, Answer, str]:
    """The one that is configured, or the token's only one: of several it must not be guessed whose events are wanted."""
    if source.organization_id is not None:
        return source.organization_id
    answer = yield Get("/v3/users/me/organizations/")
    known: set[str] = {one["id"] for one in readable(_ORGANIZATIONS, answer.body)["organizations"]}
    if len(known) != 1:
        raise LookUpFailed("organization_id_needed" if known else "platform_lists_no_organization")
    return known.pop()


def _listed(event: Json, source: EventbriteSource) -> Generator[Get, Answer, list[Listed]]:
    """One event of a list, or none if it is gone meanwhile; what is wrong with it must not hide the others.

    Without `event_sales_status` a cancelled event seems to be on, so that one is looked up for which it did not come.
    """
    number: str = readable(_NUMBERED, event)["id"]
    try:
        if event.get("status") in RUNNING and "event_sales_status" not in event:
            found = yield from look_up(number, source)
        else:
            found = _found(event, source)
    except InvalidNotification:
        found = Skipped("invalid")
    return [Listed(number, found)] if isinstance(found, Found | Skipped) else []


def _found(event: Json, source: EventbriteSource) -> Found | Skipped:
    said = load(_EVENT, event)
    if skipped := _skipped(said, source):
        return skipped
    public, was_public = said["status"] != "draft", bool(said["published"])
    return Found(_fields(said, source), event, said["changed"], published=public, was_published=was_public)


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
    """A series' parent spans all its dates, which may be years. Anybody's public event can be looked up by its number."""
    wanted, its = source.organization_id, said["organization_id"]
    if wanted and its and its != wanted:
        return Skipped("other_organization")
    if said["is_series_parent"]:
        return Skipped("series_parent") if source.series == "occurrences" else None
    return Skipped("series_occurrence") if said["is_series"] and source.series == "parent" else None


def _cancelled(said: Mapping[str, Any], source: EventbriteSource) -> bool | None:
    """`status` stays `live` when an event is cancelled: what its page says of the sale tells it."""
    sales = said["event_sales_status"] or {}
    ended = (sales.get("sales_status"), sales.get("message_code")) == ("sales_ended", "event_cancelled")
    if ended or said["status"] in ("canceled", "cancelled"):
        return True
    if said["status"] == "draft":
        return True if source.on_unpublished == "cancel" else None
    return False if said["status"] in NOT_CANCELLED else None


def _plain(text: Mapping[str, str | None]) -> str | None:
    """The plain one of two forms; there may be only HTML."""
    return cut(text.get("text") or "") or html_to_text(text.get("html") or "") or None


def _name_of(expansion: Mapping[str, str | None] | None) -> str | None:
    return cut((expansion or {}).get("name") or "") or None


PLATFORM = Platform(
    name="eventbrite",
    settings=EventbriteSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    look_up=look_up,
    list_events=list_events,
    api=api,
)
