"""Events as an operator looks for them and sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, union_all

from handlers.inbox import tables
from handlers.inbox.browsing.page import Page, page_of
from handlers.inbox.browsing.standing import CONDITIONS, STATE, STATES
from handlers.inbox.database import Database

__all__ = ["STATES", "EventDetail", "EventRow", "Sought", "counts", "find", "get", "number_of"]
MOST_NAME = 255
_event, _state, _link = tables.event.c, tables.state.c, tables.link.c
_JOINED = tables.event.outerjoin(tables.state).outerjoin(tables.link)
_COLUMNS = (
    _event.id,
    _event.source,
    _event.external_id,
    func.substr(_state.fields["eventName"].as_string(), 1, MOST_NAME).label("name"),
    _link.object_id,
    STATE.label("state"),
    _state.standing,
    _state.reason,
    _event.waits_for,
    _event.due_at,
    _event.changed_at,
)
_DETAILS = (
    *(_state.fields, _state.version, _state.published, _event.tries, _event.missing_since),
    *(_link.found_by, _link.confirmed, _link.confirmed_at),
)


@dataclass(frozen=True)
class Sought:
    """Which events. `q`: a part of the name or the external id, whatever its case, or an objectId."""

    source: str | None = None
    q: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class EventRow:
    """One event. `state` is one of `STATES`; `reason` is that of its last outcome. Times are Unix seconds."""

    id: int
    source: str
    external_id: str
    name: str | None
    object_id: str | None
    state: str
    reason: str | None
    waits_for: str | None
    due_at: float | None
    changed_at: float | None


@dataclass(frozen=True)
class EventDetail:
    """One event with what its platform says, and what HubSpot confirmed; both flat."""

    row: EventRow
    fields: Mapping[str, Any]
    confirmed: Mapping[str, Any]
    confirmed_at: float | None
    found_by: str | None
    tries: int
    missing_since: float | None
    version: float | None
    published: bool


def find(database: Database, sought: Sought, limit: int, cursor: int | None = None) -> Page[EventRow]:
    """Up to `limit` events before the `cursor`, the latest known first. Raises `InboxUnavailable`."""
    chosen = _chosen(sought, cursor).order_by(_event.id.desc()).limit(limit + 1)
    numbers = [number for (number,) in database.rows(chosen)]
    query = select(*_COLUMNS).select_from(_JOINED).where(_event.id.in_(numbers)).order_by(_event.id.desc())
    return page_of(database.rows(query), limit, _row)


def get(database: Database, source: str, external_id: str) -> EventDetail | None:
    """One event, if it is known."""
    query = select(*_COLUMNS, *_DETAILS).select_from(_JOINED)
    rows = database.rows(query.where(_event.source == source, _event.external_id == external_id))
    return _detail(rows[0]) if rows else None


def number_of(database: Database, source: str, external_id: str) -> int | None:
    """The inbox's own number of an event, if it is known."""
    query = select(_event.id).where(_event.source == source, _event.external_id == external_id)
    return next((number for (number,) in database.rows(query)), None)


def counts(database: Database, source: str | None = None) -> dict[str, int]:
    """How many events stand in each state."""
    query = select(STATE.label("state"), func.count()).select_from(tables.event.outerjoin(tables.state))
    if source is not None:
        query = query.where(_event.source == source)
    found = {state: count for state, count in database.rows(query.group_by("state"))}  # noqa: C416
    return {state: found.get(state, 0) for state in STATES}


def _chosen(sought: Sought, cursor: int | None) -> Select[Any]:
    """Their numbers alone: the fields of those that are not shown are never read."""
    query = select(_event.id)
    if sought.state is not None:
        query = query.select_from(tables.event.outerjoin(tables.state)).where(CONDITIONS[sought.state])
    if sought.source is not None:
        query = query.where(_event.source == sought.source)
    if sought.q:
        query = query.where(_event.id.in_(_matching(sought.q)))
    return query if cursor is None else query.where(_event.id < cursor)


def _matching(words: str) -> Select[Any]:
    by_name = select(_state.event_id).where(_state.words.contains(words.casefold(), autoescape=True))
    by_id = select(_event.id).where(_event.external_id.icontains(words, autoescape=True))
    by_object = select(_link.event_id).where(_link.object_id == words)
    return select(union_all(by_name, by_id, by_object).subquery().c[0])


def _row(row: Any) -> EventRow:
    return EventRow(**{name: getattr(row, name) for name in EventRow.__dataclass_fields__})


def _detail(row: Any) -> EventDetail:
    return EventDetail(
        _row(row),
        row.fields or {},
        row.confirmed or {},
        row.confirmed_at,
        row.found_by,
        row.tries,
        row.missing_since,
        row.version,
        bool(row.published),
    )
