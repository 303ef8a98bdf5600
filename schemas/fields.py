"""The kinds of value that events are made of, and how each is read. Errors tell a value's shape, never the value."""

import math
import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, missing

T = TypeVar("T")
MAX_TEXT = 65_536  # HubSpot's limit of a string property: developers.hubspot.com/docs/guides/api/crm/properties
MAX_ID = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_KINDS = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}


def shape(value: Any) -> str:
    """What kind of value it is, for an error that must not repeat it."""
    if isinstance(value, str):
        return f"text of {len(value)} characters"
    return _KINDS.get(type(value), "a number" if isinstance(value, int | float) else "something else")


class Value(fields.Field[T]):
    """A field that is read by one function of the value, which raises `ValidationError`."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """As every field does it; where nothing but `read` is to be done, without the rest, for the door's sake."""
        is_plain = value is not missing and value is not None and not self.validators
        return self.read(value) if is_plain else super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> T:
        return self.read(value)

    @abstractmethod
    def read(self, value: Any) -> T:
        """What is kept inside for what came from outside."""
        ...


def parse_instant(value: Any) -> datetime:
    """A moment in UTC, from RFC 3339 text with a zone. Raises `ValidationError`."""
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValidationError(f"Is {shape(value)}, not an RFC 3339 time: such as 2027-03-28T09:00:00+02:00.")
    if not match[2]:
        raise ValidationError("Has no time zone: end it with Z or an offset such as +02:00.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationError("Is no time of the calendar.") from error


class Instant(Value[str]):
    """RFC 3339 with any offset outside; in UTC inside: `2027-03-28T07:00:00Z`, with milliseconds if there are any."""

    def read(self, value: Any) -> str:
        """The same moment in UTC; what is finer than a millisecond is cut off."""
        moment = parse_instant(value)
        precision = "milliseconds" if moment.microsecond >= 1000 else "seconds"
        return moment.isoformat(timespec=precision).replace("+00:00", "Z")


class Text(Value[str]):
    """Text as it is, of `least` to `most` characters; where some is asked for, spaces alone are none."""

    def __init__(self, *, least: int = 0, most: int = MAX_TEXT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._least, self._most = least, most

    def read(self, value: Any) -> str:
        """The text as it came."""
        text = parse_text(value, self._most)
        if len(text.strip()) < self._least:
            raise ValidationError("Is empty." if self._least == 1 else f"Is {shape(text)}: give {self._least} or more.")
        return text


def parse_text(value: Any, most: int = MAX_TEXT) -> str:
    """Text that can be stored and sent. Raises `ValidationError`."""
    if not isinstance(value, str):
        raise ValidationError(f"Is {shape(value)}, not text.")
    if len(value) > most:
        raise ValidationError(f"Is {shape(value)}: give at most {most}.")
    if "\x00" in value or not _is_unicode(value):
        raise ValidationError("Has a character in it that is none: NUL, or half of a pair.")
    return value


def _is_unicode(value: str) -> bool:
    """Whether it has no half of a pair; encoding finds one twenty times faster than a search for it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class ExternalId(Value[str]):
    """The platform's own id of something: text or a whole number outside, text inside."""

    def read(self, value: Any) -> str:
        """The id, which must be safe to show in one line."""
        if isinstance(value, bool) or not isinstance(value, str | int) or is_huge(value):
            raise ValidationError(f"Is {shape(value)}, not an id: give text or a whole number of at most 64 bits.")
        text = str(value)
        if not (0 < len(text) <= MAX_ID and text.isprintable() and text.strip() == text):
            raise ValidationError(f"Is {shape(text)}: give 1 to {MAX_ID} printable ones, without spaces around them.")
        return text


class ObjectId(ExternalId):
    """HubSpot's own number of a marketing event: a number or its digits outside, digits inside."""

    def read(self, value: Any) -> str:
        """The digits."""
        text = super().read(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise ValidationError("Is not an objectId: give its digits.")
        return text


def is_huge(value: Any) -> bool:
    """Whether it is a whole number that needs more than 64 bits."""
    return isinstance(value, int) and value.bit_length() > 64


class VersionNumber(Value[float]):
    """What orders the notifications of an event: a number, or an RFC 3339 time (inside: microseconds since 1970)."""

    def read(self, value: Any) -> float:
        """A number; the greater the newer."""
        if isinstance(value, str):
            return (parse_instant(value) - _EPOCH) // timedelta(microseconds=1)
        if isinstance(value, bool) or not isinstance(value, int | float) or is_huge(value) or not math.isfinite(value):
            raise ValidationError(f"Is {shape(value)}, not a version: give a finite number or an RFC 3339 time.")
        return value


class Flag(Value[bool]):
    """True or false, and nothing that merely looks like it."""

    def read(self, value: Any) -> bool:
        """The same."""
        if not isinstance(value, bool):
            raise ValidationError(f"Is {shape(value)}, not true or false.")
        return value


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Absent is not null, but a null says no more than absence does."""
    return {name: value for name, value in values.items() if value is not None and value is not missing}
