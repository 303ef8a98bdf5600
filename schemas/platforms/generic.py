"""A notification of the operator's own system: HubSpot's vocabulary, or any JSON with a `map` to it."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal

from jmespath.parser import ParsedResult
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from schemas.event import EventSchema
from schemas.fields import ExternalId, Text, VersionNumber
from schemas.sources import Expression, Source, SourceSchema

SIGNATURES = ("standard-webhooks", "github", "hmac", "token", "basic")


class GenericNotification(EventSchema):
    """What the operator's own system says of one event."""

    id = ExternalId(required=True)
    version = VersionNumber()
    objectId = fields.String(
        validate=validate.Regexp(r"[0-9]{1,20}\Z", error="Not an objectId: give its digits as text.")
    )
    notificationId = Text(least=1, most=255)


MAPPED = tuple(name for name in GenericNotification().fields if name != "customProperties")


@dataclass(frozen=True)
class HmacSettings:
    """How an own HMAC is sent and made."""

    header: str
    pattern: re.Pattern[str] = re.compile(r"(?P<signature>\S+)")
    content: str = "{body}"
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: str | None = None


@dataclass(frozen=True)
class GenericSource(Source):
    """A source of the operator's own."""

    signature: str = "standard-webhooks"
    hmac: HmacSettings | None = None
    token_header: str = "Authorization"
    map: Mapping[str, ParsedResult] = field(default_factory=dict)


class Pattern(fields.Field[re.Pattern[str]]):
    """A regular expression with the group `signature`, and perhaps `timestamp`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> re.Pattern[str]:
        try:
            compiled = re.compile(value)
        except (re.error, TypeError) as error:
            raise ValidationError(f"Not a regular expression: {error}") from error
        if "signature" not in compiled.groupindex:
            raise ValidationError("Has no group (?P<signature>…).")
        return compiled


class HmacSchema(Schema):
    """The table `hmac` of a source."""

    header = fields.String(required=True, validate=validate.Length(min=1))
    pattern = Pattern()
    content = fields.String()
    algorithm = fields.String(validate=validate.OneOf(["sha256", "sha512", "sha1"]))
    encoding = fields.String(validate=validate.OneOf(["hex", "base64"]))
    timestamp_header = fields.String(validate=validate.Length(min=1))

    @validates_schema(skip_on_field_errors=True)
    def check_content(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """What is signed must be at hand."""
        content = data.get("content", "{body}")
        try:
            parts = {name for _, name, _, _ in Formatter().parse(content) if name is not None}
        except ValueError as error:
            raise ValidationError("Its braces do not match.", "content") from error
        if "body" not in parts or not parts <= {"body", "timestamp", "id"}:
            raise ValidationError("Made of {body}, which must be in it, {timestamp} and {id}.", "content")
        stamped = "timestamp_header" in data or "timestamp" in getattr(data.get("pattern"), "groupindex", {})
        if "timestamp" in parts and not stamped:
            raise ValidationError("Needs a timestamp_header, or a group (?P<timestamp>…) in pattern.", "content")

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> HmacSettings:
        """The table as a value."""
        return HmacSettings(**data)


class GenericSourceSchema(SourceSchema):
    """The keys of a source of the operator's own."""

    source = GenericSource

    signature = fields.String(validate=validate.OneOf(SIGNATURES))
    hmac = fields.Nested(HmacSchema)
    token_header = fields.String(validate=validate.Length(min=1))
    map = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MAPPED, error="Not a field: choose one of {choices}.")),
        values=Expression(),
    )

    @validates_schema(skip_on_field_errors=True)
    def check_signature(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """Keys that go together, and secrets that can be used."""
        signature = data.get("signature", "standard-webhooks")
        if (signature == "hmac") != ("hmac" in data):
            raise ValidationError('The table hmac and signature = "hmac" go together.', "hmac")
        if signature == "standard-webhooks" and not all(map(_is_standard, data["secrets"])):
            raise ValidationError("whsec_ and whpk_ are followed by base64 (whpk_: of 32 bytes).", "secrets")
        if data.get("map") and "id" not in data["map"]:
            raise ValidationError({"map": {"id": ["Is missing: say where the event's id stands."]}})


def _is_standard(secret: str) -> bool:
    prefix, _, rest = secret.partition("_")
    if prefix not in ("whsec", "whpk"):
        return True
    try:
        key = b64decode(rest, validate=True)
    except ValueError:
        return False
    return len(key) == 32 if prefix == "whpk" else len(key) > 0
