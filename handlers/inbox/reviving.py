"""Lets what is settled be looked at again, as if it had only just come: in its old place, so that nothing newer yields to it.

Every function is a transaction of some hundred rows at most, so that nobody waits long for it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.order import lock
from handlers.inbox.resending import mark

CREATING = "creating"
_event, _note, _link = tables.event.c, tables.notification.c, tables.link.c
_FRESH: Mapping[str, Any] = {
    "outcome": "pending",
    "reason": None,
    "detail": None,
    "settled_at": None,
    "attempt_id": None,
}


@dataclass(frozen=True)
class Orphan:
    """A notification that was refused at the door, so that it has no event."""

    id: int
    source: str
    body: bytes


@dataclass(frozen=True)
class Adopted:
    """What a refused notification turned out to be about."""

    source: str
    external_id: str
    action: str


def orphans(database: Database, numbers: Collection[int]) -> list[Orphan]:
    """Those of the notifications that were refused at the door."""
    query = select(_note.id, _note.source, tables.body.c.content).join(tables.body)
    rows = database.rows(query.where(_note.id.in_(numbers), _note.event_id.is_(None)).order_by(_note.id))
    return [Orphan(number, source, bytes(content)) for number, source, content in rows]


def adopt(database: Database, adopted: Mapping[int, Adopted], moment: float) -> int:
    """Give these refused notifications their events and let them wait; returns how many there still were.

    They give up their delivery ids: a mended one may have come since.
    """
    with database.write() as connection:
        events = _events(connection, {(one.source, one.external_id) for one in adopted.values()})
        mine = (_note.event_id.is_(None), _note.outcome == "dead")
        count = 0
        for number, one in sorted(adopted.items()):
            number_of = events[one.source, one.external_id]
            given = {"event_id": number_of, "delivery_id": None, "action": one.action[:255]}
            waits = update(tables.notification).where(_note.id == number, *mine).values(**_FRESH, **given)
            count += connection.execute(waits).rowcount
        _mark(connection, events.values(), moment)
    return count


def revive(database: Database, numbers: Collection[int], moment: float) -> int:
    """Let these settled notifications wait again, with their tries forgotten; returns how many there were.

    What waits already, or has no event, is left alone. `moment`: Unix seconds.
    """
    settled = (_note.id.in_(numbers), _note.outcome != "pending", _note.event_id.is_not(None))
    with database.write() as connection:
        events = set(connection.scalars(select(_note.event_id).where(*settled)))
        lock(connection, events)
        count = connection.execute(update(tables.notification).where(*settled).values(**_FRESH)).rowcount
        _mark(connection, events, moment)
    return count


def send_whole(database: Database, event: int, moment: float, also: Callable[[Connection], None]) -> None:
    """Let an event be sent at once and with every field, whatever HubSpot confirmed of it."""
    with database.write() as connection:
        lock(connection, [event])
        connection.execute(update(tables.link).where(_link.event_id == event).values(confirmed={}))
        _mark(connection, [event], moment)
        also(connection)


def _mark(connection: Connection, events: Collection[int], moment: float) -> None:
    """They are due, and begin anew; but whether one was created stays in doubt until it is looked up."""
    in_doubt = _event.waits_for == CREATING
    fresh = {
        "tries": case((in_doubt, _event.tries), else_=0),
        "missing_since": case((in_doubt, _event.missing_since), else_=None),
        "waits_for": case((in_doubt, literal(CREATING)), else_=None),
    }
    if events:
        mark(connection, list(events), moment, **fresh)


def _events(connection: Connection, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The events' numbers, in the order in which everybody locks them; those that were not there are from now on."""
    if not names:
        return {}
    rows = [{"source": source, "external_id": external_id, "changes": 0} for source, external_id in sorted(names)]
    kept = insert(tables.event).values(rows)
    locked = kept.on_conflict_do_update(index_elements=["source", "external_id"], set_={"changes": _event.changes})
    found = connection.execute(locked.returning(_event.source, _event.external_id, _event.id))
    return {(source, external_id): number for source, external_id, number in found}
