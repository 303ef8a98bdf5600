"""`flask notifications`, `events`, `attempts`, `dead`, `audit`; and `notification`, `event`, `attempt` for one of them."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from handlers.operating.commands.asking import Answer, operation, reading
from handlers.operating.commands.service import Service
from handlers.operating.commands.tables import Column, Item, member, moment, show, show_members, show_page

NUMBER = click.Argument(["number"], type=click.IntRange(1))
EVENT = (click.Argument(["source"]), click.Argument(["external_id"]))
_CALL = (member("status"), member("fault"), member("hubspot_status", "HubSpot's status"))
NOTIFICATIONS = (
    member("notification"),
    *(member("source"), member("event"), member("action"), member("outcome"), member("reason")),
    *(moment("received_at"), moment("settled_at"), member("attempt")),
)
EVENTS = (
    *(member("source"), member("event"), member("name"), member("objectId"), member("state")),
    Column("why", lambda item: item.get("waits_for") or item.get("reason")),
    *(moment("changed_at", "waits since"), moment("due_at", "until")),
)
ATTEMPTS = (
    *(member("attempt"), moment("sent_at"), *_CALL),
    *(member("inputs", is_number=True), member("updated", is_number=True), member("failed", is_number=True)),
    Column("seconds", lambda item: f"{item['seconds']:.2f}", is_number=True),
    *(member("batch"), member("correlation_id", "correlation id")),
)
DEAD = (
    *(member("source"), member("reason"), member("notifications", is_number=True)),
    *(moment("oldest"), moment("newest"), member("says", "what it means"), member("mend", "how to mend it")),
)
AUDIT = (
    *(member("entry"), moment("at", "when"), member("operator"), member("via"), member("action")),
    *(
        Column("what", lambda item: f"{item['kind']} {item['name']}".strip()),
        Column("detail", lambda i: _json(i["detail"])),
    ),
)
TOLD = (
    *(member("source"), member("event"), member("name"), member("result")),
    Column("fields", lambda item: _json(item["fields"])),
)


def commands(service: Service) -> Sequence[click.Command]:
    """Those that only tell."""
    lists = {
        "notifications": (NOTIFICATIONS, "There are none."),
        "events": (EVENTS, "There are none."),
        "attempts": (ATTEMPTS, "HubSpot was told nothing."),
        "dead": (DEAD, "Nothing is dead."),
        "audit": (AUDIT, "Nobody did anything."),
    }
    return [
        *(
            reading(service, name, operation("GET", f"/api/{name}"), (), partial(_show_page, *how))
            for name, how in lists.items()
        ),
        reading(
            service, "notification", operation("GET", "/api/notifications/{number}"), (NUMBER,), _show_notification
        ),
        reading(service, "event", operation("GET", "/api/events/{source}/{external_id}"), EVENT, _show_event),
        reading(service, "attempt", operation("GET", "/api/attempts/{number}"), (NUMBER,), _show_attempt),
    ]


def _show_page(columns: Sequence[Column], nothing: str, answer: Answer) -> None:
    show_page(answer, columns, nothing)


def _show_notification(answer: Answer) -> None:
    more = (
        member("delivery_id", "delivery"),
        *(Column("detail", lambda item: _json(item["detail"])), Column("body", lambda item: _json(item["body"]))),
    )
    show_members(answer, (*NOTIFICATIONS, *more))


def _show_attempt(answer: Answer) -> None:
    show_members(answer, ATTEMPTS)
    show(answer["events"], TOLD, "What it said of which event is not kept.")


def _show_event(answer: Answer) -> None:
    more = (
        Column("that is", lambda item: (item.get("words") or {}).get("says")),
        Column("to mend it", lambda item: (item.get("words") or {}).get("mend")),
        member("found_by", "found by"),
        *(member("published"), member("tries"), moment("missing_since", "missing since"), moment("confirmed_at")),
        Column("its platform says", lambda item: _json(item["said"])),
        Column("not confirmed", lambda item: ", ".join(_unconfirmed(item))),
    )
    show_members(answer, (*EVENTS, *more))
    show_page({"items": answer["timeline"], "next": answer["next"]}, TIMELINE, "Nothing came of it yet.")


def _unconfirmed(event: Item) -> list[str]:
    """The fields of which HubSpot has not confirmed what the platform says, where it stands for anything there."""
    return (
        [name for name, value in event["said"].items() if event["confirmed"].get(name) != value]
        if event["objectId"]
        else []
    )


def _inner(kind: str, name: str) -> Column:
    return Column(name.replace("_", " "), lambda entry: (entry.get(kind) or {}).get(name))


def _changes(entry: Item) -> str:
    changes = (entry.get("carried") or {}).get("changes", [])
    return "; ".join(f"{one['field']}: {_before(one)}{_json(one['after'])}" for one in changes)


def _before(change: Item) -> str:
    return f"{_json(change['before'])} → " if change["before_known"] else ""


def _json(value: Any) -> str | None:
    return None if value in (None, {}) else json.dumps(value, ensure_ascii=False)


TIMELINE = (
    moment("at", "when"),
    *(_inner("notification", name) for name in ("notification", "action", "outcome", "reason")),
    *(_inner("attempt", name) for name in ("attempt", "status", "fault")),
    *(_inner("carried", "result"), Column("changes", _changes)),
)
