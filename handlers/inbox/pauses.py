"""Why nothing is sent just now, kept where every process can tell it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

OPERATOR, HUBSPOT = "operator", "sending"
_SOURCE, _HELD = "source:", "held:"
Also = Callable[[Connection], None]
"""What is to be done in the same transaction."""
FOR_GOOD = 253_402_300_799.0  # the end of the year 9999: until somebody resumes
_pause = tables.pause.c


@dataclass(frozen=True)
class Pause:
    """Since when, until when (Unix seconds) and for which reason; `detail` are words for a person."""

    reason: str
    since: float
    until: float
    detail: str | None = None


def set_pause(database: Database, pause: Pause) -> None:
    """Keep a pause of all sending that HubSpot caused; a later one replaces it but not the time since when."""
    _keep(database, HUBSPOT, pause)


def _nothing(_connection: Connection) -> None:
    """Nothing else is to be done."""


def hold(database: Database, moment: float, detail: str | None = None, also: Also = _nothing) -> None:
    """An operator stops all sending at `moment` (Unix seconds) until somebody resumes it; a worker heeds it within a second."""
    _keep(database, OPERATOR, Pause(OPERATOR, moment, FOR_GOOD, detail), also)


def resume(database: Database, also: Also = _nothing) -> None:
    """Lift any pause at once, whoever caused it; but a source that an operator stopped stays so.

    The worker notices within a second, and begins with one small batch.
    """
    with database.write() as connection:
        connection.execute(delete(tables.pause).where(~_pause.scope.startswith(_HELD)))
        also(connection)


def hold_source(
    database: Database, source: str, moment: float, detail: str | None = None, also: Also = _nothing
) -> None:
    """An operator stops what comes from one source; the door goes on taking its notifications."""
    _keep(database, _HELD + source, Pause(OPERATOR, moment, FOR_GOOD, detail), also)


def resume_source(database: Database, source: str, also: Also = _nothing) -> None:
    """Lift any pause of a source, whether an operator or its platform caused it."""
    with database.write() as connection:
        connection.execute(delete(tables.pause).where(_pause.scope.in_([_HELD + source, _SOURCE + source])))
        also(connection)


def held_sources(database: Database) -> dict[str, Pause]:
    """The sources that an operator stopped."""
    return _by_source(database, _HELD)


def lift_pause(database: Database) -> None:
    """HubSpot takes calls again; what an operator stopped stays so."""
    with database.write() as connection:
        connection.execute(delete(tables.pause).where(_pause.scope == HUBSPOT))


def get_pause(database: Database) -> Pause | None:
    """The pause of all sending, if there is one: an operator's before one that HubSpot caused."""
    by_operator, by_hubspot = get_pauses(database)
    return by_operator or by_hubspot


def get_pauses(database: Database) -> tuple[Pause | None, Pause | None]:
    """The operator's pause and the one that HubSpot caused, where there are any."""
    rows = database.rows(select(_pause.scope, _pause.reason, _pause.since, _pause.until, _pause.detail))
    kept = {scope: Pause(*rest) for scope, *rest in rows}
    return kept.get(OPERATOR), kept.get(HUBSPOT)


def set_source_pause(database: Database, source: str, pause: Pause) -> None:
    """Keep why the platform of a source is not asked just now."""
    _keep(database, _SOURCE + source, pause)


def lift_source_pause(database: Database, source: str) -> None:
    """The platform of a source answers again, or is asked no more."""
    with database.write() as connection:
        connection.execute(delete(tables.pause).where(_pause.scope == _SOURCE + source))


def get_source_pauses(database: Database) -> dict[str, Pause]:
    """Why the platforms of some sources are not asked just now, by source."""
    return _by_source(database, _SOURCE)


def _by_source(database: Database, beginning: str) -> dict[str, Pause]:
    query = select(_pause.scope, _pause.reason, _pause.since, _pause.until, _pause.detail)
    rows = database.rows(query.where(_pause.scope.startswith(beginning)))
    return {scope.removeprefix(beginning): Pause(*rest) for scope, *rest in rows}


def _keep(database: Database, scope: str, pause: Pause, also: Also = _nothing) -> None:
    row = {"reason": pause.reason, "until": pause.until, "detail": pause.detail}
    kept = insert(tables.pause).values(scope=scope, since=pause.since, **row)
    with database.write() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["scope"], set_=row))
        also(connection)
