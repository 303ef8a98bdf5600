"""What OAuth granted, sealed, and whose turn it is to renew it: kept where every process finds it.

Everything goes by a digest of the refresh token that the settings give: a process that was given another one neither
sees nor disturbs it.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

FORGET_SECONDS = 30 * 86400.0
_row = tables.credential.c


def get_kept(database: Database, configured: str) -> str:
    """What was sealed last; empty where nothing was. Raises `InboxUnavailable`."""
    rows = database.rows(select(_row.sealed).where(_row.configured == configured))
    return str(rows[0][0]) if rows else ""


def claim(database: Database, configured: str, seen: str, seconds: float) -> bool:
    """Whether it is the caller's turn to renew, for so many seconds by the database's clock.

    It is not where another has the turn, or where something else is kept by now than the caller has `seen`.
    Raises `InboxUnavailable`.
    """
    until = now() + seconds
    fresh = insert(tables.credential).values(configured=configured, sealed="", kept_at=now(), claimed_until=until)
    free = (_row.claimed_until <= now()) & (_row.sealed == seen)
    taken = fresh.on_conflict_do_update(index_elements=["configured"], set_={"claimed_until": until}, where=free)
    with database.write() as connection:
        return connection.scalar(taken.returning(_row.configured)) is not None


def keep(database: Database, configured: str, sealed: str) -> None:
    """Keep what was granted, and end the turn; what other refresh tokens brought long ago is forgotten.

    Raises `InboxUnavailable`.
    """
    row = {"sealed": sealed, "kept_at": now(), "claimed_until": 0.0}
    kept = insert(tables.credential).values(configured=configured, **row)
    with database.write() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["configured"], set_=row))
        stale = (_row.configured != configured, _row.kept_at < now() - FORGET_SECONDS)
        connection.execute(delete(tables.credential).where(*stale))


def give_up(database: Database, configured: str) -> None:
    """End the turn without anything new. Raises `InboxUnavailable`."""
    with database.write() as connection:
        ended = update(tables.credential).where(_row.configured == configured).values(claimed_until=0.0)
        connection.execute(ended)
