"""An event in HubSpot's words: the one normal form between all platforms and HubSpot."""

import math
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, pre_load, validates_schema

from schemas.addresses import WebUrl
from schemas.fields import Flag, Instant, Text, Value, given, parse_instant, parse_text, shape

MAX_PROPERTY_NAME = 255


class Clearable(WebUrl):
    """An address, or empty text, which clears the one that HubSpot has."""

    def read(self, value: Any) -> str:
        """The address as it came."""
        return value if value == "" else super().read(value)


class CustomProperties(Value[dict[str, str]]):
    """HubSpot property → value outside; text inside."""

    def read(self, value: Any) -> dict[str, str]:
        """The texts by property; what is null is left out."""
        if not isinstance(value, dict):
            raise ValidationError(f"Is {shape(value)}, not an object of names and values.")
        texts: dict[str, str | None] = {}
        errors: dict[str, list[str]] = {}
        for name, item in value.items():
            try:
                texts[_property_name(name)] = property_value(item)
            except ValueError as error:
                errors[name[:MAX_PROPERTY_NAME]] = [str(error)]
        if errors:
            raise ValidationError(errors)
        return given(texts)


class EventSchema(Schema):
    """Everything that HubSpot's update takes, each optional: what is absent or null is left alone in HubSpot.

    Empty text clears a field; an event without a name is refused.
    """

    class Meta:
        """Platforms say more than HubSpot shows."""

        unknown = EXCLUDE

    eventName = Text(least=1)
    eventType = Text()
    startDateTime = Instant()
    endDateTime = Instant()
    eventOrganizer = Text()
    eventDescription = Text()
    eventUrl = Clearable()
    eventCancelled = Flag()
    customProperties = CustomProperties()

    @pre_load
    def drop_nulls(self, data: Any, **kwargs: Any) -> Any:
        """A null says nothing that could be sent."""
        return given(data) if isinstance(data, Mapping) else data

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """HubSpot would refuse an event that ends before it starts."""
        start, end = data.get("startDateTime"), data.get("endDateTime")
        if start and end and parse_instant(end) < parse_instant(start):
            raise ValidationError("Is before startDateTime.", "endDateTime")


def check(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with an event as a whole, by field; nothing if it can be sent."""
    errors: dict[str, Any] = _WHOLE.validate(dict(values))
    return errors


def property_value(value: Any) -> str | None:
    """A custom property's text: numbers, true and false written out, lists joined by `;` as HubSpot wants several values.

    None stands for null, which is left alone. Raises `ValueError` for what has no text.
    """
    if not isinstance(value, list):
        return _single_value(value)
    texts = (_single_value(item) for item in value)
    return _storable(";".join(text for text in texts if text is not None))


def _single_value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return str(value)
    raise ValueError(f"Is {shape(value)}, not text, a number, true, false, or a list of them.")


def _property_name(name: str) -> str:
    if not (0 < len(name) <= MAX_PROPERTY_NAME and name.isprintable()):
        raise ValueError("Is no name of a property.")
    return name


def _storable(text: str) -> str:
    try:
        return parse_text(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


_WHOLE = EventSchema()
FIELDS = tuple(name for name in _WHOLE.fields if name != "customProperties")
"""HubSpot's own fields of a marketing event."""
