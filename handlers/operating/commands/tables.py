"""What the API answers, as tables for people."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

Item = Mapping[str, Any]
MOST_TEXT = 300
WIDE = 240  # of a line that no terminal shows


class Column(NamedTuple):
    """A column's head, and what stands in it of an item."""

    head: str
    value: Callable[[Item], Any]
    is_number: bool = False


def member(name: str, head: str | None = None, *, is_number: bool = False) -> Column:
    """A column that shows one member of an item as it is."""
    return Column(head or name.replace("_", " "), lambda item: item.get(name), is_number)


def moment(name: str, head: str | None = None) -> Column:
    """A column with a time, to the second."""
    return Column(f"{head or name.removesuffix('_at')} (UTC)", lambda item: to_second(item.get(name)))


def to_second(written: str | None) -> str | None:
    """A time as the API writes it, without its fractions and its zone, which is UTC."""
    return None if written is None else datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M:%S")


def show(items: Iterable[Item], columns: Sequence[Column], nothing: str) -> None:
    """A table of the items, or the words for `nothing`."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.head, justify="right" if column.is_number else "left", overflow="fold")
    for item in items:
        table.add_row(*(plain(column.value(item)) for column in columns))
    say(table if table.row_count else Text(nothing))


def show_page(answer: Mapping[str, Any], columns: Sequence[Column], nothing: str) -> None:
    """As `show`, and how to see what follows."""
    show(answer["items"], columns, nothing)
    if answer["next"]:
        say(Text(f"There are more: --cursor {answer['next']}"))


def show_members(item: Item, columns: Sequence[Column]) -> None:
    """One item, a line for each member that it has."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for column in columns:
        value = column.value(item)
        if value not in (None, "", [], {}):
            table.add_row(Text(column.head), plain(value))
    say(table)


def plain(value: Any) -> Text:
    """A value in one line, in which nothing can move a terminal's cursor."""
    text = "" if value is None else str(value)
    cut = text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
    return Text("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in cut))


def say(shown: Table | Text) -> None:
    """On stdout, as wide as the terminal, or wide enough where there is none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDE)
    console.print(shown)
