"""What the inbox can tell an operator: short, bounded reads."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

_notification, _lease = tables.notification.c, tables.lease.c


def heard(database: Database, source: str, most: int) -> list[float]:
    """When (Unix seconds) the last notifications of a source came, newest first; Marquee's own hints are none."""
    return [received_at for (received_at,) in database.rows(heard_query(source, most))]


def heard_query(source: str, most: int) -> Select[Any]:
    """Along an index that has no hints in it, however many there are."""
    # Written out, since SQLite uses a partial index only where it sees that the condition is the index's own.
    from_outside = _notification.action.is_distinct_from(literal_column("'marquee.hint'"))
    query = select(_notification.received_at).where(_notification.source == source, from_outside)
    return query.order_by(_notification.id.desc()).limit(most)


def last_heard(database: Database, source: str) -> float | None:
    """When (Unix seconds) the newest notification of a source came from outside."""
    return next(iter(heard(database, source, 1)), None)


def silent_since(database: Database, source: str, noticed: Mapping[str, float]) -> float | None:
    """Since when (Unix seconds) a source is silent, by what the worker `noticed`, unless it was heard again since."""
    since, last = noticed.get(source), last_heard(database, source)
    return None if since is None or (last is not None and last > since) else since


def calls_since(database: Database, moment: float) -> int:
    """How many calls that sent something are written down since then (Unix seconds). Raises `InboxUnavailable`."""
    return int(database.rows(select(func.count()).where(tables.attempt.c.sent_at >= moment))[0][0])


def leader(database: Database) -> str | None:
    """The worker that leads now."""
    rows = database.rows(select(_lease.holder).where(_lease.expires_at > now()))
    return rows[0][0] if rows else None
