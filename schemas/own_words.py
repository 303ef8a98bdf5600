"""What the operator's own systems say, and how their sources are configured: HubSpot's vocabulary, or any JSON with a `map` to it."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jmespath.parser import ParsedResult
from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.event import EventSchema
from schemas.expressions import Expression
from schemas.fields import ExternalId, ObjectId, VersionNumber
from schemas.hmac_settings import HEADER, HmacSchema, HmacSettings
from schemas.sources import Source, SourceSchema

SIGNATURES = ("standard-webhooks", "github", "hmac", "token", "basic")


class OwnNotification(EventSchema):
    """What the operator's own system says of one event."""

    id = ExternalId(required=True)
    version = VersionNumber()
    objectId = ObjectId()
    notificationId = ExternalId()


MAPPED = tuple(OwnNotification().fields)
"""What a `map` may tell."""


@dataclass(frozen=True)
class OwnSource(Source):
    """A source of the operator's own. A platform's dataclass says with its default which `signature` is the usual one."""

    signature: str = "standard-webhooks"
    hmac: HmacSettings | None = None
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    map: Mapping[str, ParsedResult] = field(default_factory=dict)


class OwnSourceSchema(SourceSchema):
    """The keys of a source of the operator's own."""

    source: type[OwnSource] = OwnSource

    signature = fields.String(validate=validate.OneOf(SIGNATURES))
    hmac = fields.Nested(HmacSchema)
    token_header = fields.String(validate=HEADER)
    map = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MAPPED, error="Not a field: choose one of {choices}.")),
        values=Expression(),
    )

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_map(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """Without an id nobody knows which event is meant."""
        paths = original.get("map")
        if isinstance(paths, dict) and "id" not in paths:
            raise ValidationError({"map": {"id": ["Is missing: say where the event's id stands."]}})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_signature(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """Keys that go together, and secrets that can be used."""
        signature = original.get("signature", self.source.signature)
        errors: dict[str, list[str]] = {}
        if (signature == "hmac") != ("hmac" in original):
            errors["hmac"] = ['The table hmac and signature = "hmac" go together.']
        if "token_header" in original and signature != "token":
            errors["token_header"] = ['Goes with signature = "token" only.']
        if signature == "standard-webhooks" and not all(_is_standard(secret) for secret in data.get("secrets", ())):
            errors["secrets"] = ["whsec_ and whpk_ are followed by base64 (whpk_: of 32 bytes)."]
        if errors:
            raise ValidationError(errors)


def _is_standard(secret: str) -> bool:
    prefix, _, rest = secret.partition("_")
    if prefix not in ("whsec", "whpk"):
        return True
    try:
        key = b64decode(rest, validate=True)
    except ValueError:
        return False
    return len(key) == 32 if prefix == "whpk" else len(key) > 0
