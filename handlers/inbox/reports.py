"""What the inbox can tell an operator: short, bounded reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

_event, _notification, _lease = tables.event.c, tables.notification.c, tables.lease.c
_NOTIFICATION = select(
    _notification.id,
    _notification.source,
    _event.external_id.label("event"),
    _notification.delivery_id,
    _notification.action,
    _notification.outcome,
    _notification.reason,
    _notification.detail,
    _notification.received_at,
    _notification.settled_at,
    _notification.attempt_id.label("attempt"),
).select_from(tables.notification.outerjoin(tables.event))


@dataclass(frozen=True)
class Filter:
    """Which notifications: times are Unix seconds, `since` inclusive and `until` exclusive; `before` is a notification's id."""

    source: str | None = None
    event: str | None = None
    outcome: str | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


def notifications(database: Database, wanted: Filter, limit: int) -> list[Mapping[str, Any]]:
    """Up to `limit` notifications, newest first."""
    query = _filtered(wanted).order_by(_notification.id.desc()).limit(limit)
    return [row._mapping for row in database.rows(query)]  # noqa: SLF001 - SQLAlchemy's public name for it


def notification(database: Database, number: int) -> Mapping[str, Any] | None:
    """One notification, if it is still kept."""
    rows = database.rows(_NOTIFICATION.where(_notification.id == number))
    return rows[0]._mapping if rows else None  # noqa: SLF001


def waiting(database: Database) -> dict[str, int]:
    """How many events wait to be sent, by source."""
    query = select(_event.source, func.count()).where(_event.due_at.is_not(None)).group_by(_event.source)
    return {source: count for source, count in database.rows(query)}  # noqa: C416 - rows are no dict items


def oldest_waiting(database: Database) -> float | None:
    """Since when (Unix seconds) the event waits that waits the longest."""
    query = select(func.min(_event.changed_at)).where(_event.due_at.is_not(None))
    return database.rows(query)[0][0]  # type: ignore[no-any-return]


def dead(database: Database) -> dict[tuple[str, str], int]:
    """How many notifications are dead, by source and reason."""
    query = (
        select(_notification.source, _notification.reason, func.count())
        .where(_notification.outcome == literal_column("'dead'"))  # written out, for the partial index to be used
        .group_by(_notification.source, _notification.reason)
    )
    return {(source, reason): count for source, reason, count in database.rows(query)}


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


def leader(database: Database) -> str | None:
    """The worker that leads now."""
    rows = database.rows(select(_lease.holder).where(_lease.expires_at > now()))
    return rows[0][0] if rows else None


def _filtered(wanted: Filter) -> Select[Any]:
    conditions = {
        "source": lambda value: _notification.source == value,
        "event": lambda value: _event.external_id == value,
        "outcome": lambda value: _notification.outcome == value,
        "since": lambda value: _notification.received_at >= value,
        "until": lambda value: _notification.received_at < value,
        "before": lambda value: _notification.id < value,
    }
    given = ((name, value) for name, value in vars(wanted).items() if value is not None)
    return _NOTIFICATION.where(*(conditions[name](value) for name, value in given))
