"""Eventbrite: what its webhooks and its API say. https://www.eventbrite.com/platform/api"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import ValidationError, fields, validate, validates

from schemas.addresses import BaseUrl, WebUrl, fit_for_an_address
from schemas.fields import ExternalId, Flag, Instant, VersionNumber
from schemas.said import Said
from schemas.sources import Source, SourceSchema, unguessable

NUMBER = r"[1-9][0-9]{0,19}"
"""The numbers of events and organizations go into the paths that are asked, so nothing else may look like one."""


class Number(ExternalId):
    """The number of something at Eventbrite, as a number or its digits."""

    def read(self, value: Any) -> str:
        """The digits."""
        text = super().read(value)
        if not re.fullmatch(NUMBER, text):
            raise ValidationError("Is not a number of Eventbrite's: give its digits.")
        return text


class Config(Said):
    """Which webhook it was, and what happened."""

    action = fields.String(required=True)


class Delivery(Said):
    """A webhook's body: what happened, and the address of what it happened to, which a test has no sensible one of."""

    config = fields.Nested(Config, required=True)
    api_url = fields.Raw(load_default=None)


class Multipart(Said):
    """Text, and the same as HTML."""

    text = fields.String(load_default=None, allow_none=True)
    html = fields.String(load_default=None, allow_none=True)


class Named(Said):
    """An expansion of which only the name counts."""

    name = fields.String(load_default=None, allow_none=True)


class Time(Said):
    """A time of an event; `utc` is the one that is sure."""

    utc = Instant(load_default=None, allow_none=True)


class SalesStatus(Said):
    """What the public page says of the sale."""

    sales_status = fields.String(allow_none=True)
    message_code = fields.String(allow_none=True)


class EventObject(Said):
    """An event of the API, with its expansions."""

    name = fields.Nested(Multipart, required=True)
    summary = fields.String(load_default=None, allow_none=True)
    description = fields.Nested(Multipart, load_default=None, allow_none=True)
    url = WebUrl(load_default=None, allow_none=True)
    start = fields.Nested(Time, required=True)
    end = fields.Nested(Time, load_default=None, allow_none=True)
    hide_start_date = Flag(load_default=False, allow_none=True)
    hide_end_date = Flag(load_default=False, allow_none=True)
    changed = VersionNumber(load_default=None, allow_none=True)
    published = fields.Raw(load_default=None, allow_none=True)
    status = fields.String(required=True)
    is_series = Flag(load_default=False, allow_none=True)
    is_series_parent = Flag(load_default=False, allow_none=True)
    organizer = fields.Nested(Named, load_default=None, allow_none=True)
    format = fields.Nested(Named, load_default=None, allow_none=True)
    category = fields.Nested(Named, load_default=None, allow_none=True)
    event_sales_status = fields.Nested(SalesStatus, load_default=None, allow_none=True)
    organization_id = Number(load_default=None, allow_none=True)


class Numbered(Said):
    """Only which event or organization it is."""

    id = Number(required=True)


class Pagination(Said):
    """Whether a list goes on, and where."""

    has_more_items = Flag(required=True)
    continuation = fields.String(load_default=None, allow_none=True)


class Listing(Said):
    """A page of the events of an organization."""

    events = fields.List(fields.Dict(), required=True)
    pagination = fields.Nested(Pagination, required=True)


class Organizations(Said):
    """The organizations that the owner of a token belongs to, or the first of them."""

    organizations = fields.List(fields.Nested(Numbered), required=True)


@dataclass(frozen=True, kw_only=True)
class EventbriteSource(Source):
    """An Eventbrite organization, by the private token of somebody in it; other organizations' events are left alone.

    Without `organization_id` it is the token's only one.
    """

    api_token: str = field(repr=False)
    organization_id: str | None = None
    api_url: str = "https://www.eventbriteapi.com"
    series: Literal["occurrences", "parent", "both"] = "occurrences"


class EventbriteSourceSchema(SourceSchema):
    """The keys of a source on Eventbrite."""

    source = EventbriteSource

    api_token = fields.String(required=True, validate=validate.Length(min=1))
    organization_id = Number()
    api_url = BaseUrl()
    series = fields.String(validate=validate.OneOf(["occurrences", "parent", "both"]))

    @validates("secrets")
    def check_secrets(self, secrets: list[str], **kwargs: Any) -> None:
        """Eventbrite signs nothing; all it can keep is an address."""
        unguessable(secrets)
        fit_for_an_address(secrets)
