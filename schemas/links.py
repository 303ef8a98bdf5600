"""The rows of a file of links: which marketing event stands for which event."""

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields

from schemas.fields import ExternalId, ObjectId

COLUMNS = ("source", "external_id", "object_id")


@dataclass(frozen=True)
class LinkRow:
    """One row; `line` is where it ends in the file, counted from 1."""

    line: int
    source: str
    external_id: str
    object_id: str


class LinkSchema(Schema):
    """The columns of a row."""

    source = fields.String(required=True)
    external_id = ExternalId(required=True)
    object_id = ObjectId(required=True)


class FaultyLinks(ValueError):
    """A file that cannot be imported. `faults` names line and column, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_links(lines: Iterable[str], sources: Collection[str]) -> list[LinkRow]:
    """The rows of a CSV file (RFC 4180) with the header `source,external_id,object_id`, in any order.

    Raises `FaultyLinks` with every fault of every row: an unknown source, an id that is none, one that stands twice.
    """
    reader = csv.reader(lines, strict=True)
    rows: list[LinkRow] = []
    faults: list[str] = []
    try:
        header = next(reader, [])
        if sorted(header) != sorted(COLUMNS):
            raise FaultyLinks([f"line 1: Is no header: write {','.join(COLUMNS)}."])
        for values in reader:
            found, wrong = _read(header, values, reader.line_num, sources)
            rows += found
            faults += wrong
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: Is no CSV: {error}.")
    except UnicodeDecodeError:
        faults.append("file: Is no text in UTF-8.")
    faults += _twice(rows)
    if faults:
        raise FaultyLinks(faults)
    return rows


def _read(header: list[str], values: list[str], line: int, sources: Collection[str]) -> tuple[list[LinkRow], list[str]]:
    """A row, or what is wrong with it; an empty line is neither."""
    if not values:
        return [], []
    if len(values) != len(header):
        return [], [f"line {line}: Has {len(values)} value(s), not {len(header)}."]
    try:
        row = LinkRow(line, **_SCHEMA.load(dict(zip(header, values, strict=True))))
    except ValidationError as error:
        return [], [f"line {line}: {column}: {text}" for column, text in _texts(error.messages)]
    if row.source not in sources:
        return [], [f"line {line}: source: No such source: choose one of {', '.join(sorted(sources))}."]
    return [row], []


def _texts(messages: Any) -> Iterator[tuple[str, str]]:
    return ((column, text) for column, texts in messages.items() for text in texts)


def _twice(rows: Iterable[LinkRow]) -> Iterator[str]:
    """An event has one marketing event, and the reverse."""
    events: dict[tuple[str, str], int] = {}
    objects: dict[str, int] = {}
    for row in rows:
        first = events.setdefault((row.source, row.external_id), row.line)
        if first != row.line:
            yield f"line {row.line}: external_id: Stands in line {first} already."
        first = objects.setdefault(row.object_id, row.line)
        if first != row.line:
            yield f"line {row.line}: object_id: Stands in line {first} already."


_SCHEMA = LinkSchema()
