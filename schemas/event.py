"""An event in HubSpot's words: the one normal form between all platforms and HubSpot."""

import math
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validates_schema

from schemas.fields import Flag, Instant, Text, WebUrl, given, parse_instant, shape


class CustomProperties(fields.Field[dict[str, str]]):
    """HubSpot property → value outside; text inside."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        if not isinstance(value, dict):
            raise ValidationError(f"Is {shape(value)}, not an object of names and values.")
        read, errors = {}, {}
        for name, item in value.items():
            try:
                read[name] = property_value(item)
            except ValueError as error:
                errors[name] = [str(error)]
        if errors:
            raise ValidationError(errors)
        return {name: text for name, text in read.items() if text is not None}


class EventSchema(Schema):
    """Everything that HubSpot's update takes, each optional: what is absent or null is left alone in HubSpot."""

    class Meta:
        """Platforms say more than HubSpot shows."""

        unknown = EXCLUDE

    eventName = Text(least=1)
    eventType = Text()
    startDateTime = Instant()
    endDateTime = Instant()
    eventOrganizer = Text()
    eventDescription = Text()
    eventUrl = WebUrl()
    eventCancelled = Flag()
    customProperties = CustomProperties()

    @pre_load
    def drop_nulls(self, data: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """A null says nothing that could be sent."""
        return given(data)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        """HubSpot would refuse an event that ends before it starts."""
        start, end = data.get("startDateTime"), data.get("endDateTime")
        if start and end and parse_instant(end) < parse_instant(start):
            raise ValidationError({"endDateTime": ["Is before startDateTime."]})


def check(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with an event as a whole, by field; nothing if it can be sent."""
    errors: dict[str, Any] = _WHOLE.validate(dict(values))
    return errors


def property_value(value: Any) -> str | None:
    """A custom property's text: numbers, true and false written out, lists joined by `;` as HubSpot wants several values.

    None stands for null, which is left alone. Raises `ValueError` for what has no text.
    """
    if isinstance(value, list):
        return ";".join(text for item in value if (text := property_value(item)) is not None)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return str(value)
    raise ValueError(f"Is {shape(value)}, not text, a number, true, false, or a list of them.")


_WHOLE = EventSchema()
