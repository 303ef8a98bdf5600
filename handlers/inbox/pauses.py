"""Why nothing is sent just now, kept where every process can tell it."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

SENDING = "sending"


@dataclass(frozen=True)
class Pause:
    """Since when, until when (Unix seconds) and for which reason."""

    reason: str
    since: float
    until: float


def set_pause(database: Database, pause: Pause) -> None:
    """Keep a pause of all sending; a later one replaces it but not the time since when."""
    row = {"reason": pause.reason, "until": pause.until}
    kept = insert(tables.pause).values(scope=SENDING, since=pause.since, **row)
    with database.write() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["scope"], set_=row))


def lift_pause(database: Database) -> None:
    """Sending goes on."""
    with database.write() as connection:
        connection.execute(delete(tables.pause).where(tables.pause.c.scope == SENDING))


def get_pause(database: Database) -> Pause | None:
    """The pause of all sending, if there is one."""
    column = tables.pause.c
    rows = database.rows(select(column.reason, column.since, column.until).where(column.scope == SENDING))
    return Pause(*rows[0]) if rows else None
