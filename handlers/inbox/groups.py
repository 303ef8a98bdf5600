"""Puts a group of arrivals into SQLite's tables, with as many statements for a hundred as for one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Dialect, Insert, Select, and_, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from handlers.errors import FieldErrors
from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.statements import MOST_ROWS, Parameters, Row, Statement
from handlers.inbox.tables import body, event, notification, trace

Delivery = tuple[str, str]
"""A source, and the delivery id that it gave."""
Event = tuple[str, str]
"""A source, and the external id."""

_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_LAST = f"SELECT max(seq), {_NOW} FROM sqlite_sequence WHERE name = '{notification.name}'"  # noqa: S608 - our own table # nosec B608
_MARK = ("source", "external_id", "changes", "changed_at", "due_at")
_ROW = (
    *("id", "source", "event_id", "delivery_id", "action", "received_at"),
    *("outcome", "reason", "detail", "settled_at"),
)


class SqliteGroups:
    """The door's statements. `debounce` is how many seconds an event waits for more changes."""

    def __init__(self, dialect: Dialect, debounce: float) -> None:
        self._debounce = debounce
        self._known = Statement(_known, ("source", "delivery_id"), dialect)
        self._mark_changed = Statement(_mark_changed, _MARK, dialect)
        self._add = Statement(lambda rows: insert(notification).values(list(rows)), _ROW, dialect)
        self._add_bodies = Statement(
            lambda rows: insert(body).values(list(rows)), ("notification_id", "content"), dialect
        )
        self._add_traces = Statement(
            lambda rows: insert(trace).values(list(rows)), ("notification_id", "context"), dialect
        )

    def keep(self, cursor: Any, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Within a transaction: keep the arrivals in their order, each delivery once; a receipt for each."""
        numbers = self._deliveries_known(cursor, arrivals)
        last, moment = self._last_number(cursor)
        following = last + 1
        receipts, fresh = [], {}
        for arrival in arrivals:
            delivery = delivery_of(arrival)
            first = numbers.get(delivery) if delivery else None
            if first is None:
                fresh[following] = arrival
                first, following = following, following + 1
                numbers |= {delivery: first} if delivery else {}
                receipts.append(Receipt(str(first), duplicate=False))
            else:
                receipts.append(Receipt(str(first), duplicate=True))
        if fresh:
            self._insert(cursor, fresh, moment)
        return receipts

    def _deliveries_known(self, cursor: Any, arrivals: Sequence[Arrival]) -> dict[Delivery, int]:
        """The notifications that hold the arrivals' delivery ids."""
        asked = {delivery for arrival in arrivals if (delivery := delivery_of(arrival))}
        rows = [{"source": source, "delivery_id": number} for source, number in asked]
        found = _in_parts(self._known, cursor, rows)
        return {(source, delivery): number for source, delivery, number in found}

    def _last_number(self, cursor: Any) -> tuple[int, float]:
        """The greatest number that a notification ever had, and the time in Unix seconds.

        Nobody else gives a number until this transaction ends.
        """
        cursor.execute(_LAST)
        last, moment = cursor.fetchone()
        return int(last or 0), moment

    def _insert(self, cursor: Any, fresh: Mapping[int, Arrival], moment: float) -> None:
        events = self._events_changed(cursor, list(fresh.values()), moment)
        _in_parts(self._add, cursor, [_row(number, arrival, events, moment) for number, arrival in fresh.items()])
        bodies = [{"notification_id": number, "content": arrival.body} for number, arrival in fresh.items()]
        _in_parts(self._add_bodies, cursor, bodies)
        traces = [{"notification_id": number, "context": one.trace} for number, one in fresh.items() if one.trace]
        _in_parts(self._add_traces, cursor, traces)

    def _events_changed(self, cursor: Any, fresh: Sequence[Arrival], moment: float) -> dict[Event, int]:
        """The numbers of the events that wait to be sent from now on."""
        marks: dict[Event, dict[str, Any]] = {}
        for arrival in fresh:
            if arrival.event is not None:
                mark = marks.setdefault((arrival.source, arrival.event), self._mark(arrival, moment))
                mark["changes"] += 1
        found = _in_parts(self._mark_changed, cursor, list(marks.values()))
        return {(source, external_id): number for source, external_id, number in found}

    def _mark(self, first: Arrival, moment: float) -> dict[str, Any]:
        """An event's row, as the first of a group of arrivals about it makes it."""
        received_at = _received_at(first, moment)
        values = (first.source, first.event, 0, received_at, received_at + self._debounce)
        return dict(zip(_MARK, values, strict=True))


def _in_parts(statement: Statement, cursor: Any, rows: Sequence[Row]) -> Iterable[Any]:
    """What the statement returns for all rows; databases take only so many parameters and conditions at once."""
    if len(rows) <= MOST_ROWS:
        return statement.run(cursor, rows) if rows else ()
    parts = (rows[first : first + MOST_ROWS] for first in range(0, len(rows), MOST_ROWS))
    return [found for part in parts for found in statement.run(cursor, part)]


def delivery_of(arrival: Arrival) -> Delivery | None:
    """What the arrival must be unique by; a refused one does not take its id."""
    known = arrival.delivery_id is not None and arrival.event is not None
    return (arrival.source, arrival.delivery_id) if known and arrival.delivery_id else None


def _known(rows: Parameters) -> Select[Any]:
    held = notification.c
    taken = [
        and_(held.source == row["source"], held.delivery_id == row["delivery_id"], held.event_id.is_not(None))
        for row in rows
    ]
    return select(held.source, held.delivery_id, held.id).where(or_(*taken))


def _mark_changed(rows: Parameters) -> Insert:
    new = upsert(event).values(list(rows))
    merged = {
        "changes": event.c.changes + new.excluded.changes,
        "changed_at": func.coalesce(event.c.changed_at, new.excluded.changed_at),
        "due_at": func.coalesce(event.c.due_at, new.excluded.due_at),
    }
    kept = new.on_conflict_do_update(index_elements=["source", "external_id"], set_=merged)
    return kept.returning(event.c.source, event.c.external_id, event.c.id)


def _received_at(arrival: Arrival, moment: float) -> float:
    return moment if arrival.received_at is None else arrival.received_at


def _row(number: int, arrival: Arrival, events: Mapping[Event, int], moment: float) -> dict[str, Any]:
    received_at, refused = _received_at(arrival, moment), arrival.errors is not None
    return {
        "id": number,
        "source": arrival.source,
        "event_id": events[arrival.source, arrival.event] if arrival.event is not None else None,
        "delivery_id": arrival.delivery_id,
        "action": arrival.action,
        "received_at": received_at,
        "outcome": "dead" if refused else "pending",
        "reason": "invalid" if refused else None,
        "detail": written(arrival.errors) if arrival.errors is not None else None,
        "settled_at": received_at if refused else None,
    }


def written(errors: FieldErrors) -> str:
    """As JSON; errors of a list are found by their numbers."""
    return orjson.dumps(errors, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
