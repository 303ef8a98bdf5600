"""`flask status`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from rich.text import Text

from handlers.operating.commands.asking import Answer, operation, reading
from handlers.operating.commands.service import Service
from handlers.operating.commands.tables import Column, member, moment, say, show, to_second
from handlers.operating.reasons import words

_SOURCES = (
    *(member("source"), member("platform"), member("waiting_events", "waiting", is_number=True)),
    *(moment("last_heard", "last heard"), moment("silent_since", "silent since")),
    Column("paused", lambda item: _why(item["paused"])),
    Column("differing from its list", lambda item: (item["reconciliation"] or {}).get("drift"), is_number=True),
)
_DEAD = (member("source"), member("reason"), member("notifications", "dead", is_number=True))


def commands(service: Service) -> Sequence[click.Command]:
    """The one that says how things stand."""
    return [reading(service, "status", operation("GET", "/api/status"), (), _show)]


def _show(answer: Answer) -> None:
    for line in _sentences(answer):
        say(Text(line))
    show(({"source": name, **one} for name, one in answer["sources"].items()), _SOURCES, "No source is configured.")
    if answer["dead"]:
        show(answer["dead"], _DEAD, "")


def _sentences(answer: Answer) -> Iterator[str]:
    pause = answer["pause"]
    yield f"Sending is paused: {_why(pause)}" if pause else "Sending is on."
    yield f"{answer['leader']} leads." if answer["leader"] else "No worker leads: nothing is sent until one is started."
    since = to_second(answer["oldest_waiting_since"])
    yield f"{answer['waiting_events']} event(s) wait{f', the oldest since {since} UTC' if since else ''}."


def _why(pause: Mapping[str, Any] | None) -> str | None:
    if pause is None:
        return None
    until = to_second(pause["until"]) or ""
    told = " ".join(part for part in (words(pause["reason"]).says, pause["detail"]) if part)
    return told if until.startswith("9999") else f"{told} Until {until} UTC."
