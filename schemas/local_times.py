"""Dates and times by a clock of which only the name of its zone is told, as some platforms write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError

from schemas.fields import Instant, Value, shape

_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII)


class TimeZone(Value[ZoneInfo]):
    """The name of a time zone: https://www.iana.org/time-zones."""

    def read(self, value: Any) -> ZoneInfo:
        """The zone, with its changes of the clock."""
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, TypeError, AttributeError, OSError) as error:
            raise ValidationError(f"Is {shape(value)}, not a time zone: such as Europe/London or UTC.") from error


def parse_local(value: Any) -> datetime:
    """A date and time without a zone, such as `2027-05-01T18:00:00.000`. Raises `ValidationError`."""
    match = _LOCAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValidationError(f"Is {shape(value)}, not a date and time such as 2027-05-01 18:00:00.")
    return _calendar(f"{match[1]}T{match[2]}")


def is_local(value: Any) -> bool:
    """Whether it looks like a date and time without a zone."""
    return isinstance(value, str) and _LOCAL.fullmatch(value) is not None


def is_date(value: Any) -> bool:
    """Whether it looks like a date alone."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def parse_time(value: Any) -> timedelta:
    """The time since midnight by the clock: `18:00`, `18:00:30`, `6:00 PM`. Raises `ValidationError`."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValidationError(f"Is {shape(value)}, not a time such as 18:00:00 or 6:00 PM.")
    hour, minute, second, half = int(match[1]), int(match[2]), int(match[3] or 0), (match[4] or "").lower()
    if not (1 <= hour <= 12 if half else hour <= 23) or minute > 59 or second > 59:
        raise ValidationError("Is no time of a clock.")
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return timedelta(hours=hour, minutes=minute, seconds=second)


def parse_date(value: Any) -> datetime:
    """Midnight at the beginning of a date such as `2027-05-01`. Raises `ValidationError`."""
    if not is_date(value):
        raise ValidationError(f"Is {shape(value)}, not a date such as 2027-05-01.")
    return _calendar(value)


def instant_at(local: datetime, zone: ZoneInfo) -> str:
    """The moment at which clocks of the zone show that, as `Instant` has it; the first of two. Raises `ValidationError`."""
    try:
        return Instant().read(local.replace(tzinfo=zone).astimezone(UTC).isoformat())
    except (ValueError, OverflowError) as error:
        raise ValidationError("Is no time of the calendar.") from error


def _calendar(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError("Is no time of the calendar.") from error
