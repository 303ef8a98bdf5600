"""What webhooks and the REST API say in pretix and in its fork eventyay. https://docs.pretix.eu/dev/api/"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from schemas.addresses import WebUrl, fit_for_an_address
from schemas.fields import Flag, Instant, Text, Value, VersionNumber, shape
from schemas.said import Said
from schemas.sources import Source, SourceSchema, unguessable
from schemas.translated import Translated

SLUG = r"(?!\.+(?:\Z|:))[A-Za-z0-9._-]{1,100}"
"""Slugs go into the paths that are asked, so nothing else may look like one."""
MAX_KEY = 255
_SLUG = validate.Regexp(rf"{SLUG}\Z", error="Not a slug of pretix: letters, digits, dots, dashes and underscores.")


class Number(Value[int]):
    """One of pretix's own numbers, which count from 1."""

    def read(self, value: Any) -> int:
        """The same."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
            raise ValidationError(f"Is {shape(value)}, not a number of pretix's.")
        return value


class Delivery(Said):
    """A webhook's body: a hint of what changed, and where. `event` is null where it was deleted through the API."""

    notification_id = Number(required=True)
    organizer = fields.String(required=True, validate=_SLUG)
    event = fields.String(required=True, allow_none=True, validate=_SLUG)
    subevent = Number(allow_none=True)
    action = fields.String(required=True)

    @validates_schema
    def check_event(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Only a deletion may leave out of which event."""
        if data["event"] is None and not data["action"].endswith(".event.deleted"):
            raise ValidationError("Is null: which event? Only a deletion leaves that out.", "event")

    @validates_schema
    def check_date(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """What is about a date must say which."""
        if ".subevent." in data["action"] and not data.get("subevent"):
            raise ValidationError("Is missing: which date of the series?", "subevent")


class EventObject(Said):
    """An event. One of eventyay's tells no `public_url`."""

    name = Translated(required=True)
    date_from = Instant(required=True)
    date_to = Instant(allow_none=True)
    public_url = WebUrl(load_default=None, allow_none=True)
    live = Flag(required=True)
    has_subevents = Flag(load_default=False)
    meta_data = fields.Dict(load_default=dict, allow_none=True)


class DateObject(Said):
    """A date of a series (pretix calls it a subevent)."""

    name = Translated(load_default=dict, allow_none=True)
    date_from = Instant(required=True)
    date_to = Instant(allow_none=True)
    active = Flag(required=True)
    frontpage_text = Translated(load_default=dict, allow_none=True)
    last_modified = VersionNumber(load_default=None, allow_none=True)
    meta_data = fields.Dict(load_default=dict, allow_none=True)


class EventSettings(Said):
    """An event's settings, among which stands its description, in Markdown."""

    frontpage_text = Translated(load_default=dict, allow_none=True)


class Organizer(Said):
    """Who organizes."""

    name = Text(load_default=None, allow_none=True)


class Numbered(Said):
    """Only which date it is."""

    id = Number(required=True)


class Listing(Said):
    """A page of a list, and whether there are more."""

    results = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class FamilySource(Source):
    """One installation, by the address of its API and the organizers that may speak.

    `event_type_key`: the key of `meta_data` whose value is the event's type.
    """

    api_url: str
    api_token: str = field(repr=False)
    organizers: tuple[str, ...]
    series: Literal["occurrences", "parent", "both"] = "occurrences"
    signature: Literal["basic", "path-token"] | None = None
    event_type_key: str | None = None

    @property
    def site(self) -> str:
        """Below which visitors find the events that tell no address of their own."""
        return self.api_url


class Slugs(Value[tuple[str, ...]]):
    """One or more slugs."""

    def read(self, value: Any) -> tuple[str, ...]:
        """Each slug once, in their order."""
        if not isinstance(value, list) or not value or not all(isinstance(slug, str) for slug in value):
            raise ValidationError(f"Is {shape(value)}: list the slugs of the organizers that may speak.")
        return tuple(dict.fromkeys(_SLUG(slug) for slug in value))


class FamilySourceSchema(SourceSchema):
    """The keys of a source; each platform adds `api_url`."""

    source = FamilySource

    api_token = fields.String(required=True, validate=validate.Length(min=1))
    organizers = Slugs(required=True)
    series = fields.String(validate=validate.OneOf(["occurrences", "parent", "both"]))
    signature = fields.String(validate=validate.OneOf(["basic", "path-token"]))
    event_type_key = Text(least=1, most=MAX_KEY)

    @validates("secrets")
    def check_secrets(self, secrets: list[str], **kwargs: Any) -> None:
        """Nothing is signed, so the secret is all there is."""
        unguessable(secrets)

    @validates_schema(skip_on_field_errors=False)
    def check_address(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """A password may be anything; a part of an address may not."""
        if data.get("signature") == "path-token":
            fit_for_an_address(data.get("secrets", []))
