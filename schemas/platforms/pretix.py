"""pretix: what its webhooks and its REST API say. https://docs.pretix.eu/dev/api/"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates, validates_schema

from schemas.addresses import BaseUrl, WebUrl, fit_for_an_address
from schemas.fields import Flag, Instant, Value, VersionNumber, shape
from schemas.sources import Source, SourceSchema, unguessable
from schemas.translated import Translated

SLUG = r"(?!\.+(?:\Z|:))[A-Za-z0-9._-]{1,100}"
"""Slugs go into the paths that are asked, so nothing else may look like one."""
_SLUG = validate.Regexp(rf"{SLUG}\Z", error="Not a slug of pretix: letters, digits, dots, dashes and underscores.")


class Number(Value[int]):
    """One of pretix's own numbers, which count from 1."""

    def read(self, value: Any) -> int:
        """The same."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise ValidationError(f"Is {shape(value)}, not a number of pretix's.")
        return value


class Delivery(Schema):
    """A webhook's body: a hint of what changed, and where."""

    class Meta:
        """Some actions carry more."""

        unknown = EXCLUDE

    notification_id = Number(required=True)
    organizer = fields.String(required=True, validate=_SLUG)
    event = fields.String(
        required=True,
        validate=_SLUG,
        error_messages={"null": "Is null: pretix leaves out which event was deleted through its API."},
    )
    subevent = Number(allow_none=True)
    action = fields.String(required=True)

    @validates_schema
    def check_date(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """What is about a date must say which."""
        if data["action"].startswith("pretix.subevent.") and not data.get("subevent"):
            raise ValidationError("Is missing: which date of the series?", "subevent")


class EventObject(Schema):
    """An event of the REST API."""

    class Meta:
        """Only what HubSpot shows."""

        unknown = EXCLUDE

    name = Translated(required=True)
    date_from = Instant(required=True)
    date_to = Instant(allow_none=True)
    public_url = WebUrl(required=True)
    live = Flag(required=True)
    has_subevents = Flag(load_default=False)


class DateObject(Schema):
    """A date of a series (pretix calls it a subevent)."""

    class Meta:
        """Only what HubSpot shows."""

        unknown = EXCLUDE

    name = Translated(load_default=dict, allow_none=True)
    date_from = Instant(required=True)
    date_to = Instant(allow_none=True)
    active = Flag(required=True)
    frontpage_text = Translated(load_default=dict, allow_none=True)
    last_modified = VersionNumber(load_default=None, allow_none=True)


class Listed(Schema):
    """An event in a list."""

    class Meta:
        """Only which it is."""

        unknown = EXCLUDE

    slug = fields.String(required=True)


class Listing(Schema):
    """A page of the events of an organizer."""

    class Meta:
        """Only which there are, and whether there are more."""

        unknown = EXCLUDE

    results = fields.List(fields.Nested(Listed), required=True)
    next = fields.String(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class PretixSource(Source):
    """A pretix, by the address of its API and the organizers that may speak."""

    api_url: str
    api_token: str = field(repr=False)
    organizers: tuple[str, ...]
    series: Literal["occurrences", "parent", "both"] = "occurrences"
    signature: Literal["basic", "path-token"] | None = None


class Slugs(Value[tuple[str, ...]]):
    """One or more slugs."""

    def read(self, value: Any) -> tuple[str, ...]:
        """The slugs in their order."""
        if not isinstance(value, list) or not value or not all(isinstance(slug, str) for slug in value):
            raise ValidationError(f"Is {shape(value)}: list the slugs of the organizers that may speak.")
        return tuple(_SLUG(slug) for slug in value)


class PretixSourceSchema(SourceSchema):
    """The keys of a source on pretix."""

    source = PretixSource

    api_url = BaseUrl(required=True)
    api_token = fields.String(required=True, validate=validate.Length(min=1))
    organizers = Slugs(required=True)
    series = fields.String(validate=validate.OneOf(["occurrences", "parent", "both"]))
    signature = fields.String(validate=validate.OneOf(["basic", "path-token"]))

    @validates("secrets")
    def check_secrets(self, secrets: list[str], **kwargs: Any) -> None:
        """pretix signs nothing."""
        unguessable(secrets)

    @validates_schema(skip_on_field_errors=False)
    def check_address(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """A password may be anything; a part of an address may not."""
        if data.get("signature") == "path-token":
            fit_for_an_address(data.get("secrets", []))
