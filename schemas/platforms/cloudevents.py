"""CloudEvents 1.0: the attributes that every event has. https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from schemas.fields import Text, Value, VersionNumber, given, parse_instant, shape
from schemas.own_words import OwnSource, OwnSourceSchema

ANY = "*"
SPEC_VERSION = "1.0"
_ORIGIN = re.compile(r"[A-Za-z0-9*]([A-Za-z0-9.*_-]{0,251}[A-Za-z0-9*])?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Attribute(Text):
    """Text that is not empty and has no control characters (the type String of CloudEvents)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=1, **kwargs)

    def read(self, value: Any) -> str:
        """The text as it came."""
        text = super().read(value)
        if _CONTROL.search(text):
            raise ValidationError("Has control characters, which an attribute may not have.")
        return text


class SpecVersion(Value[str]):
    """The one version of CloudEvents that is understood."""

    def read(self, value: Any) -> str:
        """The same."""
        if value != SPEC_VERSION:
            told = f"{shape(value)} but not {SPEC_VERSION}" if isinstance(value, str) else shape(value)
            raise ValidationError(f'Is {told}: only CloudEvents "{SPEC_VERSION}" is understood.')
        return SPEC_VERSION


class Occurrence(VersionNumber):
    """When it happened: RFC 3339 outside, microseconds since 1970 inside."""

    def read(self, value: Any) -> float:
        """A number; the greater the later."""
        parse_instant(value)
        return super().read(value)


class CloudEvent(Schema):
    """What an event must have, and of the rest what is used here."""

    class Meta:
        """Extension attributes, and what `map` may take."""

        unknown = EXCLUDE

    specversion = SpecVersion(required=True)
    id = Attribute(required=True)
    source = Attribute(required=True)
    type = Attribute(required=True)
    time = Occurrence()
    datacontenttype = Attribute()

    @pre_load
    def drop_nulls(self, data: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """An attribute of null is one that is not there (JSON format, 2.2)."""
        return given(data)


@dataclass(frozen=True)
class CloudEventsSource(OwnSource):
    """A source that sends CloudEvents. Without `types` all are about events; `allowed_rate` is in requests a minute."""

    signature: str = "token"
    types: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = (ANY,)
    allowed_rate: int | None = None


class Origin(Value[str]):
    """The DNS name of a sending system, or `*` for any."""

    def read(self, value: Any) -> str:
        """The same."""
        if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
            raise ValidationError('Is not a DNS name such as eventemitter.example.com, nor "*".')
        return value


class Several(Value[tuple[str, ...]]):
    """A list of at least one, each read as `inner` says."""

    def __init__(self, inner: Value[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._inner = inner

    def read(self, value: Any) -> tuple[str, ...]:
        """The same."""
        if not isinstance(value, list) or not value:
            raise ValidationError(f"Is {shape(value)}: give a list of at least one.")
        return tuple(self._inner.read(item) for item in value)


class CloudEventsSourceSchema(OwnSourceSchema):
    """The keys of a source that sends CloudEvents."""

    source = CloudEventsSource

    types = Several(Attribute())
    allowed_origins = Several(Origin())
    allowed_rate = fields.Integer(
        strict=True, validate=validate.Range(1, 1_000_000, error="Give 1 to 1000000 requests a minute.")
    )
