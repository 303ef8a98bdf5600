"""What a table of `sources.toml` may say: the keys that every platform shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from marshmallow import Schema, ValidationError, fields, post_load, validate


@dataclass(frozen=True)
class Source:
    """One configured sender. `secrets` are newest first; `custom_properties` maps HubSpot's property to a compiled path."""

    name: str
    platform: str
    secrets: tuple[str, ...] = field(repr=False)
    account_id: str | None = None
    on_missing: Literal["dead", "create"] = "dead"
    on_deleted: Literal["cancel", "ignore"] = "cancel"
    on_unpublished: Literal["cancel", "ignore"] = "ignore"
    organizer: str | None = None
    event_type: str | None = None
    language: str = "en"
    custom_properties: Mapping[str, ParsedResult] = field(default_factory=dict)


class Expression(fields.Field[ParsedResult]):
    """A JMESPath, compiled once. See https://jmespath.org/specification.html"""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> ParsedResult:
        if not isinstance(value, str):
            raise ValidationError("Not a JMESPath: give it as a string.")
        try:
            return jmespath.compile(value)
        except JMESPathError as error:
            raise ValidationError(f"Not a JMESPath: {error}") from error


class SourceSchema(Schema):
    """The keys that every source has. A platform adds its own by inheriting, and names its dataclass in `source`."""

    source: type[Source] = Source

    name = fields.String(required=True)
    platform = fields.String(required=True)
    secrets = fields.List(
        fields.String(validate=validate.Length(min=1, error="Is empty: give the secret.")),
        required=True,
        validate=validate.Length(min=1, error="No secret, no start: give at least one."),
    )
    account_id = fields.String(validate=validate.Length(min=1))
    on_missing = fields.String(validate=validate.OneOf(["dead", "create"]))
    on_deleted = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    on_unpublished = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    organizer = fields.String(validate=validate.Length(min=1))
    event_type = fields.String(validate=validate.Length(min=1))
    language = fields.String(validate=validate.Length(min=1))
    custom_properties = fields.Dict(keys=fields.String(validate=validate.Length(min=1)), values=Expression())

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Source:
        """The source as the platform's own dataclass."""
        return self.source(**{**data, "secrets": tuple(data["secrets"])})
