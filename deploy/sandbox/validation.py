"""What HubSpot would refuse in a call, judged as strictly as its documentation and recorded answers allow."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from deploy.sandbox.answers import invalid
from deploy.sandbox.store import DATES, FIELDS, FLAGS, Store

IDENTITY = ("externalEventId", "externalAccountId")
UPDATABLE = {*FIELDS, "customProperties"} - {"eventCompleted"}
CREATABLE = {*FIELDS, *IDENTITY, "customProperties"}
MAX_TEXT = 65_536  # of a text property: developers.hubspot.com/docs/guides/api/crm/properties
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_OBJECT_ID = re.compile(r"[0-9]{1,19}")


def updates(body: Any, store: Store, most: int) -> list[dict[str, Any]]:
    """The inputs of batch/update; raises `Refused` for the whole call if one of them is wrong."""
    inputs = batch(body, most)
    for entry in inputs:
        check_members(entry, UPDATABLE | {"objectId"})
    unique([object_id(entry) for entry in inputs])
    for entry in inputs:
        event = store.get(entry["objectId"])
        check_order({**(event.fields if event else {}), **entry})
    return inputs


def creations(body: Any, most: int) -> list[dict[str, Any]]:
    """The inputs of events/upsert."""
    inputs = [creation(entry) for entry in batch(body, most)]
    unique([f"{entry['externalAccountId']}/{entry['externalEventId']}" for entry in inputs])
    return inputs


def creation(entry: Any) -> dict[str, Any]:
    """One marketing event to be made or replaced."""
    if not isinstance(entry, dict):
        raise invalid("Invalid input JSON: not an object")
    for name in ("eventName", "eventOrganizer", *IDENTITY):
        if not entry.get(name):
            raise invalid(f"Some required fields were not set: [{name}]", name)
    check_members(entry, CREATABLE)
    check_order(entry)
    return entry


def archivals(body: Any, most: int) -> list[str]:
    """The objectIds of batch/archive."""
    inputs = batch(body, most)
    for entry in inputs:
        check_members(entry, {"objectId"})
    ids = [object_id(entry) for entry in inputs]
    unique(ids)
    return ids


def batch(body: Any, most: int) -> list[dict[str, Any]]:
    """The inputs of any batch: at least one, at most `most`, all objects."""
    inputs = body.get("inputs") if isinstance(body, dict) and set(body) == {"inputs"} else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(entry, dict) for entry in inputs):
        raise invalid("Invalid input JSON: inputs must be a list of objects, and not empty", "inputs")
    if len(inputs) > most:
        raise invalid(f"The maximum number of inputs is {most}", "inputs")
    return inputs


def unique(ids: Sequence[str]) -> None:
    """No id twice."""
    twice = [each for each, count in Counter(ids).items() if count > 1]
    if twice:
        words = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise invalid(words, context={"ids": twice})


def object_id(entry: Mapping[str, Any]) -> str:
    """The objectId of an input: a string of digits."""
    given = entry.get("objectId")
    if not isinstance(given, str) or not _OBJECT_ID.fullmatch(given):
        raise invalid("objectId must be a string of digits", "objectId")
    return given


def check_members(entry: Mapping[str, Any], known: set[str]) -> None:
    """Names and types of an object's members."""
    strangers = set(entry) - known
    if strangers:
        raise invalid(f'Unrecognized field "{min(strangers)}"', min(strangers))
    for name, value in entry.items():
        _check_value(name, value)


def check_change(entry: Mapping[str, Any], store: Store) -> None:
    """The order of the dates, with those that this app's event has already."""
    found = store.find(entry["externalEventId"], entry["externalAccountId"])
    check_order({**(found[0].fields if found else {}), **entry})


def check_order(fields: Mapping[str, Any]) -> None:
    """The end is not before the start, whichever of them is new."""
    start, end = (fields.get(name) for name in DATES)
    if start and end and datetime.fromisoformat(end) < datetime.fromisoformat(start):
        raise invalid("endDateTime must not be before startDateTime", "endDateTime")


def _check_value(name: str, value: Any) -> None:
    if name == "customProperties":
        _check_properties(value)
    elif name in FLAGS:
        if not isinstance(value, bool):
            raise invalid(f"{name} must be true or false", name)
    elif not isinstance(value, str) or len(value) > MAX_TEXT:
        raise invalid(f"{name} must be a string of at most {MAX_TEXT} characters", name)
    elif name in DATES and not _is_date(value):
        raise invalid(f"{name} must be an ISO 8601 time with a zone", name)


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.fullmatch(value) and datetime.fromisoformat(value))
    except ValueError:
        return False


def _check_properties(items: Any) -> None:
    if not isinstance(items, list) or not all(_is_property(item) for item in items):
        raise invalid("customProperties must be a list of {name, value}, both strings", "customProperties")


def _is_property(item: Any) -> bool:
    return isinstance(item, dict) and set(item) == {"name", "value"} and all(isinstance(v, str) for v in item.values())
