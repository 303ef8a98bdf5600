"""How an operator's own system signs with a keyed hash, as its table in `sources.toml` tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates, validates_schema

from schemas.fields import Value

HEADER = validate.Regexp(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z", error="Not the name of a header.")  # RFC 9110, 5.1
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True)
class HmacSettings:
    """How an own HMAC is sent and made."""

    header: str
    pattern: re.Pattern[str] = re.compile(r"(?P<signature>\S+)")
    content: str = "{body}"
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: str | None = None


class Pattern(Value[re.Pattern[str]]):
    """A regular expression with the group `signature`, and perhaps `timestamp`."""

    def read(self, value: Any) -> re.Pattern[str]:
        """The compiled expression."""
        try:
            compiled = re.compile(value)
        except (re.error, TypeError) as error:
            raise ValidationError(f"Not a regular expression: {error}.") from error
        if "signature" not in compiled.groupindex:
            raise ValidationError("Has no group (?P<signature>…).")
        return compiled


class HmacSchema(Schema):
    """The table `hmac` of a source."""

    header = fields.String(required=True, validate=HEADER)
    pattern = Pattern()
    content = fields.String()
    algorithm = fields.String(validate=validate.OneOf(["sha256", "sha512", "sha1"]))
    encoding = fields.String(validate=validate.OneOf(["hex", "base64"]))
    timestamp_header = fields.String(validate=HEADER)

    @validates("content")
    def check_content(self, content: str, **kwargs: Any) -> None:
        """Only what is known can be signed, and the body must be."""
        parts = _PLACEHOLDER.findall(content)
        if _BRACES.search(_PLACEHOLDER.sub("", content)):
            raise ValidationError("Its braces do not match.")
        if parts.count("body") != 1 or not set(parts) <= {"body", "timestamp", "id"}:
            raise ValidationError("Made of {body}, which must be in it once, {timestamp} and {id}.")

    @validates_schema
    def check_timestamp(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """What is signed must be at hand."""
        stamped = "timestamp_header" in data or "timestamp" in getattr(data.get("pattern"), "groupindex", {})
        if "{timestamp}" in data.get("content", "") and not stamped:
            raise ValidationError("Needs a timestamp_header, or a group (?P<timestamp>…) in pattern.", "content")

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> HmacSettings:
        """The table as a value."""
        return HmacSettings(**data)
