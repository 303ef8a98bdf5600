"""The API's objects in HubSpot's words.

Sources: https://docs.pretix.eu/dev/api/resources/events.html, https://docs.pretix.eu/dev/api/resources/subevents.html, and
what a pretix 2026.8.0 was seen to answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.loading import load
from handlers.platform import Found, Json
from schemas.fields import given
from schemas.pretix_family import DateObject, EventObject, EventSettings, FamilySource, Organizer
from schemas.text import cut, markdown_to_text
from schemas.translated import pick

ORIGINS = {
    "eventName": "name in the language; a date without one: its event's",
    "eventType": "meta_data at the source's event_type_key; a date without it: its event's",
    "startDateTime": "date_from",
    "endDateTime": "date_to",
    "eventOrganizer": "name of the organizer",
    "eventDescription": "frontpage_text in the language, of the settings; a date's own, if it has one",
    "eventUrl": "public_url, or the site with organizer and event; of a date with its number",
    "eventCancelled": "active of a date; live of an event",
}
PRIVATE = frozenset(
    {"comment", "contact_mail", "mail_from", "mail_bcc", "invoice_email_organizer", "payment_explanation", "valid_keys"}
)
_EVENT, _DATE, _SETTINGS, _ORGANIZER = EventObject(), DateObject(), EventSettings(), Organizer()


@dataclass(frozen=True)
class Beside:
    """What the API keeps apart from an event's own object. Empty is what the token may not see."""

    slugs: tuple[str, str]
    organizer: Json
    settings: Json

    @property
    def shown(self) -> Json:
        """The same for `custom_properties`."""
        return {"organizer": {"slug": self.slugs[0], **self.organizer}, "settings": self.settings}


def is_left_out(event: Json, source: FamilySource) -> bool:
    """Whether it is a series whose dates are sent instead. Raises `InvalidNotification`."""
    return source.series == "occurrences" and bool(load(_EVENT, event)["has_subevents"])


def show_event(event: Json, beside: Beside, source: FamilySource) -> Found:
    """An event, or a series as a whole. Raises `InvalidNotification`.

    `live` alone tells whether it is public: a shop in test mode is so too, only what is ordered there does not count.
    """
    said = load(_EVENT, event)
    fields = {
        "eventName": _name(said["name"], source),
        "eventType": _type(said["meta_data"], source),
        "startDateTime": said["date_from"],
        "endDateTime": said.get("date_to"),
        "eventOrganizer": _organizer(beside),
        "eventDescription": _description({}, beside, source),
        "eventUrl": _url(said, beside, source),
        "eventCancelled": _cancelled(live=said["live"], source=source),
    }
    return Found(given(fields), {**event, **beside.shown}, published=said["live"])


def show_date(date: Json, series: Json, beside: Beside, source: FamilySource) -> Found:
    """A date of a series: it follows its own `active`; what it lacks is its series'. Raises `InvalidNotification`."""
    said, whole = load(_DATE, date), load(_EVENT, series)
    meta_data = {**(whole["meta_data"] or {}), **(said["meta_data"] or {})}
    fields = {
        "eventName": _name(said["name"] or whole["name"], source),
        "eventType": _type(meta_data, source),
        "startDateTime": said["date_from"],
        "endDateTime": said.get("date_to"),
        "eventOrganizer": _organizer(beside),
        "eventDescription": _description(said["frontpage_text"] or {}, beside, source),
        "eventUrl": f"{_url(whole, beside, source).rstrip('/')}/{date['id']}/",
        "eventCancelled": not said["active"],
    }
    shown = {"timezone": series.get("timezone"), **date, "meta_data": meta_data, "series": series, **beside.shown}
    return Found(given(fields), shown, said["last_modified"])


def _name(names: Mapping[str, str], source: FamilySource) -> str | None:
    return cut(pick(names, source.language) or "") or None


def _type(meta_data: Mapping[str, Any] | None, source: FamilySource) -> str | None:
    value = None if source.event_type_key is None else (meta_data or {}).get(source.event_type_key)
    return (cut(value) or None) if isinstance(value, str) else None


def _organizer(beside: Beside) -> str | None:
    return cut(load(_ORGANIZER, beside.organizer)["name"] or "") or None


def _description(own: Mapping[str, str], beside: Beside, source: FamilySource) -> str | None:
    texts = load(_SETTINGS, beside.settings)["frontpage_text"] or {}
    return _text(own, source) or _text(texts, source)


def _text(texts: Mapping[str, str], source: FamilySource) -> str | None:
    return markdown_to_text(pick(texts, source.language) or "") or None


def _url(said: Mapping[str, Any], beside: Beside, source: FamilySource) -> str:
    return said["public_url"] or "/".join((source.site, *beside.slugs, ""))


def _cancelled(*, live: bool, source: FamilySource) -> bool | None:
    """An event has no field for it: being off sale may stand for it, and being on sale denies it."""
    if live:
        return False
    return True if source.on_unpublished == "cancel" else None
