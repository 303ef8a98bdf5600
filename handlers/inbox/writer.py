"""Stores what the door lets in: the requests that wait together share one transaction and one fsync."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, tuple_
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from handlers.errors import InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.database import BUSY_SECONDS, Database

_changed = upsert(tables.event)
_MARK_CHANGED = _changed.on_conflict_do_update(
    index_elements=["source", "external_id"],
    set_={
        "changes": tables.event.c.changes + _changed.excluded.changes,
        "changed_at": func.coalesce(tables.event.c.changed_at, _changed.excluded.changed_at),
        "due_at": func.coalesce(tables.event.c.due_at, _changed.excluded.due_at),
    },
).returning(tables.event.c.source, tables.event.c.external_id, tables.event.c.id)
_ADD = insert(tables.notification).returning(tables.notification.c.id, sort_by_parameter_order=True)
_ADD_BODY = insert(tables.body)
_delivery = tuple_(tables.notification.c.source, tables.notification.c.delivery_id)
_KNOWN = select(tables.notification.c.source, tables.notification.c.delivery_id, tables.notification.c.id).where(
    _delivery.in_(bindparam("deliveries", expanding=True)), tables.notification.c.event_id.is_not(None)
)
Key = tuple[str, str]


@dataclass(eq=False)
class _Ticket:
    arrival: Arrival
    receipt: Receipt | None = None
    failure: Exception | None = None

    @property
    def is_settled(self) -> bool:
        return self.receipt is not None or self.failure is not None


@dataclass
class Writer:
    """The door's end of the inbox. `debounce` is how many seconds an event waits for more changes."""

    database: Database
    debounce: float
    _waiting: deque[_Ticket] = field(default_factory=deque)
    _turn: Lock = field(default_factory=Lock)

    def store(self, arrival: Arrival) -> Receipt:
        """Keep one notification; it is on disk when this returns. Raises `InboxUnavailable`, and then nothing is kept for sure.

        Whoever gets the turn first commits for all that wait; the others find their work done when the turn comes to them.
        """
        ticket = _Ticket(arrival)
        self._waiting.append(ticket)
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            self._withdraw(ticket)
            raise InboxUnavailable("The writer before this one does not end.")
        try:
            if not ticket.is_settled:
                self._settle([self._waiting.popleft() for _ in range(len(self._waiting))])
        finally:
            self._turn.release()
        if ticket.receipt is None:
            raise InboxUnavailable(str(ticket.failure)) from ticket.failure
        return ticket.receipt

    def _withdraw(self, ticket: _Ticket) -> None:
        with suppress(ValueError):  # somebody has it in hand: it may yet be stored, which harms nobody
            self._waiting.remove(ticket)

    def _settle(self, tickets: Sequence[_Ticket]) -> None:
        try:
            receipts = self._commit([ticket.arrival for ticket in tickets])
        except (InboxUnavailable, SQLAlchemyError) as failure:
            self._settle_singly(tickets, failure)
        else:
            for ticket, receipt in zip(tickets, receipts, strict=True):
                ticket.receipt = receipt

    def _settle_singly(self, tickets: Sequence[_Ticket], failure: Exception) -> None:
        """One arrival that the database will not take must not refuse those that share its transaction."""
        if len(tickets) == 1 or isinstance(failure, InboxUnavailable):
            for ticket in tickets:
                ticket.failure = failure
        else:
            for ticket in tickets:
                self._settle([ticket])

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with self.database.write() as connection:
            known = _known_deliveries(connection, arrivals)
            fresh = _first_of_each_delivery(arrivals, known)
            events = self._mark_changed(connection, fresh)
            ids = _add(connection, fresh, events)
        stored = {id(arrival): number for arrival, number in zip(fresh, ids, strict=True)}
        known |= {key: stored[id(arrival)] for arrival in fresh if (key := _key(arrival))}
        return [_receipt(arrival, stored, known) for arrival in arrivals]

    def _mark_changed(self, connection: Connection, fresh: Sequence[Arrival]) -> dict[Key, int]:
        marks: dict[Key, dict[str, Any]] = {}
        for arrival in fresh:
            if arrival.event is not None:
                mark = marks.setdefault((arrival.source, arrival.event), self._mark(arrival, arrival.event))
                mark["changes"] += 1
        if not marks:
            return {}
        rows = connection.execute(_MARK_CHANGED, list(marks.values()))
        return {(source, external_id): number for source, external_id, number in rows}

    def _mark(self, arrival: Arrival, external_id: str) -> dict[str, Any]:
        return {
            "source": arrival.source,
            "external_id": external_id,
            "changes": 0,
            "changed_at": arrival.received_at,
            "due_at": arrival.received_at + self.debounce,
        }


def _key(arrival: Arrival) -> Key | None:
    taken = arrival.delivery_id is not None and arrival.event is not None
    return (arrival.source, str(arrival.delivery_id)) if taken else None


def _known_deliveries(connection: Connection, arrivals: Sequence[Arrival]) -> dict[Key, int]:
    keys = [key for arrival in arrivals if (key := _key(arrival))]
    if not keys:
        return {}
    return {(source, delivery): number for source, delivery, number in connection.execute(_KNOWN, {"deliveries": keys})}


def _first_of_each_delivery(arrivals: Sequence[Arrival], known: dict[Key, int]) -> list[Arrival]:
    seen = set(known)
    fresh = []
    for arrival in arrivals:
        key = _key(arrival)
        if key is None or key not in seen:
            fresh.append(arrival)
            seen.update({key} if key else ())
    return fresh


def _add(connection: Connection, fresh: Sequence[Arrival], events: dict[Key, int]) -> list[int]:
    if not fresh:
        return []
    rows = [_row(arrival, events) for arrival in fresh]
    ids = list(connection.scalars(_ADD, rows))
    bodies = [{"notification_id": n, "content": arrival.body} for n, arrival in zip(ids, fresh, strict=True)]
    connection.execute(_ADD_BODY, bodies)
    return ids


def _row(arrival: Arrival, events: dict[Key, int]) -> dict[str, Any]:
    refused = arrival.errors is not None
    return {
        "source": arrival.source,
        "event_id": None if arrival.event is None else events[arrival.source, arrival.event],
        "delivery_id": arrival.delivery_id,
        "action": arrival.action,
        "received_at": arrival.received_at,
        "outcome": "dead" if refused else "pending",
        "reason": "invalid" if refused else None,
        "detail": orjson.dumps(arrival.errors, default=str).decode() if refused else None,
        "settled_at": arrival.received_at if refused else None,
    }


def _receipt(arrival: Arrival, stored: dict[int, int], known: dict[Key, int]) -> Receipt:
    if id(arrival) in stored:
        return Receipt(notification=str(stored[id(arrival)]), duplicate=False)
    return Receipt(notification=str(known[arrival.source, str(arrival.delivery_id)]), duplicate=True)
