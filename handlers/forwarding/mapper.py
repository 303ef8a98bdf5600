"""From what is known of an event to what HubSpot shall show."""

from collections.abc import Mapping
from typing import Any

from handlers.errors import InvalidNotification
from handlers.forwarding.merging import flatten, nest
from handlers.inbox.queue import State
from handlers.platform import Fields, Json
from schemas.event import check, property_value
from schemas.expressions import evaluate
from schemas.sources import Source


def with_properties(fields: Fields, event: Json, source: Source) -> dict[str, Any]:
    """The fields, flat, with the custom properties that the source takes out of the platform's own event.

    Raises `InvalidNotification` naming the property.
    """
    said: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, expression in source.custom_properties.items():
        try:
            said[name] = property_value(evaluate(expression, event))
        except ValueError as error:
            errors[f"customProperties.{name}"] = [str(error)]
    if errors:
        raise InvalidNotification(errors)
    known = {name: value for name, value in said.items() if value is not None}
    return flatten({**fields, "customProperties": {**fields.get("customProperties", {}), **known}})


def desired(state: State, source: Source) -> dict[str, Any]:
    """What HubSpot shall show, flat: the state, and the source's words where the platform names none.

    Raises `InvalidNotification` where fields contradict each other.
    """
    defaults = {"eventOrganizer": source.organizer, "eventType": source.event_type}
    named = {name: value for name, value in defaults.items() if value is not None}
    fields: dict[str, Any] = {**named, **state.fields}
    if errors := check(nest(fields)):
        raise InvalidNotification(errors)
    return fields


def difference(wanted: Mapping[str, Any], confirmed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields whose value HubSpot has not confirmed."""
    return {name: value for name, value in wanted.items() if name not in confirmed or confirmed[name] != value}
