"""Luma: what its webhooks and its API say. https://public-api.luma.com/openapi.json"""

from dataclasses import dataclass, field
from typing import Literal

from marshmallow import fields, validate

from schemas.addresses import BaseUrl, WebUrl
from schemas.fields import ExternalId, Flag, Instant
from schemas.said import Said
from schemas.sources import Source, SourceSchema

LUMA = "luma"


class Delivery(Said):
    """A webhook's body."""

    type = fields.String(required=True)
    data = fields.Dict(required=True)


class Kind(Said):
    """Whose event it is: Luma's own, or one of another site that a calendar only shows."""

    platform = fields.String(load_default=LUMA)


class Calendar(Said):
    """The calendar that manages an event."""

    name = fields.String(load_default=None, allow_none=True)


class EventObject(Kind):
    """An event. What `calendar.event.added` says of one lacks descriptions, visibility and place."""

    id = ExternalId(required=True)
    name = fields.String(required=True)
    description = fields.String(load_default=None, allow_none=True)
    description_md = fields.String(load_default=None, allow_none=True)
    start_at = Instant(load_default=None, allow_none=True)
    end_at = Instant(load_default=None, allow_none=True)
    url = WebUrl(load_default=None, allow_none=True)
    location_type = fields.String(load_default=None, allow_none=True)
    visibility = fields.String(load_default=None, allow_none=True)
    calendar = fields.Nested(Calendar, load_default=None, allow_none=True)


class Numbered(Kind):
    """Only which event it is."""

    id = ExternalId(required=True)


class Listing(Said):
    """A page of the events that a calendar manages."""

    entries = fields.List(fields.Dict(), required=True)
    has_more = Flag(required=True)
    next_cursor = fields.String(load_default=None, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class LumaSource(Source):
    """A calendar. `private_events`: whether HubSpot hears of events that only those find who have their address."""

    private_events: Literal["send", "ignore"] = "send"
    api_url: str = "https://public-api.luma.com"
    api_token: str | None = field(default=None, repr=False)


class LumaSourceSchema(SourceSchema):
    """The keys of a source on Luma."""

    source = LumaSource

    private_events = fields.String(validate=validate.OneOf(["send", "ignore"]))
    api_url = BaseUrl()
    api_token = fields.String(validate=validate.Length(min=1))
