"""How far the list of a source's platform is compared with what is known: whose turn it is, progress, what was listed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database
from handlers.inbox.queue import State

CLAIM_SECONDS = 180.0  # longer than a page takes; one that takes longer loses its turn only if somebody takes it
STALE_SECONDS = 86400.0
CHUNK = 500
_run, _event, _state, _link = tables.reconciliation.c, tables.event.c, tables.state.c, tables.link.c
_listed, _newest = tables.listed.c, tables.notification.alias("newest")
_AFRESH = {"following": None, "ended": False, "pages": 0, "listed": 0, "differing": 0}


class ClaimLost(Exception):
    """Another process compares the source by now; what this one did of the page is done again, which harms nobody."""


@dataclass(frozen=True)
class Run:
    """How far a run is that began at `begun_at` (Unix seconds). `ended`: all is listed, and what is missing is to be found."""

    source: str
    begun_at: float
    following: str | None = None
    ended: bool = False
    pages: int = 0
    listed: int = 0
    differing: int = 0
    tries: int = 0


@dataclass(frozen=True)
class Result:
    """What a run came to; `doubted`: so much was missing that the list was not believed."""

    listed: int
    differing: int
    missing: int
    doubted: bool
    seconds: float


@dataclass(frozen=True)
class Newest:
    """The newest notification about an event."""

    action: str | None
    outcome: str
    reason: str | None
    received_at: float


@dataclass(frozen=True)
class Standing:
    """What is known of an event. `confirmed` is None without a link; `digest` is of what was listed last."""

    waits: bool
    state: State
    confirmed: Mapping[str, Any] | None
    newest: Newest | None
    digest: str | None
    run_at: float | None


@dataclass(frozen=True)
class Expected:
    """An event that the list should tell of, for all that is known. Times as in its state."""

    event: str
    waits: bool
    start: str | None
    end: str | None
    newest: Newest | None
    run_at: float | None


def schedule(database: Database, firsts: Mapping[str, float]) -> None:
    """Let each source have its first run then (Unix seconds), unless it had one, or has one to come."""
    rows = [{"source": source, "next_at": first} for source, first in firsts.items()]
    if rows:
        with database.write() as connection:
            connection.execute(insert(tables.reconciliation).on_conflict_do_nothing(), rows)


def rows(database: Database) -> dict[str, Any]:
    """All that is kept of each source's runs, with `claimed`: whether a process is at it now."""
    query = select(tables.reconciliation, (_run.claimed_until > now()).label("claimed"))
    return {row.source: row for row in database.rows(query)}


def claim(database: Database, source: str, holder: str, moment: float, *, afresh: bool = False) -> Run | None:
    """Take the next turn at a source: the run under way, or a new one; None while another process has it.

    A new one begins too `afresh`, or where the one under way is so old that what it listed first says little by now.
    """
    with database.write() as connection:
        connection.execute(insert(tables.reconciliation).values(source=source, next_at=moment).on_conflict_do_nothing())
        free = (_run.claimed_until <= now()) | (_run.claimed_by == holder)
        found = select(tables.reconciliation).where(_run.source == source, free).with_for_update()
        row = connection.execute(found).one_or_none()
        if row is None:
            return None
        taken: dict[str, Any] = {"claimed_by": holder, "claimed_until": now() + CLAIM_SECONDS}
        if afresh or row.begun_at is None or row.begun_at < moment - STALE_SECONDS:
            taken |= _AFRESH | {"begun_at": moment}
        updated = update(tables.reconciliation).where(_run.source == source).values(taken)
        connection.execute(updated)
        row = connection.execute(select(tables.reconciliation).where(_run.source == source)).one()
    return Run(*(getattr(row, name) for name in Run.__dataclass_fields__))


def release(database: Database, source: str, holder: str) -> None:
    """Let any process have the next turn."""
    with database.write() as connection:
        mine = (_run.source == source, _run.claimed_by == holder)
        connection.execute(update(tables.reconciliation).where(*mine).values(claimed_until=0.0))


def save(database: Database, run: Run, holder: str, digests: Mapping[str, str]) -> None:
    """Write down a page: how far the run is now, and what it said of each event. Raises `ClaimLost`."""
    done = {name: getattr(run, name) for name in _AFRESH}
    with database.write() as connection:
        _update(connection, run.source, holder, claimed_until=now() + CLAIM_SECONDS, tries=0, fault=None, **done)
        _mark(connection, run, digests)


def put_off(database: Database, source: str, holder: str, fault: str, next_at: float, *, afresh: bool) -> None:
    """Go on with the same page then (Unix seconds), or `afresh` with a new run; `fault` says why. Raises `ClaimLost`."""
    again: dict[str, Any] = _AFRESH | {"begun_at": None} if afresh else {}
    counts = {"tries": _run.tries + 1, "put_off_runs": _run.put_off_runs + 1}
    with database.write() as connection:
        _update(connection, source, holder, claimed_until=0.0, fault=fault, next_at=next_at, **counts, **again)


def finish(database: Database, run: Run, holder: str, result: Result, moment: float, next_at: float) -> None:
    """Write down what a run came to, and when the next begins (Unix seconds). Raises `ClaimLost`."""
    counter = _run.doubted_runs if result.doubted else _run.finished_runs
    last = {f"last_{name}": value for name, value in vars(result).items()}
    ended = {"begun_at": None, "claimed_until": 0.0, "tries": 0, "fault": None, "next_at": next_at}
    counted = {"last_finished": moment, counter.name: counter + 1}
    with database.write() as connection:
        _update(connection, run.source, holder, **_AFRESH, **last, **ended, **counted)


def standings(database: Database, source: str, events: Collection[str]) -> dict[str, Standing]:
    """What is known of some hundred events, by external id; those that are not in it are unknown."""
    return {row.external_id: _standing(row) for row in database.rows(standings_query(source, events))}


def standings_query(source: str, events: Collection[str]) -> Select[Any]:
    """By the index of all events, each with the newest of its notifications."""
    query = _with_newest(
        select(
            *(_event.external_id, _event.due_at, _state.fields, _state.stamps, _state.version, _state.published),
            *(_link.object_id, _link.confirmed, _listed.digest, _listed.run_at),
        ),
        tables.event.outerjoin(tables.state).outerjoin(tables.link).outerjoin(tables.listed),
    )
    return query.where(_event.source == source, _event.external_id.in_(events))


def expected(database: Database, source: str) -> Iterator[list[Expected]]:
    """Every event of a source that was public, or has its marketing event, and is not cancelled, a chunk at a time."""
    last = ""
    while chunk := database.rows(expected_after(source, last)):
        last = chunk[-1].external_id
        yield [
            Expected(row.external_id, row.due_at is not None, row.start, row.end, _newest_of(row), row.run_at)
            for row in chunk
            if (row.published or row.is_linked) and not row.cancelled
        ]


def expected_after(source: str, last: str) -> Select[Any]:
    """The next chunk of events after that external id, along the index; only what is needed is read of their states."""
    told = _state.fields
    query = _with_newest(
        select(
            *(_event.external_id, _event.due_at, _state.published, _listed.run_at),
            _link.object_id.is_not(None).label("is_linked"),
            told["startDateTime"].as_string().label("start"),
            told["endDateTime"].as_string().label("end"),
            told["eventCancelled"].as_boolean().label("cancelled"),
        ),
        tables.event.outerjoin(tables.state).outerjoin(tables.listed).outerjoin(tables.link),
    )
    return query.where(_event.source == source, _event.external_id > last).order_by(_event.external_id).limit(CHUNK)


def _with_newest(query: Select[Any], joined: Any) -> Select[Any]:
    note = tables.notification.c
    number = select(func.max(note.id)).where(note.event_id == _event.id).correlate(tables.event).scalar_subquery()
    newest = _newest.c
    columns = (newest.id.label("newest"), newest.action, newest.outcome, newest.reason, newest.received_at)
    return query.add_columns(*columns).select_from(joined.outerjoin(_newest, newest.id == number))


def _standing(row: Any) -> Standing:
    state = State() if row.fields is None else State(row.fields, row.stamps, row.version, row.published)
    confirmed = row.confirmed if row.object_id is not None else None
    return Standing(row.due_at is not None, state, confirmed, _newest_of(row), row.digest, row.run_at)


def _newest_of(row: Any) -> Newest | None:
    return None if row.newest is None else Newest(row.action, row.outcome, row.reason, row.received_at)


def _update(connection: Connection, source: str, holder: str, **values: Any) -> None:
    mine = (_run.source == source, _run.claimed_by == holder, _run.claimed_until > 0.0)
    if not connection.execute(update(tables.reconciliation).where(*mine).values(values)).rowcount:
        raise ClaimLost(source)


def _mark(connection: Connection, run: Run, digests: Mapping[str, str]) -> None:
    events, marks = list(digests), []
    for start in range(0, len(events), CHUNK):
        some = (_event.source == run.source, _event.external_id.in_(events[start : start + CHUNK]))
        for number, event in connection.execute(select(_event.id, _event.external_id).where(*some)):
            marks.append({"event_id": number, "run_at": run.begun_at, "digest": digests[event]})
    if marks:
        new = insert(tables.listed)
        said = {name: new.excluded[name] for name in ("run_at", "digest")}
        connection.execute(new.on_conflict_do_update(index_elements=["event_id"], set_=said), marks)
