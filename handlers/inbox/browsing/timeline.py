"""What became of one event: each notification with the call it went out in, and every other call that was about it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.browsing.attempts import AttemptRow, attempt_of
from handlers.inbox.browsing.notifications import SELECTED, NotificationRow, row_of
from handlers.inbox.browsing.page import Page, page_of
from handlers.inbox.database import Database

MOST_CALLS = 500
_note, _told, _attempt = tables.notification.c, tables.told.c, tables.attempt.c


@dataclass(frozen=True)
class Change:
    """What a call said of one field. Without `before_known` nobody remembers what HubSpot had confirmed before it."""

    name: str
    before: Any
    after: Any
    before_known: bool


@dataclass(frozen=True)
class Carried:
    """What a call said of the event. `result`: confirmed, rejected, or open where neither is known."""

    fields: tuple[Change, ...]
    result: str


@dataclass(frozen=True)
class Entry:
    """A notification with the call that settled it, if one did; or a call that settled none of those shown."""

    notification: NotificationRow | None
    attempt: AttemptRow | None
    carried: Carried | None

    @property
    def at(self) -> float:
        """When it happened (Unix seconds)."""
        if self.notification is not None:
            return self.notification.received_at
        return self.attempt.sent_at if self.attempt is not None else 0.0


@dataclass(frozen=True)
class _Call:
    attempt: AttemptRow
    carried: Carried


def timeline(database: Database, event_id: int, limit: int, cursor: int | None = None) -> Page[Entry]:
    """Newest first, with up to `limit` notifications before the `cursor`. Raises `InboxUnavailable`.

    Calls stand where they were made. Of those that settled no notification the latest 500 are told.
    """
    page = _notifications(database, event_id, limit, cursor)
    calls = _calls(database, event_id)
    older = _older(
        database, [one.attempt for one in page.items if one.attempt is not None and one.attempt not in calls]
    )
    shown = [_entry(one, calls, older) for one in page.items]
    settling = _settling(database, event_id, calls)
    others = _between(calls.values(), page, None if cursor is None else _received(database, cursor))
    alone = [Entry(None, call.attempt, call.carried) for call in others if call.attempt.id not in settling]
    return Page(tuple(sorted([*shown, *alone], key=lambda entry: entry.at, reverse=True)), page.next)


def _notifications(database: Database, event_id: int, limit: int, cursor: int | None) -> Page[NotificationRow]:
    query = SELECTED.where(_note.event_id == event_id).order_by(_note.id.desc()).limit(limit + 1)
    return page_of(database.rows(query if cursor is None else query.where(_note.id < cursor)), limit, row_of)


def _calls(database: Database, event_id: int) -> dict[int, _Call]:
    """By the attempt's id. What a field was before is what an earlier call had confirmed of it."""
    query = (
        select(*tables.attempt.c, _told.fields, _told.result)
        .select_from(tables.told.join(tables.attempt))
        .where(_told.event_id == event_id)
        .order_by(_told.attempt_id.desc())
        .limit(MOST_CALLS)
    )
    confirmed: dict[str, Any] = {}
    calls = {}
    for row in reversed(database.rows(query)):
        calls[row.id] = _Call(attempt_of(row), Carried(_changes(row.fields, confirmed), row.result))
        confirmed |= row.fields if row.result == "confirmed" else {}
    return calls


def _changes(said: Mapping[str, Any], confirmed: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(Change(name, confirmed.get(name), value, name in confirmed) for name, value in sorted(said.items()))


def _older(database: Database, numbers: Collection[int]) -> dict[int, AttemptRow]:
    """Calls of which only the answer is remembered."""
    rows = database.rows(select(tables.attempt).where(_attempt.id.in_(numbers))) if numbers else []
    return {row.id: attempt_of(row) for row in rows}


def _settling(database: Database, event_id: int, calls: Collection[int]) -> set[int]:
    """Those of the calls that settled a notification of the event, on whichever page it stands."""
    query = select(_note.attempt_id).where(_note.event_id == event_id, _note.attempt_id.in_(calls)).distinct()
    return {number for (number,) in database.rows(query)} if calls else set()


def _entry(one: NotificationRow, calls: Mapping[int, _Call], older: Mapping[int, AttemptRow]) -> Entry:
    number = -1 if one.attempt is None else one.attempt
    call = calls.get(number)
    return Entry(one, call.attempt, call.carried) if call else Entry(one, older.get(number), None)


def _received(database: Database, number: int) -> float | None:
    """When the last notification of the page before was received, if it is still kept."""
    rows = database.rows(select(_note.received_at).where(_note.id == number))
    return rows[0][0] if rows else None


def _between(calls: Iterable[_Call], page: Page[NotificationRow], before: float | None) -> Sequence[_Call]:
    """The calls that were made since the oldest of the page came, and not on the page `before`; the last has the rest."""
    oldest = None if page.next is None else page.items[-1].received_at
    return [
        call
        for call in calls
        if (before is None or call.attempt.sent_at <= before) and (oldest is None or call.attempt.sent_at > oldest)
    ]
