"""What a schema reads, or the error that crosses rooms: a notification's and an event's, or that of a whole answer."""

from collections.abc import Callable
from typing import Any, ParamSpec

from marshmallow import Schema, ValidationError

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Found, Skipped

P = ParamSpec("P")


def load(schema: Schema, value: Any) -> Any:
    """What a schema reads out of what is said of one event. Raises `InvalidNotification`."""
    try:
        return schema.load(value)
    except ValidationError as error:
        raise InvalidNotification(error.messages_dict) from error


def readable(schema: Schema, value: Any) -> Any:
    """What a schema reads out of an answer that is about more than one event. Raises `LookUpFailed`."""
    try:
        return schema.load(value)
    except ValidationError as error:
        raise LookUpFailed("platform_unreadable") from error


def shown(show: Callable[P, Found | Skipped], *args: P.args, **kwargs: P.kwargs) -> Found | Skipped:
    """One event of a list, as `show` finds it; what is wrong with it must not hide the others."""
    try:
        return show(*args, **kwargs)
    except InvalidNotification:
        return Skipped("invalid")
