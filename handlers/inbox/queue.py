"""The worker's end of the inbox: changed events out, what became of them back in."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Double,
    Integer,
    Select,
    Text,
    Update,
    case,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert

from handlers.inbox import tables
from handlers.inbox.arrivals import Arrivals
from handlers.inbox.bulk import Bulk, Values
from handlers.inbox.database import Database
from handlers.inbox.due import choose
from handlers.inbox.lease import Lease
from handlers.inbox.links import OPERATOR, REASONS_A_LINK_MENDS
from handlers.inbox.order import lock
from handlers.inbox.steps import Steps

CHUNK = 200
LOOK = 500
MOST_WORDS = 255
Stamp = tuple[float, int]
"""Which notification said something last: its version, then its number."""


@dataclass(frozen=True)
class State:
    """What the platform says of an event. `fields` are flat: a custom property is `property:<name>`."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    version: float = 0
    published: bool = False


@dataclass(frozen=True)
class Link:
    """The marketing event that stands for an event, and what HubSpot last confirmed of it, flat like `State.fields`."""

    object_id: str
    found_by: str
    confirmed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """An event with something to send. `changes` and `changed_at` are as they stood when it was taken."""

    id: int
    source: str
    external_id: str
    changes: int
    changed_at: float
    tries: int
    missing_since: float | None
    state: State
    link: Link | None
    waits_for: str | None = None


@dataclass(frozen=True)
class Pending:
    """A notification that waits, as received."""

    id: int
    received_at: float
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of one notification. `received_at` and `settled` times are Unix seconds."""

    notification: int
    received_at: float
    outcome: str
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Input:
    """What a call said of one event: `fields`, flat. `result`: confirmed, rejected, or open where neither is known."""

    event: int
    fields: Mapping[str, Any]
    result: str


@dataclass(frozen=True)
class Attempt:
    """One call of batch/update and its answer, as kept for the operator, with what it said of each event."""

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
    told: Sequence[Input] = ()


@dataclass(frozen=True)
class Settlement:
    """What the worker found out about one event.

    `confirmed`: the fields that HubSpot confirmed just now. `retry_at`: it stays changed, and is taken again then,
    because it waits for `waits_for`. `tried`: false where that is only for want of a turn. `unlink`: its marketing event
    is no more. `standing`: outcome and reason that the event stands with from now on, if that changes.
    """

    event: Changed
    outcomes: Sequence[Outcome] = ()
    state: State | None = None
    confirmed: Mapping[str, Any] | None = None
    retry_at: float | None = None
    waits_for: str | None = None
    missing_since: float | None = None
    unlink: bool = False
    tried: bool = True
    standing: tuple[str, str | None] | None = None


_event, _link, _state, _note = tables.event.c, tables.link.c, tables.state.c, tables.notification.c
# Written out, since SQLite uses a partial index only where it sees that the condition is the index's own.
_PENDING = (
    select(_note.id, _note.received_at, tables.body.c.content)
    .join(tables.body)
    .where(_note.outcome == literal_column("'pending'"))
)
_CHANGED = select(tables.event, tables.state, tables.link).select_from(
    tables.event.outerjoin(tables.state).outerjoin(tables.link)
)
_NUMBER, _WORD = BigInteger(), Text()
_TIME: Double[float] = Double()


def _settle_notification(new: Values, _given: object) -> Update:
    mine = (_note.id == new["number"], _note.outcome == literal_column("'pending'"))
    written = ("outcome", "reason", "detail", "settled_at", "attempt_id")
    return update(tables.notification).where(*mine).values({name: new[name] for name in written})


def _settle_event(new: Values, _given: object) -> Update:
    unchanged, retry_at, since = _event.changes == new["seen"], new["retry_at"], new["waiting_since"]
    settled = {
        "due_at": case((unchanged, retry_at), else_=func.coalesce(retry_at, new["again_at"])),
        "changed_at": case((unchanged, since), else_=func.coalesce(since, new["now"])),
        "tries": new["tries_now"],
        "missing_since": new["missing"],
        "waits_for": new["waits"],
    }
    return update(tables.event).where(_event.id == new["number"]).values(settled)


def _save_state(new: Values, _given: object) -> Insert:
    saved = upsert(tables.state)
    changed: dict[str, Any] = {
        name: saved.excluded[name] for name in ("fields", "stamps", "version", "published", "words")
    }
    stays = saved.excluded.standing.is_(None)
    for name in ("standing", "reason"):
        changed[name] = case((stays, tables.state.c[name]), else_=saved.excluded[name])
    return saved.from_select(*_all(new)).on_conflict_do_update(index_elements=["event_id"], set_=changed)


def _add_input(new: Values, _given: object) -> Insert:
    return upsert(tables.told).from_select(*_all(new))


def _all(new: Values) -> tuple[list[str], Select[Any]]:
    """With a condition, without which SQLite would take ON CONFLICT for a part of the select: sqlite.org/lang_upsert.html."""
    return list(new), select(*new.values()).where(true())


def _confirm_link(new: Values, _given: object) -> Update:
    return (
        update(tables.link)
        .where(_link.event_id == new["number"])
        .values(confirmed=new["fields"], confirmed_at=new["at"])
    )


_SETTLE_NOTIFICATION = Bulk(
    {
        "number": _NUMBER,
        "outcome": _WORD,
        "reason": _WORD,
        "detail": _WORD,
        "settled_at": _TIME,
        "attempt_id": _NUMBER,
    },
    _settle_notification,
)
_SETTLE_EVENT = Bulk(
    {
        "number": _NUMBER,
        "seen": _NUMBER,
        "retry_at": _TIME,
        "again_at": _TIME,
        "waiting_since": _TIME,
        "now": _TIME,
        "tries_now": Integer(),
        "missing": _TIME,
        "waits": _WORD,
    },
    _settle_event,
)
_SAVE_STATE = Bulk(
    {
        "event_id": _NUMBER,
        "fields": JSON(),
        "stamps": JSON(),
        "version": _TIME,
        "published": Boolean(),
        "words": _WORD,
        "standing": _WORD,
        "reason": _WORD,
    },
    _save_state,
)
_ADD_INPUT = Bulk({"attempt_id": _NUMBER, "event_id": _NUMBER, "fields": JSON(), "result": _WORD}, _add_input)
_CONFIRM = Bulk({"number": _NUMBER, "at": _TIME, "fields": JSON()}, _confirm_link)


@dataclass
class Queue:
    """The set of changed events. Every write is refused (`LeadLost`) to a worker that leads no more.

    `debounce` is how many seconds an event waits that changed again while it was being sent.
    """

    database: Database
    lease: Lease
    debounce: float
    arrivals: Arrivals = field(init=False)
    _steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        """Whoever waits to write waits for little."""
        self.arrivals = Arrivals(self.database)
        self._steps = Steps(self.database, self.arrivals)

    def take(self, moment: float, limit: int, in_hand: Collection[int]) -> list[Changed]:
        """Up to `limit` events due by `moment` (Unix seconds) that are not in hand already.

        The longest due come first, and a third of them all are those most recently due.
        """
        with self.database.read() as connection:
            chosen = choose(connection, moment, limit, in_hand)
            rows = {row.id: row for row in connection.execute(_CHANGED.where(_event.id.in_(chosen)))} if chosen else {}
        return [_changed_event(rows[number]) for number in chosen]

    def stand_aside(self) -> None:
        """To be called before each event that is worked on: return when no other thread holds up those that acknowledge."""
        self._steps.stand_aside()

    def pending_of(self, events: Collection[int]) -> dict[int, list[Pending]]:
        """The waiting notifications of several events, in the order of their arrival, as far as one look reaches.

        An event is in it with all of them, or, where they are too many, not at all.
        """
        query = _PENDING.add_columns(_note.event_id).where(_note.event_id.in_(events))
        rows = self.database.rows(query.order_by(_note.event_id, _note.id).limit(LOOK))
        reached = rows[-1].event_id if len(rows) == LOOK else float("inf")  # that event may have more
        found: dict[int, list[Pending]] = {event: [] for event in events if event < reached}
        for *pending, event in rows:
            if event in found:
                found[event].append(Pending(*pending))
        return found

    def pending(self, event_id: int) -> Iterator[list[Pending]]:
        """An event's waiting notifications in the order of their arrival, a chunk at a time."""
        last = 0
        while chunk := self._pending_after(event_id, last):
            yield chunk
            last = chunk[-1].id

    def doubt(self, links: Mapping[int, Link], sending: Mapping[int, Collection[str]]) -> set[int]:
        """Before a call: keep the new `links` and forget what HubSpot confirmed of the fields being sent.

        Until the answer is settled nobody knows what HubSpot holds; after a crash the same values must be sent again.
        Returns the events whose marketing event is another event's already, and those that are no more.
        """
        self._steps.look()
        with self._steps.write() as connection:
            self.lease.check(connection)
            there = lock(connection, links.keys() | sending.keys())
            links = {event: link for event, link in links.items() if event in there}
            refused = _keep_links(connection, links) if links else set()
            refused |= sending.keys() - there
            _forget(connection, {event: names for event, names in sending.items() if event not in refused})
        return refused

    def settle(self, settlements: Sequence[Settlement], moment: float, attempt: Attempt | None = None) -> None:
        """Write down what became of events and their notifications; with the first of them the attempt, and all it told."""
        self._steps.look()
        number = None
        for part in self._steps.parts(settlements):
            number, attempt = self._settle(part, moment, attempt, number), None

    def _settle(
        self, settlements: Sequence[Settlement], moment: float, attempt: Attempt | None, number: int | None
    ) -> int | None:
        """In one transaction. Returns the number of the attempt, be it given or written with this."""
        with self._steps.write() as connection:
            self.lease.check(connection)
            told = {one.event for one in attempt.told} if attempt else set()
            there = lock(connection, {settlement.event.id for settlement in settlements} | told)
            settlements = [settlement for settlement in settlements if settlement.event.id in there]
            held = _links(connection, settlements)
            settlements = [_heed(settlement, held.get(settlement.event.id)) for settlement in settlements]
            number = _add_attempt(connection, attempt, there) if attempt else number
            _settle_notifications(connection, settlements, moment, number)
            _save_states(connection, settlements)
            _confirm(connection, settlements, held, moment)
            _unlink(connection, settlements)
            self._settle_events(connection, settlements, moment)
        return number

    def _pending_after(self, event_id: int, last: int) -> list[Pending]:
        query = _PENDING.where(_note.event_id == event_id, _note.id > last).order_by(_note.id).limit(CHUNK)
        return [Pending(*row) for row in self.database.rows(query)]

    def _settle_events(self, connection: Connection, settlements: Sequence[Settlement], moment: float) -> None:
        rows = [_event_row(settlement, moment, moment + self.debounce) for settlement in settlements]
        _SETTLE_EVENT.run(connection, rows)


def _changed_event(row: Any) -> Changed:
    known = State(row.fields, row.stamps, row.version, row.published) if row.fields is not None else State()
    link = Link(row.object_id, row.found_by, row.confirmed) if row.object_id is not None else None
    return Changed(
        row.id,
        row.source,
        row.external_id,
        row.changes,
        row.changed_at or row.due_at,
        row.tries,
        row.missing_since,
        known,
        link,
        row.waits_for,
    )


def _keep_links(connection: Connection, links: Mapping[int, Link]) -> set[int]:
    """Keep them; returns the events whose marketing event another one holds."""
    rows = [
        {"event_id": event, "object_id": link.object_id, "found_by": link.found_by, "confirmed": {}}
        for event, link in sorted(links.items(), key=lambda item: item[1].object_id)  # as everybody who sets links
    ]
    connection.execute(upsert(tables.link).on_conflict_do_nothing(), rows)
    query = select(_link.object_id, _link.event_id).where(_link.object_id.in_([row["object_id"] for row in rows]))
    holders = {object_id: event for object_id, event in connection.execute(query)}  # noqa: C416 - rows are no dict items
    return {event for event, link in links.items() if holders.get(link.object_id) != event}


def _forget(connection: Connection, sending: Mapping[int, Collection[str]]) -> None:
    query = select(_link.event_id, _link.confirmed, _link.confirmed_at).where(_link.event_id.in_(list(sending)))
    rows = [
        {
            "number": event,
            "at": at,
            "fields": {name: value for name, value in known.items() if name not in sending[event]},
        }
        for event, known, at in connection.execute(query).all()
        if not known.keys().isdisjoint(sending[event])
    ]
    _CONFIRM.run(connection, rows)


def _add_attempt(connection: Connection, attempt: Attempt, there: Collection[int]) -> int | None:
    row = {name: value for name, value in vars(attempt).items() if name != "told"}
    number: int | None = connection.scalar(insert(tables.attempt).values(row).returning(tables.attempt.c.id))
    told = [
        {"attempt_id": number, "event_id": one.event, "fields": one.fields, "result": one.result}
        for one in attempt.told
        if one.event in there
    ]
    _ADD_INPUT.run(connection, told)
    return number


def _settle_notifications(
    connection: Connection, settlements: Sequence[Settlement], moment: float, attempt: int | None
) -> None:
    rows = [
        {
            "number": outcome.notification,
            "outcome": outcome.outcome,
            "reason": outcome.reason,
            "detail": outcome.detail,
            "settled_at": moment,
            "attempt_id": attempt if outcome.outcome in ("sent", "dead", "superseded") else None,
        }
        for settlement in settlements
        for outcome in settlement.outcomes
    ]
    _SETTLE_NOTIFICATION.run(connection, rows)


def _save_states(connection: Connection, settlements: Sequence[Settlement]) -> None:
    rows = [
        {"event_id": s.event.id, **vars(s.state), "words": _words(s.state), **_standing(s)}
        for s in settlements
        if s.state is not None
    ]
    _SAVE_STATE.run(connection, rows)


def _words(state: State) -> str | None:
    """The name as it is searched; PostgreSQL's texts hold no NUL."""
    name = state.fields.get("eventName")
    return None if name is None else str(name)[:MOST_WORDS].casefold()[:MOST_WORDS].replace("\0", "")


def _standing(settlement: Settlement) -> dict[str, str | None]:
    outcome, reason = settlement.standing or (None, None)
    return {"standing": outcome, "reason": reason}


def _heed(settlement: Settlement, held: Link | None) -> Settlement:
    """What is left of it where a person linked the event meanwhile: what was found out is of another marketing event.

    The link marked the event as changed, so that it is taken again at once; what died for want of a link waits for that.
    """
    taken = settlement.event.link
    if held is None or held.found_by != OPERATOR or (taken is not None and taken.object_id == held.object_id):
        return settlement
    outcomes = [one for one in settlement.outcomes if one.outcome != "dead" or one.reason not in REASONS_A_LINK_MENDS]
    return replace(settlement, outcomes=outcomes, confirmed=None, retry_at=None, waits_for=None, unlink=False)


def _links(connection: Connection, settlements: Sequence[Settlement]) -> dict[int, Link]:
    """The events' links as they are now."""
    columns = (_link.event_id, _link.object_id, _link.found_by, _link.confirmed)
    query = select(*columns).where(_link.event_id.in_([settlement.event.id for settlement in settlements]))
    return {event: Link(*rest) for event, *rest in connection.execute(query)}


def _confirm(
    connection: Connection, settlements: Sequence[Settlement], held: Mapping[int, Link], moment: float
) -> None:
    rows = [
        {"number": s.event.id, "at": moment, "fields": {**held[s.event.id].confirmed, **s.confirmed}}
        for s in settlements
        if s.confirmed is not None and s.event.id in held
    ]
    _CONFIRM.run(connection, rows)


def _unlink(connection: Connection, settlements: Sequence[Settlement]) -> None:
    gone = [s.event.id for s in settlements if s.unlink]
    if gone:
        connection.execute(tables.link.delete().where(_link.event_id.in_(gone)))


def _event_row(settlement: Settlement, moment: float, again_at: float) -> dict[str, Any]:
    waits = settlement.retry_at is not None
    return {
        "number": settlement.event.id,
        "seen": settlement.event.changes,
        "retry_at": settlement.retry_at,
        "again_at": again_at,
        "waiting_since": settlement.event.changed_at if waits else None,
        "now": moment,
        "tries_now": settlement.event.tries + settlement.tried if waits else 0,
        "missing": settlement.missing_since,
        "waits": settlement.waits_for,
    }
