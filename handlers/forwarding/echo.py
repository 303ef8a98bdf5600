"""Compares what was sent of a marketing event with what HubSpot shows of it in its answer.

HubSpot drops custom properties that the account does not define without an error: the description of `customProperties`
in https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from handlers.forwarding.merging import PROPERTY
from schemas.fields import parse_instant

_KEY, _PROPERTIES = "objectId", "customProperties"


def unseen(entry: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of an input, flat, that a result shows otherwise or, of custom properties, not at all.

    Of a field that the result does not have it says nothing; of properties, if it lists none. Null shows an empty field.
    """
    names = [name for name in entry if name not in (_KEY, _PROPERTIES)]
    fields = [name for name in names if name in result and not _same(entry[name], result[name])]
    return *fields, *_unseen_properties(entry.get(_PROPERTIES) or (), result.get(_PROPERTIES))


def _unseen_properties(sent: Any, listed: Any) -> list[str]:
    if listed is None:
        return []
    shown = {item.get("name"): item.get("value", _UNTOLD) for item in listed}
    return [PROPERTY + item["name"] for item in sent if not _is_shown(item, shown)]


def _is_shown(item: Mapping[str, Any], shown: Mapping[Any, Any]) -> bool:
    value = shown.get(item["name"])
    return item["name"] in shown and (value is _UNTOLD or _same(item["value"], value))


def _same(sent: Any, shown: Any) -> bool:
    if isinstance(sent, bool):
        return sent == bool(shown)
    return sent == (shown or "") or _is_same_moment(sent, shown)


def _is_same_moment(sent: Any, shown: Any) -> bool:
    moment = _moment(sent)
    return moment is not None and moment == _moment(shown)


def _moment(text: Any) -> datetime | None:
    try:
        return parse_instant(text)
    except ValidationError:
        return None


_UNTOLD = object()
