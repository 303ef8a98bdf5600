"""The kinds of value that events are made of, and how each is read. Errors tell a value's shape, never the value."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, missing

MAX_TEXT = 65_536  # HubSpot's limit of a string property: developers.hubspot.com/docs/guides/api/crm/properties
MAX_ID = 255
MAX_URL = 2048
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?")


def shape(value: Any) -> str:
    """What kind of value it is, for an error that must not repeat it."""
    kinds = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        type(None): "null",
        int: "a number",
        float: "a number",
    }
    return (
        f"text of {len(value)} characters" if isinstance(value, str) else kinds.get(type(value), type(value).__name__)
    )


def parse_instant(value: Any) -> datetime:
    """A moment, from RFC 3339 text with a zone. Raises `ValidationError`."""
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValidationError(f"Is {shape(value)}, not an RFC 3339 time: such as 2027-03-28T09:00:00+02:00.")
    if not match[2]:
        raise ValidationError("Has no time zone: end it with Z or an offset such as +02:00.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationError("Is no time of the calendar.") from error


class Instant(fields.Field[str]):
    """RFC 3339 with any offset outside, RFC 3339 in UTC inside: `2027-03-28T07:00:00Z`, with milliseconds if there are any."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        moment = parse_instant(value)
        precision = "milliseconds" if moment.microsecond >= 1000 else "seconds"
        return moment.isoformat(timespec=precision).replace("+00:00", "Z")


class WebUrl(fields.Field[str]):
    """An absolute http or https address that a visitor can follow, without credentials in it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _is_web_url(value):
            raise ValidationError(f"Is {shape(value)}, not a web address: such as https://example.com/events/1.")
        return value


def _is_web_url(value: str) -> bool:
    if not 0 < len(value) <= MAX_URL or not value.isprintable() or " " in value or "\\" in value:
        return False
    try:
        parts = urlsplit(value)
        usable_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and usable_port


class Text(fields.Field[str]):
    """Text as it is; `least` characters or more."""

    def __init__(self, *, least: int = 0, most: int = MAX_TEXT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"Is {shape(value)}, not text.")
        if not self._least <= len(value.strip()) or len(value) > self._most:
            raise ValidationError(f"Is {shape(value)}: give {self._least} to {self._most}.")
        if "\x00" in value:
            raise ValidationError("Has a NUL character in it.")
        return value


class ExternalId(fields.Field[str]):
    """The platform's own id of an event: text or a whole number outside, text inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValidationError(f"Is {shape(value)}, not an id: give text or a whole number of at most 64 bits.")
        text = str(value)
        if not (0 < len(text) <= MAX_ID and text.isprintable() and text.strip() == text):
            raise ValidationError(f"Is {shape(text)}: give 1 to {MAX_ID} printable characters.")
        return text


class VersionNumber(fields.Field[float]):
    """What orders the notifications of an event: a number, or an RFC 3339 time (inside: microseconds since 1970)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return value
        if isinstance(value, str):
            moment = parse_instant(value)
            return int(moment.timestamp()) * 1_000_000 + moment.microsecond
        raise ValidationError(f"Is {shape(value)}, not a version: give a number or an RFC 3339 time.")


class Flag(fields.Field[bool]):
    """True or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"Is {shape(value)}, not true or false.")
        return value


class Translated(fields.Field[dict[str, str]]):
    """Text in several languages, `{"en": …, "de": …}`, or plain text; inside by language, without empty ones."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        texts = {"": value} if isinstance(value, str) else value
        if not isinstance(texts, dict) or not all(isinstance(text, str | None) for text in texts.values()):
            raise ValidationError(f"Is {shape(value)}, not text by language.")
        return {language: text for language, text in texts.items() if text and text.strip()}


def pick(texts: Mapping[str, str], language: str) -> str | None:
    """The text in `language`, else in a variety of it (`de-informal` for `de`), in English, or in whatever there is."""
    wanted = language.lower()
    exact = [text for name, text in texts.items() if name.lower() == wanted]
    kin = [text for name, text in texts.items() if name.lower().partition("-")[0] == wanted.partition("-")[0]]
    english = [text for name, text in texts.items() if name.lower() == "en"]
    return next(iter([*exact, *kin, *english, *texts.values()]), None)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Absent is not null, but a null says no more than absence does."""
    return {name: value for name, value in values.items() if value is not None and value is not missing}
