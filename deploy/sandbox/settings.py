"""What can be changed about the sandbox while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

MOST = 10**9


class Mistake(Exception):
    """What a person told a control is wrong; the text says how."""


@dataclass
class Settings:
    """Seconds, counts and names. An empty list or text of credentials means that any will do."""

    latency: float = 0.0
    limit: int = 190
    interval: float = 10.0
    daily_limit: int = 1_000_000
    identifiers_lag: float = 0.0
    max_inputs: int = 100
    time_zone: str = "UTC"
    properties: list[str] = field(default_factory=lambda: ["venue", "city", "timezone", "language"])
    tokens: list[str] = field(default_factory=list)
    expired_tokens: list[str] = field(default_factory=list)
    client_id: str = ""
    client_secret: str = ""
    refresh_tokens: list[str] = field(default_factory=list)
    rotate_refresh_tokens: bool = False
    expires_in: int = 1800

    def change(self, given: Mapping[str, Any]) -> None:
        """Take over what is given, all or nothing; raises `Mistake` for a name or a value that does not fit."""
        known = {each.name for each in fields(self)}
        for name, value in given.items():
            if name not in known:
                raise Mistake(f"No such setting: {name}. There are {', '.join(sorted(known))}.")
            if not fits(value, getattr(self, name)):
                raise Mistake(f"{name} cannot be {value!r}.")
        zone(given.get("time_zone", "UTC"))
        for name, value in given.items():
            setattr(self, name, value)


def fits(value: Any, present: Any) -> bool:
    """Whether a value is of the kind of the present one: numbers neither negative nor huge, lists of texts."""
    if isinstance(present, bool) or isinstance(value, bool):
        return isinstance(present, bool) and isinstance(value, bool)
    if isinstance(present, int | float):
        numbers = int if isinstance(present, int) else (int, float)
        return isinstance(value, numbers) and 0 <= value < MOST
    if isinstance(present, list):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, str)


def zone(name: str) -> tzinfo:
    """The time zone of that name; UTC needs no time-zone database. Raises `Mistake`."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise Mistake(f"No such time zone: {name}.") from error
