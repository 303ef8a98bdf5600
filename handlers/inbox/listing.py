"""Which notifications a list shows: found at the same cost however many there are.

Every list is newest first, by number. It is put together from branches, each a stretch of one index in which nothing stands
that the list leaves out, so that no more of it is read than is shown: one for each source and outcome. Only an event's own
notifications, and those of a reason other than of dead ones, are looked through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_, union_all

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.strides import first_since, values_of

OUTCOMES = ("pending", "sent", "superseded", "unchanged", "dead")
# Numbers and times of receipt are given by one clock, within a statement that takes twenty seconds at most; hints by another.
DISORDER_SECONDS = 60.0
BRANCHES = 50  # in one statement: SQLite takes 500, and PostgreSQL plans each
NO_NUMBER = 2**62
_event, _note = tables.event.c, tables.notification.c
Span = tuple[int, int]
"""From the first number on, up to but not including the second."""


@dataclass(frozen=True)
class Wanted:
    """Which notifications: times are Unix seconds, `since` inclusive and `until` exclusive; `event` is an external id."""

    source: str | None = None
    event: str | None = None
    outcome: str | None = None
    reason: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class Range(Wanted):
    """Those of them whose numbers are lower than `before`."""

    before: int | None = None


@dataclass(frozen=True)
class _Branch:
    """The stretch of an index where the columns before the number have these values, and what holds besides."""

    stands: tuple[tuple[ColumnElement[Any], Any], ...] = ()
    besides: tuple[ColumnElement[bool], ...] = ()

    def where(self, database: Database, span: Span) -> tuple[ColumnElement[bool], ...]:
        """PostgreSQL compares them as rows: else it may rather walk all notifications until it has met enough."""
        if not self.stands or database.dialect == "sqlite":
            equal = (column == value for column, value in self.stands)
            return (*equal, _note.id >= span[0], _note.id < span[1], *self.besides)
        place, values = tuple_(*(column for column, _ in self.stands), _note.id), [value for _, value in self.stands]
        return (place >= tuple_(*values, span[0]), place < tuple_(*values, span[1]), *self.besides)

    def newest(self, conditions: Iterable[ColumnElement[bool]], limit: int) -> Select[tuple[int]]:
        order = [column.desc() for column, _ in self.stands]
        return select(select(_note.id).where(*conditions).order_by(*order, _note.id.desc()).limit(limit).subquery())


def numbers(database: Database, wanted: Range, limit: int) -> list[int]:
    """The numbers of up to `limit` notifications, newest first. Raises `InboxUnavailable`."""
    span, conditions, branches = _span(database, wanted), tuple(_exactly(wanted)), iter(_branches(database, wanted))
    found: list[int] = []
    while some := list(islice(branches, BRANCHES)):
        newest = [branch.newest((*branch.where(database, span), *conditions), limit) for branch in some]
        found += [number for (number,) in database.rows(select(union_all(*newest).subquery()))]
    return sorted(found, reverse=True)[:limit]


def count(database: Database, wanted: Range, outcomes: Sequence[str] = OUTCOMES) -> int:
    """How many there are, of those `outcomes` if none is wanted; takes the longer the more they are."""
    span, conditions, total = _span(database, wanted), tuple(_exactly(wanted)), 0
    for outcome in outcomes if wanted.outcome is None else (wanted.outcome,):
        for branch in _branches(database, replace(wanted, outcome=outcome)):
            stretch = branch.where(database, span)
            counted = select(func.count()).select_from(tables.notification).where(*stretch, *conditions)
            total += database.rows(counted)[0][0]
    return total


def _branches(database: Database, wanted: Range) -> list[_Branch]:
    if wanted.event is not None:
        outcome = () if wanted.outcome is None else (_is(wanted.outcome),)
        return [_Branch(((_note.event_id, number),), outcome) for number in _events(database, wanted)]
    if wanted.source is None and wanted.outcome is None and wanted.reason is None:
        return [_Branch()]
    sources = [wanted.source] if wanted.source is not None else values_of(database, _note.source)
    outcomes = [wanted.outcome] if wanted.outcome is not None else OUTCOMES
    return [_of_source(source, outcome, wanted.reason) for source, outcome in product(sources, outcomes)]


def _of_source(source: str, outcome: str, reason: str | None) -> _Branch:
    if outcome == "dead" and reason is not None:
        return _Branch(((_note.source, source), (_note.reason, reason)), (_is(outcome),))
    return _Branch(((_note.source, source), (_note.outcome, outcome)))


def _is(outcome: str) -> ColumnElement[bool]:
    """Written out, since a partial index is used only where its own condition is seen. No other word comes into SQL."""
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is no outcome.")
    return _note.outcome == literal_column(f"'{outcome}'")


def _events(database: Database, wanted: Range) -> list[int]:
    """The events of that external id: each source may have one."""
    sources = [wanted.source] if wanted.source is not None else values_of(database, _event.source)
    query = select(_event.id).where(_event.source.in_(sources), _event.external_id == wanted.event)
    return [number for (number,) in database.rows(query)]


def _exactly(wanted: Range) -> Iterator[ColumnElement[bool]]:
    if wanted.reason is not None:
        yield _note.reason == wanted.reason
    if wanted.since is not None:
        yield _note.received_at >= wanted.since
    if wanted.until is not None:
        yield _note.received_at < wanted.until


def _span(database: Database, wanted: Range) -> Span:
    """Numbers outside are certainly too low or too high for what is wanted, so that they are not even looked at."""
    low = 0 if wanted.since is None else first_since(database, wanted.since - DISORDER_SECONDS)
    high = NO_NUMBER if wanted.until is None else first_since(database, wanted.until + DISORDER_SECONDS)
    return low or 0, min(high or 0, NO_NUMBER if wanted.before is None else wanted.before)
