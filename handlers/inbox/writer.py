"""Stores what the door lets in: the requests that wait together share one transaction and one fsync."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from handlers.errors import InboxUnavailable
from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.database import BUSY_SECONDS, Database
from handlers.inbox.line import Line, Ticket
from handlers.inbox.statements import Statement
from handlers.inbox.tables import body, event, notification

_changed = upsert(event)
_MARK_CHANGED = _changed.on_conflict_do_update(
    index_elements=["source", "external_id"],
    set_={
        "changes": event.c.changes + _changed.excluded.changes,
        "changed_at": func.coalesce(event.c.changed_at, _changed.excluded.changed_at),
        "due_at": func.coalesce(event.c.due_at, _changed.excluded.due_at),
    },
).returning(event.c.id)
_KNOWN = select(notification.c.id).where(
    notification.c.source == bindparam("source"),
    notification.c.delivery_id == bindparam("delivery_id"),
    notification.c.event_id.is_not(None),
)
_MARK = ("source", "external_id", "changes", "changed_at", "due_at")
_ROW = (
    "source",
    "event_id",
    "delivery_id",
    "action",
    "received_at",
    "outcome",
    "reason",
    "detail",
    "settled_at",
)


class Writer:
    """The door's end of the inbox. `debounce` is how many seconds an event waits for more changes."""

    def __init__(self, database: Database, debounce: float) -> None:
        self._database = database
        self._debounce = debounce
        self._line = Line(BUSY_SECONDS)
        dialect = database.engine.dialect
        self._known = Statement(_KNOWN, dialect)
        self._mark_changed = Statement(_MARK_CHANGED, dialect, _MARK)
        self._add = Statement(insert(notification).returning(notification.c.id), dialect, _ROW)
        self._add_body = Statement(insert(body), dialect, ("notification_id", "content"))

    def store(self, arrival: Arrival) -> Receipt:
        """Keep one notification; it is on disk when this returns. Raises `InboxUnavailable`, and then nothing is kept for sure."""
        ticket = Ticket(arrival)
        if not self._line.join(ticket):
            raise InboxUnavailable("The writer before this one does not end.")
        if ticket.leads:
            tickets = self._line.all()
            try:
                self._settle(tickets)
            finally:
                self._line.hand_over(tickets)
        if ticket.receipt is None:
            raise InboxUnavailable(str(ticket.failure)) from ticket.failure
        return ticket.receipt

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        try:
            receipts = self._commit([ticket.arrival for ticket in tickets])
        except InboxUnavailable as failure:
            for ticket in tickets:
                ticket.failure = failure
        except Exception as failure:  # noqa: BLE001 - whatever one arrival sets off, it must not refuse those beside it
            self._settle_singly(tickets, failure)
        else:
            for ticket, receipt in zip(tickets, receipts, strict=True):
                ticket.receipt = receipt

    def _settle_singly(self, tickets: Sequence[Ticket], failure: Exception) -> None:
        if len(tickets) == 1:
            tickets[0].failure = failure
        else:
            for ticket in tickets:
                self._settle([ticket])

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with self._database.write_plainly() as cursor:
            return [self._keep(cursor, arrival) for arrival in arrivals]

    def _keep(self, cursor: Any, arrival: Arrival) -> Receipt:
        if arrival.delivery_id is not None and arrival.event is not None:
            first = self._known.value(cursor, {"source": arrival.source, "delivery_id": arrival.delivery_id})
            if first is not None:
                return Receipt(notification=str(first), duplicate=True)
        number = self._add.value(cursor, _row(arrival, self._changed(cursor, arrival)))
        self._add_body.run(cursor, {"notification_id": number, "content": arrival.body})
        return Receipt(notification=str(number), duplicate=False)

    def _changed(self, cursor: Any, arrival: Arrival) -> int | None:
        """The event's number, now that it waits to be sent; None for a refused notification."""
        if arrival.event is None:
            return None
        due_at = arrival.received_at + self._debounce
        mark = (arrival.source, arrival.event, 1, arrival.received_at, due_at)
        number: int = self._mark_changed.value(cursor, dict(zip(_MARK, mark, strict=True)))
        return number


def _row(arrival: Arrival, event_id: int | None) -> dict[str, Any]:
    refused = arrival.errors is not None
    return {
        "source": arrival.source,
        "event_id": event_id,
        "delivery_id": arrival.delivery_id,
        "action": arrival.action,
        "received_at": arrival.received_at,
        "outcome": "dead" if refused else "pending",
        "reason": "invalid" if refused else None,
        "detail": orjson.dumps(arrival.errors, default=str).decode() if refused else None,
        "settled_at": arrival.received_at if refused else None,
    }
