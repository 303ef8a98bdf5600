"""Notifications as an operator sees them."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.browsing.page import Page, page_of
from handlers.inbox.database import Database
from handlers.inbox.listing import OUTCOMES, Range, Wanted, numbers
from handlers.inbox.listing import count as count_all

_note = tables.notification.c
COLUMNS = (
    _note.id,
    _note.source,
    tables.event.c.external_id.label("event"),
    _note.delivery_id,
    _note.action,
    _note.outcome,
    _note.reason,
    _note.detail,
    _note.received_at,
    _note.settled_at,
    _note.attempt_id,
)
SELECTED = select(*COLUMNS).select_from(tables.notification.outerjoin(tables.event))


@dataclass(frozen=True)
class NotificationRow:
    """One notification without its body. `attempt`: the call that settled it. Times are Unix seconds."""

    id: int
    source: str
    event: str | None
    delivery_id: str | None
    action: str | None
    outcome: str
    reason: str | None
    detail: Any
    received_at: float
    settled_at: float | None
    attempt: int | None


def find(database: Database, wanted: Wanted, limit: int, cursor: int | None = None) -> Page[NotificationRow]:
    """Up to `limit` of them before the `cursor`, newest first. Raises `InboxUnavailable`."""
    shown = numbers(database, Range(**vars(wanted), before=cursor), limit + 1)
    rows = database.rows(SELECTED.where(_note.id.in_(shown)).order_by(_note.id.desc()))
    return page_of(rows, limit, row_of)


def count(database: Database, wanted: Wanted) -> int:
    """How many there are."""
    return count_all(database, Range(**vars(wanted)))


def count_settled(database: Database, wanted: Wanted) -> int:
    """How many of them do not wait."""
    settled = tuple(outcome for outcome in OUTCOMES if outcome != "pending")
    return 0 if wanted.outcome == "pending" else count_all(database, Range(**vars(wanted)), settled)


def numbers_of(database: Database, wanted: Wanted, limit: int, before: int | None) -> list[int]:
    """The ids of up to `limit` of them, newest first."""
    return numbers(database, Range(**vars(wanted), before=before), limit)


def get(database: Database, number: int) -> NotificationRow | None:
    """One notification, if it is still kept."""
    rows = database.rows(SELECTED.where(_note.id == number))
    return row_of(rows[0]) if rows else None


def body_of(database: Database, number: int) -> bytes | None:
    """What came, unredacted: not to be shown as it is. Empty where Marquee itself made it; None where it is not kept."""
    rows = database.rows(select(tables.body.c.content).where(tables.body.c.notification_id == number))
    return bytes(rows[0][0]) if rows else None


def row_of(row: Any) -> NotificationRow:
    """A row with the columns of `COLUMNS`."""
    return NotificationRow(
        row.id,
        row.source,
        row.event,
        row.delivery_id,
        row.action,
        row.outcome,
        row.reason,
        _parsed(row.detail),
        row.received_at,
        row.settled_at,
        row.attempt_id,
    )


def _parsed(detail: str | None) -> Any:
    return orjson.loads(detail) if detail else None
