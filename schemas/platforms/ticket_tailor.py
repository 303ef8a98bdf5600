"""Ticket Tailor: what its webhooks and its API say. https://developers.tickettailor.com"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

from schemas.addresses import BaseUrl, WebUrl
from schemas.fields import ExternalId, Instant, Value, shape
from schemas.local_times import TimeZone
from schemas.said import Said
from schemas.sources import Source, SourceSchema

_LAST_SECOND = 253_402_300_799  # of the year 9999
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


class Moment(Value[datetime]):
    """A date and time to the second: with an offset, or by a clock of which it does not say where it hangs."""

    def read(self, value: Any) -> datetime:
        """The same, with a zone only if it came with one."""
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValidationError(f"Is {shape(value)}, not a date and time such as 2025-01-01 10:00:00.")
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError as error:
            raise ValidationError("Is no time of the calendar.") from error


class UnixTime(Value[str]):
    """Seconds since 1970 outside; inside as `Instant` has it."""

    def read(self, value: Any) -> str:
        """The same moment in UTC."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_SECOND:
            raise ValidationError(f"Is {shape(value)}, not whole seconds since 1970.")
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


class Delivery(Said):
    """A webhook's body. `id` names this delivery; `payload` is what `resource_url` would answer."""

    id = ExternalId(required=True)
    event = fields.String(required=True)
    created_at = Moment(load_default=None, allow_none=True)
    resource_url = fields.Raw(load_default=None, allow_none=True)
    payload = fields.Dict(load_default=dict, allow_none=True)


class Time(Said):
    """A time of an event in several forms, of which two are sure."""

    iso = Instant(load_default=None, allow_none=True)
    unix = UnixTime(load_default=None, allow_none=True)


class EventObject(Said):
    """An event, which is one date of a series. What it leaves out may stand in its series."""

    name = fields.String(load_default=None, allow_none=True)
    description = fields.String(load_default=None, allow_none=True)
    start = fields.Nested(Time, load_default=None, allow_none=True)
    end = fields.Nested(Time, load_default=None, allow_none=True)
    status = fields.String(load_default=None, allow_none=True)
    url = WebUrl(load_default=None, allow_none=True)


class Links(Said):
    """Where a list goes on."""

    next = fields.String(required=True, allow_none=True)


class Listing(Said):
    """A page of the events of a box office."""

    data = fields.List(fields.Dict(), required=True)
    links = fields.Nested(Links, required=True)


@dataclass(frozen=True, kw_only=True)
class TicketTailorSource(Source):
    """A box office. `time_zone` is where the clock of the webhooks' `created_at` hangs."""

    api_url: str = "https://api.tickettailor.com"
    api_token: str | None = field(default=None, repr=False)
    time_zone: ZoneInfo | None = None


class TicketTailorSourceSchema(SourceSchema):
    """The keys of a source on Ticket Tailor."""

    source = TicketTailorSource

    api_url = BaseUrl()
    api_token = fields.String(validate=validate.Length(min=1))
    time_zone = TimeZone()
