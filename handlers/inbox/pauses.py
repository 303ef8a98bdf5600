"""Why nothing is sent just now, kept where every process can tell it."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

OPERATOR, HUBSPOT = "operator", "sending"
_SOURCE = "source:"
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


def hold(database: Database, moment: float, detail: str | None = None) -> None:
    """An operator stops all sending at `moment` (Unix seconds) until somebody resumes it; a worker heeds it within a second."""
    _keep(database, OPERATOR, Pause(OPERATOR, moment, FOR_GOOD, detail))


def resume(database: Database) -> None:
    """Lift any pause at once, whoever caused it, those of single sources too.

    The worker notices within a second, and begins with one small batch.
    """
    with database.write() as connection:
        connection.execute(delete(tables.pause))


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
    query = select(_pause.scope, _pause.reason, _pause.since, _pause.until, _pause.detail)
    rows = database.rows(query.where(_pause.scope.startswith(_SOURCE)))
    return {scope.removeprefix(_SOURCE): Pause(*rest) for scope, *rest in rows}


def _keep(database: Database, scope: str, pause: Pause) -> None:
    row = {"reason": pause.reason, "until": pause.until, "detail": pause.detail}
    kept = insert(tables.pause).values(scope=scope, since=pause.since, **row)
    with database.write() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["scope"], set_=row))
