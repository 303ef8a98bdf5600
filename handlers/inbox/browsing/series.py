"""What came and what was called over time, for charts: it costs the same however many rows there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, bindparam, func, select

from handlers.inbox import tables
from handlers.inbox.database import Database

MOST_ROWS = 5_000
LAST_SETTLED = 100
_CHUNK = 2_000
_notification, _attempt = tables.notification.c, tables.attempt.c


@dataclass(frozen=True)
class Received:
    """One notification that stands for `weight` of them. Times are Unix seconds."""

    received_at: float
    settled_at: float | None
    outcome: str
    weight: int


@dataclass(frozen=True)
class Called:
    """One call of HubSpot that stands for `weight` of them. `status` is None where there was no answer."""

    sent_at: float
    status: int | None
    weight: int


def received(database: Database, since: float, most: int = MOST_ROWS) -> list[Received]:
    """What came since then (Unix seconds): every notification, or where there are more than `most`, every so manyth."""
    columns = (_notification.received_at, _notification.settled_at, _notification.outcome)
    rows = _since(database, _notification.id, _notification.received_at, columns, since, most)
    return [Received(row[0], row[1], row[2], weight) for row, weight in rows if row.received_at >= since]


def called(database: Database, since: float, most: int = MOST_ROWS) -> list[Called]:
    """The calls of HubSpot since then (Unix seconds), in the same way."""
    rows = _since(database, _attempt.id, _attempt.sent_at, (_attempt.sent_at, _attempt.status), since, most)
    return [Called(row[0], row[1], weight) for row, weight in rows if row.sent_at >= since]


def last_freshness(database: Database) -> float | None:
    """How many seconds the change took that HubSpot confirmed last, from its arrival, if it is among the last settled."""
    query = (
        select(_notification.outcome, _notification.settled_at - _notification.received_at)
        .where(_notification.settled_at.is_not(None))
        .order_by(_notification.settled_at.desc())
        .limit(LAST_SETTLED)
    )
    return next((max(0.0, seconds) for outcome, seconds in database.rows(query) if outcome == "sent"), None)


def _since(
    database: Database, number: Column[int], at: Column[float], columns: Sequence[Any], since: float, most: int
) -> Iterator[tuple[Any, int]]:
    """Rows from the first one of that time on, each with how many it stands for."""
    last = database.rows(select(func.max(number)))[0][0]
    if last is None:
        return
    first = _first(database, number, at, since, last)
    step = max(1, -(-(last - first + 1) // most))
    if step == 1:
        yield from ((row, 1) for row in database.rows(select(*columns).where(number >= first)))
        return
    chosen = range(first, last + 1, step)
    for begin in range(0, len(chosen), _CHUNK):
        numbers = list(chosen[begin : begin + _CHUNK])  # written out: drivers have limits of parameters
        query = select(*columns).where(number.in_(bindparam("numbers", numbers, expanding=True, literal_execute=True)))
        yield from ((row, step) for row in database.rows(query))


def _first(database: Database, number: Column[int], at: Column[float], since: float, last: int) -> int:
    """The first number that is not before `since`, by halves: numbers grow with time, but for moments that do not matter."""
    columns: tuple[Any, ...] = (number, at)
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        query = select(*columns).where(number >= middle).order_by(number).limit(1)
        found = database.rows(query)[0]
        if found[1] < since:
            low = found[0] + 1
        else:
            high = middle
    return low
