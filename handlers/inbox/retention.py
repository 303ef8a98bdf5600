"""What is settled and old leaves in small steps, so that nobody waits for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from handlers.inbox import tables
from handlers.inbox.clock import steady
from handlers.inbox.database import Database

STEP = 200
MOST_TOLD = 2000  # what HubSpot takes in a second: so much must leave in one
PAGES = 256
REST = 9.0
SOME_SECONDS = 1.0
NONE_SECONDS = 60.0
_notification, _attempt = tables.notification.c, tables.attempt.c


def purge(database: Database, before: float) -> float:
    """Take a step, and tell for how many seconds none is due: while there is much, one takes a tenth of the time at most."""
    began = steady()
    gone = purge_step(database, before)
    if gone >= STEP:
        return REST * (steady() - began)
    return SOME_SECONDS if gone else NONE_SECONDS


def purge_step(database: Database, before: float) -> int:
    """Delete up to `STEP` notifications settled, and attempts made, before then (Unix seconds). Returns how many went.

    What the attempts said of events leaves with them.
    """
    # What somebody revives just now is passed over, so that nobody waits in a circle.
    old = (
        select(_notification.id)
        .where(_notification.settled_at < before)
        .order_by(_notification.settled_at)  # else PostgreSQL may begin anywhere, and again and again read what is gone
        .limit(STEP)
        .with_for_update(skip_locked=True)
    )
    unused = (
        select(_attempt.id, _attempt.inputs)
        .where(
            _attempt.sent_at < before, ~select(_notification.id).where(_notification.attempt_id == _attempt.id).exists()
        )
        .limit(STEP)
    )
    with database.write() as connection:
        gone = _delete(connection, tables.notification, list(connection.scalars(old)))
        gone += _delete(connection, tables.attempt, _lot(connection.execute(unused)))
    if gone:
        database.tidy(PAGES)
    return gone


def _lot(attempts: Iterable[Any]) -> list[int]:
    """Those that said no more than `MOST_TOLD` things together, or the first alone."""
    chosen: list[int] = []
    told = 0
    for number, inputs in attempts:
        told += inputs
        if chosen and told > MOST_TOLD:
            break
        chosen.append(number)
    return chosen


def _delete(connection: Connection, table: Table, numbers: Sequence[int]) -> int:
    """Chosen before: within one statement PostgreSQL may choose anew for each row, and so pass the limit."""
    if numbers:
        connection.execute(delete(table).where(table.c.id.in_(numbers)))
    return len(numbers)
