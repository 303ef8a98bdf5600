"""Cvent: what its webhooks say of an event. https://developers.cvent.com/docs/webhooks/messages/events/event-cancelled"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, pre_load, validates

from schemas.addresses import UrlTemplate
from schemas.fields import ExternalId, Text, Value, VersionNumber, parse_instant, shape
from schemas.local_times import TimeZone, parse_local
from schemas.said import Said
from schemas.sources import Source, SourceSchema, unguessable

STUB = "{eventStub}"
MOST_TOKEN = 150
PENDING, CANCELLED, DELETED = "pending", "cancelled", "deleted"
LAUNCHED = frozenset({"active", "closed", "completed"})
"""https://developers.cvent.com/docs/cvent-salesforce-app/understanding-attendee-and-event-statuses"""
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ZONES = {
    "Eastern Time": "America/New_York",
    "Central Time": "America/Chicago",
    "Mountain Time": "America/Denver",
    "Pacific Time": "America/Los_Angeles",
}


class Stub(ExternalId):
    """Cvent's id of something, mostly a GUID, whose letters webhooks write in capitals and the REST API does not."""

    def read(self, value: Any) -> str:
        """The id; a GUID in capitals."""
        text = super().read(value)
        return text.upper() if _GUID.fullmatch(text) else text


class Moment(Value[datetime]):
    """A date and time: by the clock of the event's zone, or with an offset."""

    def read(self, value: Any) -> datetime:
        """The same, with a zone only if it came with one."""
        try:
            return parse_local(value)
        except ValidationError:
            return parse_instant(value)


class Delivery(Said):
    """A webhook's body. `messagePart`, which Marquee adds, is the place of its one entry among several."""

    eventType = fields.String(required=True)
    messageTime = VersionNumber(load_default=None, allow_none=True)
    messageStub = ExternalId(load_default=None, allow_none=True)
    message = fields.Raw(required=True)
    messagePart = fields.Integer(load_default=None, allow_none=True, strict=True)


class Entry(Said):
    """What a message says of an event; what is empty is not said."""

    eventStub = Stub(required=True)
    eventTitle = fields.String()
    eventCategory = fields.String()
    eventDescription = fields.String()
    eventStartDate = Moment()
    eventEndDate = Moment()
    timezoneName = fields.String()
    eventStatusName = fields.String()
    plannerCompany = fields.String()

    @pre_load
    def drop_unsaid(self, data: Any, **kwargs: Any) -> Any:
        """Cvent writes `""` where there is nothing."""
        is_said = isinstance(data, Mapping)
        return {name: value for name, value in data.items() if value not in (None, "")} if is_said else data


class Numbered(Said):
    """Only which event it is."""

    eventStub = Stub(required=True)


@dataclass(frozen=True, kw_only=True)
class CventSource(Source):
    """A Cvent account. `time_zones` tells what its own names of time zones mean; `event_url` where events are shown."""

    time_zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    event_url: str | None = None


class CventSourceSchema(SourceSchema):
    """The keys of a source on Cvent."""

    source = CventSource

    time_zones = fields.Dict(keys=Text(least=1, most=255), values=TimeZone())
    event_url = UrlTemplate(STUB, f"https://web.cvent.com/event/{STUB}/summary")

    @validates("secrets")
    def check_secrets(self, secrets: list[str], **kwargs: Any) -> None:
        """Cvent signs nothing, and takes no longer token: https://developers.cvent.com/docs/webhooks/technical-requirements."""
        unguessable(secrets)
        if any(len(secret) > MOST_TOKEN for secret in secrets):
            raise ValidationError(f"Too long for Cvent: give at most {MOST_TOKEN} characters.")


def zone_called(name: str | None, source: CventSource) -> ZoneInfo:
    """The zone that Cvent calls so, by the source's settings, or by its name at IANA. Raises `ValidationError`."""
    if name is None:
        raise ValidationError("Is missing: without it nobody knows by which clock the times are.")
    if name in source.time_zones:
        return source.time_zones[name]
    try:
        return TimeZone().read(_ZONES.get(name, name))
    except ValidationError as error:
        raise ValidationError(f"Is {shape(name)}, no zone known by that name: add it to time_zones.") from error
