"""vivenu: what its webhooks and its API say. https://docs.vivenu.dev"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import ValidationError, fields, validate

from schemas.addresses import BaseUrl, is_web_url
from schemas.fields import ExternalId, Flag, Instant, Text, Value, VersionNumber, shape
from schemas.rich_text import rich_text_to_text
from schemas.said import Said
from schemas.settings import base_url
from schemas.sources import Source, SourceSchema

EVENT_ID = r"[A-Za-z0-9_-]{1,64}"
"""The ids of events go into the paths that are asked, so nothing else may look like one."""
MAX_PART = 500
_PART = re.compile(r"[\w.~-]+(/[\w.~-]+)*")


class EventId(ExternalId):
    """An event's id."""

    def read(self, value: Any) -> str:
        """The same."""
        if not isinstance(value, str) or not re.fullmatch(EVENT_ID, value):
            raise ValidationError(f"Is {shape(value)}, not an id of vivenu's: letters and digits.")
        return value


class RichText(Value[str]):
    """Text as an editor keeps it: nodes in JSON, as text."""

    def read(self, value: Any) -> str:
        """Plain text."""
        if not isinstance(value, str):
            raise ValidationError(f"Is {shape(value)}, not text.")
        return rich_text_to_text(value)


class Place(Value[str]):
    """A web address, or only the part of one after the shop's own."""

    def read(self, value: Any) -> str:
        """The same; of a part without slashes around it."""
        if isinstance(value, str) and (value == "" or is_web_url(value)):
            return value
        part = value.strip("/") if isinstance(value, str) else ""
        if len(part) > MAX_PART or not _PART.fullmatch(part):
            raise ValidationError(f"Is {shape(value)}, neither a web address nor a part of one.")
        return part


class ShopUrl(Value[str]):
    """Where a shop's pages of events stand, without query."""

    def read(self, value: Any) -> str:
        """The address without a slash at its end."""
        if not isinstance(value, str) or not is_web_url(value) or "?" in value or "#" in value:
            raise ValidationError(
                f"Is {shape(value)}, not where a shop's events stand: such as https://tickets.example.com/event."
            )
        return base_url(value)


class Data(Said):
    """What a webhook is about."""

    event = fields.Dict(required=True)


class Delivery(Said):
    """A webhook's body. `id` is that of the transmission, `mode` tells vivenu.com from its staging."""

    id = ExternalId(load_default=None, allow_none=True)
    type = fields.String(required=True)
    mode = fields.String(load_default=None, allow_none=True)
    data = fields.Nested(Data, required=True)


class Deleted(Said):
    """An event that is deleted, of which nothing but this need make sense. `eventType`: one of a series, or all of it."""

    id = EventId(required=True, data_key="_id")
    eventType = fields.String(load_default="SINGLE", allow_none=True)
    updatedAt = VersionNumber(load_default=None, allow_none=True)


class EventObject(Deleted):
    """An event."""

    name = fields.String(required=True)
    description = RichText(load_default=None, allow_none=True)
    start = Instant(load_default=None, allow_none=True)
    end = Instant(load_default=None, allow_none=True)
    url = Place(load_default=None, allow_none=True)
    sellerId = fields.String(load_default=None, allow_none=True)


class Numbered(Said):
    """Only which event it is."""

    id = EventId(required=True, data_key="_id")


class Listing(Said):
    """A page of the events of a seller, or of several."""

    rows = fields.List(fields.Dict(), required=True)
    total = fields.Integer(required=True, strict=True)


@dataclass(frozen=True, kw_only=True)
class VivenuSource(Source):
    """One or more sellers on vivenu.

    `organizers` are their names by their ids, `shop_url` where their events' pages stand. `dev`: it is the staging that
    is meant to be heard.
    """

    series: Literal["occurrences", "parent", "both"] = "occurrences"
    organizers: Mapping[str, str] = field(default_factory=dict)
    shop_url: str | None = None
    dev: bool = False
    api_url: str = "https://vivenu.com"
    api_token: str | None = field(default=None, repr=False)


class VivenuSourceSchema(SourceSchema):
    """The keys of a source on vivenu."""

    source = VivenuSource

    series = fields.String(validate=validate.OneOf(["occurrences", "parent", "both"]))
    organizers = fields.Dict(keys=Text(least=1, most=255), values=Text(least=1))
    shop_url = ShopUrl()
    dev = Flag()
    api_url = BaseUrl()
    api_token = fields.String(validate=validate.Length(min=1))
