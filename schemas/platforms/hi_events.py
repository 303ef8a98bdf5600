"""Hi.Events: what its webhooks and its API say. https://github.com/HiEventsDev/Hi.Events"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.addresses import BaseUrl, is_web_url
from schemas.fields import ExternalId, Instant, Text, Value, VersionNumber, shape
from schemas.said import Said
from schemas.settings import base_url
from schemas.sources import Source, SourceSchema

DRAFT, LIVE, ARCHIVED = "DRAFT", "LIVE", "ARCHIVED"
CANCELLED = "CANCELLED"
MAX_SLUG = 500
_HOST_OR_API = re.compile(r"[a-z]+://[^/?#]+(/api)?/?", re.IGNORECASE)


class Number(ExternalId):
    """One of Hi.Events' own numbers, which count from 1: a number outside, text inside."""

    def read(self, value: Any) -> str:
        """Its digits; they go into the paths that are asked."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise ValidationError(f"Is {shape(value)}, not a number of Hi.Events'.")
        return str(value)


class Delivery(Said):
    """A webhook's body."""

    event_type = fields.String(required=True)
    event_sent_at = VersionNumber(required=True)
    payload = fields.Dict(required=True)


class CancelledDate(Said):
    """The payload of `occurrence.cancelled`, since 2.0: one date of an event."""

    event_id = Number(required=True)


class Date(Said):
    """One date of an event, since 2.0; only an answer of the API has them."""

    status = fields.String(required=True)


class EventObject(Said):
    """An event. Since 2.0 its times are its dates', which a webhook leaves out: then they are null."""

    id = Number(required=True)
    title = Text(required=True, least=1)
    category = Text(load_default=None, allow_none=True)
    description = fields.String(load_default=None, allow_none=True)
    start_date = Instant(load_default=None, allow_none=True)
    end_date = Instant(load_default=None, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf([DRAFT, LIVE, ARCHIVED]))
    slug = Text(load_default=None, allow_none=True, most=MAX_SLUG)
    occurrences = fields.List(fields.Nested(Date), load_default=list, allow_none=True)


class Answer(Said):
    """What the API answers about one event."""

    data = fields.Dict(required=True)


class Paging(Said):
    """How long a list is, as Laravel tells it."""

    last_page = fields.Integer(required=True, strict=True)


class Listing(Said):
    """A page of a list."""

    data = fields.List(fields.Dict(), required=True)
    meta = fields.Nested(Paging, required=True)


class Numbered(Said):
    """Only which event it is."""

    id = Number(required=True)


class ApiUrl(Value[str]):
    """Where the API stands: a host of its own, or `/api` below the site's as in the all-in-one image."""

    def read(self, value: Any) -> str:
        """The address without a slash at its end."""
        if not isinstance(value, str) or not is_web_url(value) or not _HOST_OR_API.fullmatch(value):
            raise ValidationError(
                f"Is {shape(value)}, not where an API stands: such as https://tickets.example.com/api, and no more."
            )
        return base_url(value)


@dataclass(frozen=True, kw_only=True)
class HiEventsSource(Source):
    """One Hi.Events. `frontend_url` is where visitors find its events; without it no address is told."""

    frontend_url: str | None = None
    api_url: str | None = None
    api_token: str | None = field(default=None, repr=False)


class HiEventsSourceSchema(SourceSchema):
    """The keys of a source on Hi.Events."""

    source = HiEventsSource

    frontend_url = BaseUrl()
    api_url = ApiUrl()
    api_token = fields.String(validate=validate.Length(min=1))

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_api(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """An address without a token opens nothing, and a token without an address belongs nowhere."""
        for name, other in (("api_url", "api_token"), ("api_token", "api_url")):
            if other in original and name not in original:
                raise ValidationError(f"Is needed beside {other}: give both, or neither.", name)
