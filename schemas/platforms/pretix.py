"""pretix: what its webhooks and its REST API say. https://docs.pretix.eu/dev/api/"""

from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import EXCLUDE, Schema, fields, validate, validates

from schemas.fields import Flag, Instant, Translated, VersionNumber, WebUrl, shape
from schemas.sources import BaseUrl, Source, SourceSchema, unguessable

# Slugs go into the paths that are asked, so nothing else may look like one.
_SLUG = validate.Regexp(
    r"(?!\.+\Z)[A-Za-z0-9._-]{1,100}\Z", error="Not a slug of pretix: letters, digits, dots and dashes."
)


class Delivery(Schema):
    """A webhook's body: a hint of what changed, and where."""

    class Meta:
        """Some actions carry more."""

        unknown = EXCLUDE

    notification_id = fields.Integer(required=True, strict=True)
    organizer = fields.String(required=True, validate=_SLUG)
    event = fields.String(
        required=True,
        validate=_SLUG,
        error_messages={"null": "Is null: pretix leaves out which event was deleted through its API."},
    )
    subevent = fields.Integer(strict=True, validate=validate.Range(min=1))
    action = fields.String(required=True)


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


class Listing(Schema):
    """A page of the events of an organizer."""

    class Meta:
        """Only which there are, and whether there are more."""

        unknown = EXCLUDE

    results = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class PretixSource(Source):
    """A pretix, by the address of its API and the organizers that may speak."""

    api_url: str
    api_token: str = field(repr=False)
    organizers: tuple[str, ...]
    series: Literal["occurrences", "parent", "both"] = "occurrences"
    signature: Literal["basic", "path-token"] | None = None


class Slugs(fields.Field[tuple[str, ...]]):
    """One or more slugs."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(slug, str) for slug in value):
            raise self.make_error("invalid", shape=shape(value))
        return tuple(_SLUG(slug) for slug in value)

    default_error_messages = {"invalid": "Is {shape}: list the slugs of the organizers that may speak."}


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
