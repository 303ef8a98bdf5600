"""Looks into a long table that take few steps however long it is. Raise `InboxUnavailable`."""

from sqlalchemy import Column, ColumnElement, Select, case, func, literal, select

from handlers.inbox import tables
from handlers.inbox.database import Database

_note = tables.notification.c


def values_of(database: Database, column: Column[str]) -> list[str]:
    """The different values of a column that leads an index, found by going from each to the next."""
    known = select(func.min(column).label("value")).cte("known", recursive=True)
    following = select(func.min(column)).where(column > known.c.value).scalar_subquery()
    known = known.union_all(select(following).where(known.c.value.is_not(None)))
    return [value for (value,) in database.rows(select(known.c.value)) if value is not None]


def first_since(database: Database, moment: float) -> int | None:
    """The lowest number of the notifications received from that moment (Unix seconds) on, or the next if there is none.

    By halving, since times of receipt go up with the numbers. None where there is no notification at all.
    """
    return database.rows(first_since_query(moment))[0][0]  # type: ignore[no-any-return]


def first_since_query(moment: float) -> Select[tuple[int]]:
    """In one statement: each step tells the numbers between which the wanted one is, and what was received in the middle."""
    low, high = select(func.min(_note.id)).scalar_subquery(), select(func.max(_note.id) + 1).scalar_subquery()
    first = select(low.label("low"), high.label("high"), _received_from((low + high) // 2).label("received"))
    steps = first.cte("steps", recursive=True)
    middle, late = (steps.c.low + steps.c.high) // 2, steps.c.received >= literal(moment)
    lower, upper = case((late, steps.c.low), else_=middle + 1), case((late, middle), else_=steps.c.high)
    further = select(lower, upper, _received_from((lower + upper) // 2)).where(steps.c.low < steps.c.high)
    return select(func.max(steps.union_all(further).c.low))


def _received_from(number: ColumnElement[int]) -> ColumnElement[float]:
    """When the first notification from that number on was received."""
    from_there = select(_note.received_at).where(_note.id >= number).order_by(_note.id).limit(1)
    return from_there.correlate_except(tables.notification).scalar_subquery()
