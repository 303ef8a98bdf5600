"""The calls of HubSpot as an operator sees them, and what each said of which event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from handlers.inbox import tables
from handlers.inbox.browsing.page import Page, page_of
from handlers.inbox.database import Database

NO_ANSWER, FAILED = "none", "failed"
_attempt, _told, _event, _state = tables.attempt.c, tables.told.c, tables.event.c, tables.state.c


@dataclass(frozen=True)
class AttemptRow:
    """One call and its answer. `status` is None where there was none: then `fault` says why. `sent_at`: Unix seconds."""

    id: int
    batch: str
    sent_at: float
    seconds: float
    status: int | None
    fault: str | None
    hubspot_status: str | None
    inputs: int
    updated: int
    failed: int
    correlation_id: str | None


@dataclass(frozen=True)
class CarriedEvent:
    """What a call said of one event: `fields` flat, long texts cut. `result`: confirmed, rejected or open."""

    source: str
    external_id: str
    name: str | None
    fields: Mapping[str, Any]
    result: str


def find(database: Database, status: int | str | None, limit: int, cursor: int | None = None) -> Page[AttemptRow]:
    """Up to `limit` calls before the `cursor`, newest first: those answered with a status, with none, or not with 2xx."""
    conditions = [*_answered(status), *([_attempt.id < cursor] if cursor is not None else [])]
    query = select(tables.attempt).where(*conditions).order_by(_attempt.id.desc()).limit(limit + 1)
    return page_of(database.rows(query), limit, attempt_of)


def get(database: Database, number: int) -> AttemptRow | None:
    """One call, if it is still kept."""
    rows = database.rows(select(tables.attempt).where(_attempt.id == number))
    return attempt_of(rows[0]) if rows else None


def events_of(database: Database, number: int, limit: int) -> list[CarriedEvent]:
    """Up to `limit` of the events that a call was about."""
    query = (
        select(*(_event.source, _event.external_id, _state.fields["eventName"].as_string(), _told.fields, _told.result))
        .select_from(tables.told.join(tables.event).outerjoin(tables.state, _state.event_id == _event.id))
        .where(_told.attempt_id == number)
        .order_by(_told.event_id)
        .limit(limit)
    )
    return [CarriedEvent(*row) for row in database.rows(query)]


def attempt_of(row: Any) -> AttemptRow:
    """A row of the table."""
    return AttemptRow(**{name: getattr(row, name) for name in AttemptRow.__dataclass_fields__})


def _answered(status: int | str | None) -> list[ColumnElement[bool]]:
    if status is None:
        return []
    if status == NO_ANSWER:
        return [_attempt.status.is_(None)]
    if status == FAILED:
        return [or_(_attempt.status.is_(None), _attempt.status < 200, _attempt.status >= 300)]
    return [_attempt.status == status]
