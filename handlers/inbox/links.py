"""Links set by a person, and the events that waited for one."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.resending import mark

REASONS_A_LINK_MENDS = ("not_in_hubspot", "ambiguous", "linked_elsewhere", "wrong_account", "made_by_another_app")
OPERATOR = "operator"
T = TypeVar("T")
Wanted = tuple[str, str, str]
"""A source, an external id, and the objectId that shall stand for them."""
Change = Literal["new", "changed", "same", "linked_elsewhere"]
"""What a wanted link changes; `linked_elsewhere`: nothing, for the marketing event stands for another event."""
_event, _link, _notification = tables.event.c, tables.link.c, tables.notification.c


class LinkedElsewhere(Exception):
    """The marketing event stands for another event already. `event` is that event's source and external id."""

    def __init__(self, source: str, external_id: str) -> None:
        super().__init__(f"It stands for {source} {external_id} already.")
        self.event = (source, external_id)


def link(database: Database, source: str, external_id: str, object_id: str, moment: float | None = None) -> int:
    """Let `object_id` stand for the event from now on, and send the event again: at `moment` (Unix seconds), or at once.

    Returns how many dead notifications wait again because of it. Raises `LinkedElsewhere`, and then nothing is changed.
    """
    wanted = (source, external_id, object_id)
    return _twice(lambda: _link_one(database, wanted, moment))


def compare(database: Database, wanted: Sequence[Wanted]) -> list[Change]:
    """What each of some hundred wanted links would change."""
    with database.read() as connection:
        return _changes(connection, wanted)


def link_all(database: Database, wanted: Sequence[Wanted], moment: float | None = None) -> list[Change]:
    """Set some hundred links in one transaction, as `link` does; returns what each changed. Raises `LinkedElsewhere`."""
    return _twice(lambda: _link_all(database, wanted, moment))


def _twice(work: Callable[[], T]) -> T:
    """Where another took a marketing event in the same moment, the second look sees whose it is."""
    try:
        return work()
    except IntegrityError:
        return work()


def _link_one(database: Database, wanted: Wanted, moment: float | None) -> int:
    with database.write() as connection:
        return _set(connection, wanted, _lock(connection, [wanted])[wanted[:2]], moment)


def _link_all(database: Database, wanted: Sequence[Wanted], moment: float | None) -> list[Change]:
    with database.write() as connection:
        numbers = _lock(connection, wanted)
        changes = _changes(connection, wanted)
        due = [one for one, change in zip(wanted, changes, strict=True) if change != "same"]
        for one in sorted(due, key=itemgetter(2)):  # by objectId, as everybody who sets links
            _set(connection, one, numbers[one[:2]], moment)
        return changes


def _changes(connection: Connection, wanted: Sequence[Wanted]) -> list[Change]:
    named = or_(_event.external_id.in_([one[1] for one in wanted]), _link.object_id.in_([one[2] for one in wanted]))
    rows = connection.execute(select(_event.source, _event.external_id, _link.object_id).join(tables.link).where(named))
    held = {(source, external_id): object_id for source, external_id, object_id in rows}
    holders = {object_id: event for event, object_id in held.items()}
    return [_change(held.get(one[:2]), one, holders.get(one[2], one[:2])) for one in wanted]


def _change(held: str | None, wanted: Wanted, holder: tuple[str, str]) -> Change:
    if holder != wanted[:2]:
        return "linked_elsewhere"
    if held is None:
        return "new"
    return "same" if held == wanted[2] else "changed"


def _set(connection: Connection, wanted: Wanted, event: int, moment: float | None) -> int:
    object_id = wanted[2]
    _refuse_taken(connection, event, object_id)
    fresh: dict[str, Any] = {"object_id": object_id, "found_by": OPERATOR, "confirmed": {}, "confirmed_at": None}
    kept = insert(tables.link).values(event_id=event, **fresh)
    connection.execute(kept.on_conflict_do_update(index_elements=["event_id"], set_=fresh))
    return _send_again(connection, event, moment)


def _lock(connection: Connection, wanted: Sequence[Wanted]) -> dict[tuple[str, str], int]:
    """The events' numbers; nobody else changes them until this ends. Those that were not there are from now on."""
    names = sorted({one[:2] for one in wanted})
    rows = [{"source": source, "external_id": external_id, "changes": 0} for source, external_id in names]
    kept = insert(tables.event).values(rows)
    locked = kept.on_conflict_do_update(index_elements=["source", "external_id"], set_={"changes": _event.changes})
    found = connection.execute(locked.returning(_event.source, _event.external_id, _event.id)) if rows else ()
    return {(source, external_id): number for source, external_id, number in found}


def _refuse_taken(connection: Connection, event: int, object_id: str) -> None:
    other = (
        select(_event.source, _event.external_id)
        .join(tables.link)
        .where(_link.object_id == object_id, _link.event_id != event)
    )
    if taken := connection.execute(other).first():
        raise LinkedElsewhere(*taken)


def _send_again(connection: Connection, event: int, moment: float | None) -> int:
    dead = (_notification.event_id == event, _notification.outcome == "dead")
    revived = connection.execute(
        update(tables.notification)
        .where(*dead, _notification.reason.in_(REASONS_A_LINK_MENDS))
        .values(outcome="pending", reason=None, detail=None, settled_at=None, attempt_id=None)
    ).rowcount
    mark(connection, [event], moment, tries=0, missing_since=None, waits_for=None)
    return revived
