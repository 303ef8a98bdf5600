"""Links from a file: all of them or none, or only a look at what they would change."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from handlers.inbox import links
from handlers.inbox.database import Database
from schemas.links import FaultyLinks, LinkRow, read_links

CHUNK = 200


def import_links(database: Database, file: Path, sources: Collection[str], *, dry_run: bool) -> int:
    """Set every link of a CSV file and tell what changed; returns how many were set.

    Raises `click.ClickException` (exit status 1) listing every faulty row and every marketing event that stands for
    another event already; nothing is set then.
    """
    rows = _rows(file, sources)
    changes = _in_chunks(rows, "Comparing", lambda wanted: links.compare(database, wanted))
    refused = [row for row, change in zip(rows, changes, strict=True) if change == "linked_elsewhere"]
    if dry_run:
        _show(rows, changes)
    if refused:
        raise click.ClickException("\n".join(["Nothing was linked:", *map(_refusal, refused)]))
    if not dry_run:
        changes = _in_chunks(rows, "Linking", lambda wanted: links.link_all(database, wanted))
    counts = Counter(changes)
    words = ", ".join(f"{counts[change]} {change}" for change in ("new", "changed", "same"))
    click.echo(f"{'Would be' if dry_run else 'Linked'}: {words}.")
    return 0 if dry_run else counts["new"] + counts["changed"]


def _rows(file: Path, sources: Collection[str]) -> list[LinkRow]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_links(lines, sources)
    except FaultyLinks as error:
        raise click.ClickException("\n".join([f"{len(error.faults)} fault(s) in {file}:", *error.faults])) from error


def _in_chunks(
    rows: Sequence[LinkRow], words: str, do: Callable[[Sequence[links.Wanted]], Sequence[links.Change]]
) -> list[links.Change]:
    """What `do` returned for the rows; a transaction of its own for each chunk, so that the door need not wait long."""
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    changes: list[links.Change] = []
    for chunk in track(chunks, words, console=Console(stderr=True), disable=len(chunks) < 2):
        changes += do([(row.source, row.external_id, row.object_id) for row in chunk])
    return changes


def _show(rows: Sequence[LinkRow], changes: Sequence[links.Change]) -> None:
    for row, change in zip(rows, changes, strict=True):
        if change != "same":
            click.echo(f"line {row.line}: {change}: {row.source} {row.external_id} → {row.object_id}")


def _refusal(row: LinkRow) -> str:
    return f"line {row.line}: linked_elsewhere: {row.object_id} stands for another event already."
