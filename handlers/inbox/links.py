"""Links set by a person, and the events that waited for one."""

from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

REASONS_A_LINK_MENDS = ("not_in_hubspot", "ambiguous", "linked_elsewhere")
_event, _link, _notification = tables.event.c, tables.link.c, tables.notification.c


class LinkedElsewhere(Exception):
    """The marketing event stands for another event already. `event` is that event's source and external id."""

    def __init__(self, source: str, external_id: str) -> None:
        super().__init__(f"It stands for {source} {external_id} already.")
        self.event = (source, external_id)


def link(database: Database, source: str, external_id: str, object_id: str, moment: float) -> int:
    """Let `object_id` stand for the event from now on, and send the event again.

    Returns how many dead notifications wait again because of it. Raises `LinkedElsewhere`, and then nothing is changed.
    """
    with database.write() as connection:
        event = _event_row(connection, source, external_id)
        _refuse_taken(connection, event, object_id)
        fresh: dict[str, Any] = {"object_id": object_id, "found_by": "operator", "confirmed": {}, "confirmed_at": None}
        kept = insert(tables.link).values(event_id=event, **fresh)
        connection.execute(kept.on_conflict_do_update(index_elements=["event_id"], set_=fresh))
        return _send_again(connection, event, moment)


def _event_row(connection: Connection, source: str, external_id: str) -> int:
    row = insert(tables.event).values(source=source, external_id=external_id, changes=0)
    connection.execute(row.on_conflict_do_nothing())
    mine = (_event.source == source, _event.external_id == external_id)
    return int(connection.execute(select(_event.id).where(*mine)).scalar_one())


def _refuse_taken(connection: Connection, event: int, object_id: str) -> None:
    other = (
        select(_event.source, _event.external_id)
        .join(tables.link)
        .where(_link.object_id == object_id, _link.event_id != event)
    )
    if taken := connection.execute(other).first():
        raise LinkedElsewhere(*taken)


def _send_again(connection: Connection, event: int, moment: float) -> int:
    dead = (_notification.event_id == event, _notification.outcome == "dead")
    revived = connection.execute(
        update(tables.notification)
        .where(*dead, _notification.reason.in_(REASONS_A_LINK_MENDS))
        .values(outcome="pending", reason=None, detail=None, settled_at=None, attempt_id=None)
    ).rowcount
    connection.execute(
        update(tables.event)
        .where(_event.id == event)
        .values(
            changes=_event.changes + 1,
            changed_at=func.coalesce(_event.changed_at, moment),
            due_at=moment,
            tries=0,
            missing_since=None,
            waits_for=None,
        )
    )
    return revived
