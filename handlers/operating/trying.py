"""Shows what a saved payload would become in HubSpot, field by field, and sends nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import click
import orjson
from jmespath.parser import ParsedResult
from rich.console import Console
from rich.table import Table
from rich.text import Text

from handlers.content import parse_object
from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.forwarding.hydrator import Guest
from handlers.platform import Fields, Found, Ignored, Json, Notification, Platform, Remaining, Skipped, without
from schemas.event import FIELDS, check, property_value
from schemas.expressions import evaluate
from schemas.fields import given
from schemas.sources import Source

ALONE = "left alone"
_DEFAULTS = {"eventOrganizer": "organizer", "eventType": "event_type"}


@runtime_checkable
class Mapped(Protocol):
    """A source whose own `map` says where HubSpot's fields stand."""

    map: Mapping[str, ParsedResult]


@dataclass(frozen=True)
class Row:
    """One of HubSpot's fields: its value as text, where it comes from, and what is wrong with it, if anything."""

    field: str
    value: str | None
    origin: str
    fault: str | None = None


@dataclass(frozen=True)
class Trial:
    """One source with its platform, and the guest that may ask it."""

    source: Source
    platform: Platform[Any]
    guest: Guest | None

    def rows(self, body: Json) -> list[Row]:
        """Every field of HubSpot's, then the custom properties.

        Raises `click.ClickException` where nothing would be sent, saying why.
        """
        fields, event = self._said(body)
        return [*self._own_fields(fields), *self._properties(fields, without(event, self.platform.private))]

    def _said(self, body: Json) -> tuple[Fields, Json]:
        """What the notification says, or what its platform does when it is asked."""
        try:
            read = self.platform.read(body, {}, self.source)
            found = self._asked(read) if isinstance(read, Notification) and read.fields is None else None
        except InvalidNotification as error:
            raise click.ClickException("\n".join(["It would be dead:", *_lines(error.errors)])) from error
        if isinstance(read, Ignored):
            raise click.ClickException(f"It would be ignored: {read.action} says nothing about an event.")
        if found is not None:
            return found
        return read.fields or {}, body if read.said is None else read.said

    def _asked(self, read: Notification) -> tuple[Fields, Json]:
        if self.guest is None:
            raise click.ClickException("It says too little, and the source has no token to ask its platform with.")
        try:
            found = self.guest.look_up(read.event, 0.0)
        except LookUpFailed as error:
            raise click.ClickException(f"Its platform does not tell: {error.reason}.") from error
        match found:
            case Found():
                return found.fields, found.event
            case Skipped(reason):
                raise click.ClickException(f"Nothing would be sent of {read.event}: {reason}.")
            case Remaining():
                raise click.ClickException("It is about a whole list, which would be compared with what is known.")
            case _:
                raise click.ClickException(f"The platform does not have {read.event} any more.")

    def _own_fields(self, fields: Fields) -> Iterator[Row]:
        defaults = given({"eventOrganizer": self.source.organizer, "eventType": self.source.event_type})
        faults = check({**defaults, **fields})
        for name in FIELDS:
            value = fields.get(name, defaults.get(name))
            told = name in fields or name not in defaults
            origin = self._origin(name) if told else f"{_DEFAULTS[name]} in the settings"
            yield Row(name, None if value is None else _shown(value), origin, " ".join(faults.get(name, ())) or None)

    def _origin(self, name: str) -> str:
        paths = self.source.map if isinstance(self.source, Mapped) else {}
        if name in paths:
            return str(paths[name].expression)
        if paths and self.platform.own_sender:
            return "not in the map"
        return self.platform.origins.get(name, "nowhere: this platform does not tell")

    def _properties(self, fields: Fields, event: Json) -> Iterator[Row]:
        for name, value in fields.get("customProperties", {}).items():
            if name not in self.source.custom_properties:
                yield Row(f"property {name}", _shown(value), self._origin("customProperties"))
        for name, path in self.source.custom_properties.items():
            try:
                yield Row(f"property {name}", property_value(evaluate(path, event)), path.expression)
            except ValueError as error:
                yield Row(f"property {name}", None, path.expression, str(error))


def try_file(trial: Trial, file: Path, content_type: str, console: Console) -> bool:
    """Show each notification of a saved body; whether all is well. Raises `click.ClickException` where nothing would be sent."""
    is_well = True
    for body in _read(file, content_type, trial.platform):
        rows = trial.rows(body)
        _show(rows, console)
        is_well = is_well and not any(row.fault for row in rows)
    return is_well


def _read(file: Path, content_type: str, platform: Platform[Any]) -> Sequence[Json]:
    """The notifications in a saved body of that media type. Raises `click.ClickException`."""
    content = file.read_bytes()
    try:
        if platform.unpack is None:
            return [parse_object(content_type, None, content)]
        return platform.unpack({"Content-Type": content_type}, content)
    except Refusal as error:
        raise click.ClickException(f"{file}: {error.detail}") from error


def _show(rows: list[Row], console: Console) -> None:
    """The rows as a table; texts are shown as they are, never as markup."""
    table = Table("HubSpot's field", "value", "from")
    for row in rows:
        style = "red" if row.fault else "dim" if row.value is None else ""
        table.add_row(
            row.field, Text(row.fault or (ALONE if row.value is None else row.value)), Text(row.origin), style=style
        )
    console.print(table)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _lines(errors: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, problem in errors.items():
        place = f"{above}{name}"
        if isinstance(problem, Mapping):
            yield from _lines(problem, f"{place}.")
        else:
            yield f"  {place}: {' '.join(map(str, problem)) if isinstance(problem, list) else problem}"
