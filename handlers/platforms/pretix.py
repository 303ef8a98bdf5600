"""pretix: thin and unsigned, so a webhook is only a hint of what to ask its REST API.

Sources: https://docs.pretix.eu/dev/api/webhooks.html, https://docs.pretix.eu/dev/api/resources/events.html, and what a
pretix 2026.8.0 was seen to send and answer.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import orjson
from marshmallow import Schema, ValidationError

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import (
    Answer,
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
from handlers.signatures import Basic, PathToken, Scheme
from schemas.fields import given
from schemas.platforms.pretix import SLUG, DateObject, Delivery, EventObject, Listing, PretixSource, PretixSourceSchema
from schemas.text import markdown_to_text
from schemas.translated import pick

ABOUT_EVENTS = frozenset(
    f"pretix.{action}"
    for action in (
        *("event.added", "event.changed", "event.deleted", "event.live.activated", "event.live.deactivated"),
        *("event.testmode.activated", "event.testmode.deactivated"),
        *("subevent.added", "subevent.changed", "subevent.deleted"),
    )
)
# What only befalls an event that was public at some time, or that HubSpot must hear of even if it was not.
PUBLIC_AT_SOME_TIME = frozenset(
    {"pretix.event.live.activated", "pretix.event.live.deactivated", "pretix.event.deleted"}
)
ABOUT_DATES = "pretix.subevent."
MOST_PAGES = 200
_EXTERNAL_ID = re.compile(rf"({SLUG}):({SLUG})(?::([1-9][0-9]{{0,18}}))?")
_DELIVERY, _EVENT, _DATE, _LISTING = Delivery(), EventObject(), DateObject(), Listing()

ORIGINS = {
    "eventName": "name in the language; a date without one: its event's",
    "startDateTime": "date_from",
    "endDateTime": "date_to",
    "eventUrl": "public_url; of a date with its number",
    "eventDescription": "frontpage_text in the language",
    "eventCancelled": "active of a date; live of an event",
}


def schemes(source: PretixSource) -> Sequence[Scheme]:
    """The password of `https://any:password@…`, or the last part of the address; either, unless one is chosen."""
    ways: dict[str, Scheme] = {"basic": Basic(), "path-token": PathToken()}
    return [ways[source.signature]] if source.signature else list(ways.values())


def read(body: Json, _headers: Headers, source: PretixSource) -> Notification | Ignored:
    """Which event to ask about. `notification_id` grows, and a retry keeps it. Raises `InvalidNotification`."""
    action = body.get("action")
    if isinstance(action, str) and action not in ABOUT_EVENTS:
        return Ignored(action)
    said = _load(_DELIVERY, body)
    action = said["action"]
    if said["organizer"] not in source.organizers:
        raise InvalidNotification({"organizer": ["Is not among this source's organizers."]})
    number, parts = said["notification_id"], [said["organizer"], said["event"]]
    if action.startswith(ABOUT_DATES):
        if source.series == "parent":
            return Ignored(action)
        parts.append(str(said["subevent"]))
    return Notification(action, ":".join(parts), str(number), number, published=action in PUBLIC_AT_SOME_TIME)


def look_up(external_id: str, source: PretixSource) -> LookUp:
    """The event, or the date of a series, as it is now. Raises `InvalidNotification` where it makes no sense."""
    organizer, slug, date = _parts(external_id, source)
    events = f"/api/v1/organizers/{organizer}/events/"
    if date is None:
        return (yield from _look_up_event(events, slug, source))
    if source.series == "parent":
        return Skipped("series_occurrence")
    return (yield from _look_up_date(events, slug, date, source))


def api(source: PretixSource) -> Api:
    """A team's API token: https://docs.pretix.eu/dev/api/tokenauth.html"""
    return Api(source.api_url, {"Authorization": f"Token {source.api_token}"})


def sample(source: PretixSource, event: int, count: int) -> Sample:
    """As pretix sends it; there is no such event, so a look-up finds it gone."""
    body = {
        "notification_id": count * 1_000_000 + event,
        "organizer": source.organizers[0],
        "event": f"sample-{event}",
        "action": "pretix.event.changed",
    }
    return Sample({"Content-Type": "application/json", "User-Agent": "python-requests/2.34.2"}, orjson.dumps(body))


def _parts(external_id: str, source: PretixSource) -> tuple[str, str, str | None]:
    """Organizer, event and date; the organizers may have become fewer since the event was heard of."""
    parts = _EXTERNAL_ID.fullmatch(external_id)
    if parts is None or parts[1] not in source.organizers:
        raise InvalidNotification(
            {"id": ["Is not organizer:event or organizer:event:date of this source's organizers."]}
        )
    return parts[1], parts[2], parts[3]


def _look_up_event(events: str, slug: str, source: PretixSource) -> LookUp:
    answer = yield Get(f"{events}{slug}/", expects=frozenset({200, 403, 404}))
    if answer.status != 200:
        return (yield from _gone(events, slug))
    said = _load(_EVENT, answer.body)
    if said["has_subevents"] and source.series == "occurrences":
        return Skipped("series_parent")
    fields = {
        "eventName": pick(said["name"], source.language),
        "startDateTime": said["date_from"],
        "endDateTime": said.get("date_to"),
        "eventUrl": said["public_url"],
        "eventCancelled": _cancelled(live=said["live"], source=source),
    }
    return Found(given(fields), answer.body, published=said["live"])


def _look_up_date(events: str, slug: str, date: str, source: PretixSource) -> LookUp:
    """A date follows its own `active`; its address, and its name if it has none, are its parent's."""
    answer = yield Get(f"{events}{slug}/subevents/{date}/", expects=frozenset({200, 403, 404}))
    if answer.status == 404:
        return Gone()
    if answer.status == 403:
        return (yield from _gone(events, slug))
    parent = yield Get(f"{events}{slug}/")
    series, said = _load(_EVENT, parent.body), _load(_DATE, answer.body)
    fields = {
        "eventName": pick(said["name"] or series["name"], source.language),
        "startDateTime": said["date_from"],
        "endDateTime": said.get("date_to"),
        "eventUrl": f"{series['public_url'].rstrip('/')}/{date}/",
        "eventDescription": _text(said["frontpage_text"] or {}, source.language),
        "eventCancelled": not said["active"],
    }
    return Found(given(fields), answer.body, said["last_modified"])


def _gone(events: str, slug: str) -> Generator[Get, Answer, Gone]:
    """pretix answers 403 for what is deleted as for what is forbidden: only a list without it tells the two apart."""
    for page in range(1, MOST_PAGES + 1):
        answer = yield Get(events, {"page": str(page)} if page > 1 else {})
        listing = _load(_LISTING, answer.body)
        if any(event["slug"] == slug for event in listing["results"]):
            raise LookUpFailed("platform_refuses_event")
        if listing["next"] is None:
            return Gone()
    raise LookUpFailed("platform_lists_too_much")


def _cancelled(*, live: bool, source: PretixSource) -> bool | None:
    """An event has no field for it: being off sale may stand for it, and being on sale denies it."""
    if live:
        return False
    return True if source.on_unpublished == "cancel" else None


def _text(texts: Mapping[str, str], language: str) -> str | None:
    markdown = pick(texts, language)
    return (markdown_to_text(markdown) or None) if markdown else None


def _load(schema: Schema, value: Any) -> Any:
    try:
        return schema.load(value)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error


PLATFORM = Platform(
    name="pretix",
    settings=PretixSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    look_up=look_up,
    api=api,
)
