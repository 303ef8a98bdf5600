"""All events and dates of a source, a page of the REST API's at a time.

pretix sends nothing when a description or a time zone changes, so each event is shown with its settings here as well.
`following` is `organizer|page`, or `organizer|page|series|page of its dates`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.errors import InvalidNotification
from handlers.loading import readable, shown
from handlers.platform import Found, Json, Listed, Page, Skipped
from handlers.pretix_family.asking import (
    Asking,
    Part,
    ask_organizer,
    ask_settings,
    list_dates_of,
    list_events_of,
    slugs_in,
)
from handlers.pretix_family.mapping import Beside, is_left_out, show_date, show_event
from schemas.pretix_family import SLUG, FamilySource, Numbered

_PLACE = re.compile(rf"({SLUG})\|([1-9][0-9]*)(?:\|({SLUG})\|([1-9][0-9]*))?")
_USABLE = re.compile(SLUG)
_NUMBERED = Numbered()


@dataclass(frozen=True)
class _Place:
    """A page of an organizer's events; with a `series` on it, a page of its dates."""

    organizer: str
    page: int = 1
    series: str | None = None
    dates: int = 1

    def __str__(self) -> str:
        events = f"{self.organizer}|{self.page}"
        return events if self.series is None else f"{events}|{self.series}|{self.dates}"


@dataclass(frozen=True)
class _Events:
    """A page of events by their slugs, and who organizes them."""

    by_slug: dict[str, Json]
    has_more: bool
    organizer: Json
    series: Sequence[str]


def list_events(source: FamilySource, following: str | None) -> Asking[Page]:
    """First a page of the events, then a page at a time the dates of the series on it. At most 52 questions.

    What was deleted meanwhile moves the rest up: an event that is missed for that is looked up, since it is missing.
    """
    place = _read(following, source)
    events = yield from _events(place, source)
    if place.series is None:
        listed = yield from _list_events(place, events, source)
        return Page(listed, _after(place, events, events.series, source))
    if place.series not in events.series:
        return Page([], _after(place, events, events.series, source))
    part = yield from list_dates_of(place.organizer, place.series, place.dates)
    listed = yield from _list_dates(place.series, part, place, events, source)
    if part.has_more:
        return Page(listed, str(replace(place, dates=place.dates + 1)))
    left = events.series[events.series.index(place.series) + 1 :]
    return Page(listed, _after(place, events, left, source))


def _read(following: str | None, source: FamilySource) -> _Place:
    """Where to go on; at the beginning, if the organizer is no longer one of the source's."""
    parts = _PLACE.fullmatch(following or "")
    if parts is None or parts[1] not in source.organizers:
        return _Place(source.organizers[0])
    return _Place(parts[1], int(parts[2]), parts[3], int(parts[4] or 1))


def _after(place: _Place, events: _Events, series: Sequence[str], source: FamilySource) -> str | None:
    """The next of those series, else the next page of events, else the next organizer."""
    if series:
        return str(_Place(place.organizer, place.page, series[0]))
    if events.has_more:
        return str(_Place(place.organizer, place.page + 1))
    others = source.organizers[source.organizers.index(place.organizer) + 1 :]
    return str(_Place(others[0])) if others else None


def _events(place: _Place, source: FamilySource) -> Asking[_Events]:
    part = yield from list_events_of(place.organizer, place.page)
    organizer = yield from ask_organizer(place.organizer)
    named = zip(slugs_in(part), part.objects, strict=True)
    # What cannot be asked for was never heard of either.
    by_slug = {slug: event for slug, event in named if _USABLE.fullmatch(slug)}
    dated = [slug for slug, event in by_slug.items() if event.get("has_subevents") is True]
    return _Events(by_slug, part.has_more, organizer or {}, [] if source.series == "parent" else dated)


def _list_events(place: _Place, events: _Events, source: FamilySource) -> Asking[list[Listed]]:
    listed = []
    for slug, event in events.by_slug.items():
        found = yield from _show(slug, event, place, events, source)
        listed.append(Listed(f"{place.organizer}:{slug}", found))
    return listed


def _show(slug: str, event: Json, place: _Place, events: _Events, source: FamilySource) -> Asking[Found | Skipped]:
    """One event; what is wrong with it must not hide the others."""
    try:
        if is_left_out(event, source):
            return Skipped("series_parent")
        settings = yield from ask_settings(place.organizer, slug)
        return show_event(event, Beside((place.organizer, slug), events.organizer, settings), source)
    except InvalidNotification:
        return Skipped("invalid")


def _list_dates(slug: str, part: Part, place: _Place, events: _Events, source: FamilySource) -> Asking[list[Listed]]:
    settings = yield from ask_settings(place.organizer, slug)
    beside = Beside((place.organizer, slug), events.organizer, settings)
    return [_show_date(date, events.by_slug[slug], beside, source) for date in part.objects]


def _show_date(date: Json, series: Json, beside: Beside, source: FamilySource) -> Listed:
    number = readable(_NUMBERED, date)["id"]
    found = shown(show_date, date, series, beside, source)
    return Listed(":".join((*beside.slugs, str(number))), found)
