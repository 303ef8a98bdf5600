"""What is settled and old leaves in small steps, so that nobody waits for it."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Delete, bindparam, delete, func, select

from handlers.inbox import tables
from handlers.inbox.clock import steady
from handlers.inbox.database import Database

MOST = 200  # notifications, and attempts, that are looked up at once
TURN_SECONDS = 0.03
APART_SECONDS = 0.001
REST = 9.0
SOME_SECONDS = 1.0
NONE_SECONDS = 60.0


class Step(NamedTuple):
    """How many notifications, or inputs with their attempts, a statement deletes, and for how long a transaction goes on."""

    notifications: int
    told: int
    seconds: float


# All others wait while one writes into SQLite; elsewhere nobody waits for a deletion, but each statement has its way to go.
STEPS = {"sqlite": Step(10, 100, 0.001), "postgresql": Step(MOST, 2000, TURN_SECONDS)}
Deletion = tuple[Delete, Sequence[int]]
"""A statement, and the numbers that it is about."""

_notification, _attempt = tables.notification.c, tables.attempt.c
_few: BindParameter[Any] = bindparam("few", expanding=True)
_before: BindParameter[float] = bindparam("before")
_is_old = _notification.settled_at < _before
_OLDEST = select(_notification.id).where(_is_old).order_by(_notification.settled_at).limit(MOST)
# What was looked up is judged again; what somebody revives just now is passed over, so that nobody waits in a circle.
_still = select(_notification.id).where(_notification.id.in_(_few), _is_old).with_for_update(skip_locked=True)
_NOTIFICATIONS = delete(tables.notification).where(_notification.id.in_(_still))
# Those younger than the oldest notification are named, but for a few: else all of them would be looked at in vain.
_settled = select(func.min(_notification.settled_at)).where(_notification.settled_at.is_not(None)).scalar_subquery()
_is_named = select(_notification.id).where(_notification.attempt_id == _attempt.id).exists()
_UNUSED = (
    select(_attempt.id, _attempt.inputs)
    .where(_attempt.sent_at < _before, _attempt.sent_at <= func.coalesce(_settled, _before), ~_is_named)
    .order_by(_attempt.sent_at)
    .limit(MOST)
)
_ATTEMPTS = delete(tables.attempt).where(_attempt.id.in_(_few), _attempt.sent_at < _before, ~_is_named)


def purge(database: Database, before: float, clock: Callable[[], float] = steady) -> float:
    """Take a turn, and tell for how many seconds none is due: while there is much, turns take a tenth of the time at most.

    Deletes notifications settled, and attempts made, before then (Unix seconds). What the attempts said of events leaves
    with them. Their room goes back to the file system when nothing old is left: until then it is soon used again. Raises
    `InboxUnavailable`.
    """
    began = clock()
    old = _old(database, before)
    is_some = bool(old)
    is_over = False
    while old and not is_over:
        _delete(database, old, before, clock)
        old = old or _old(database, before)
        is_over = clock() >= began + TURN_SECONDS
    if old or database.tidy(STEPS[database.dialect].seconds):
        return REST * (clock() - began)
    return SOME_SECONDS if is_some else NONE_SECONDS


def _old(database: Database, before: float) -> deque[Deletion]:
    """Looked up while others may write; attempts first, since they are few until notifications have left."""
    given, step = {"before": before}, STEPS[database.dialect]
    attempts = [(_ATTEMPTS, few) for few in _lots(database.rows(_UNUSED.params(given)), step.told)]
    numbers = [number for (number,) in database.rows(_OLDEST.params(given))]
    parts = (numbers[first : first + step.notifications] for first in range(0, len(numbers), step.notifications))
    return deque([*attempts, *((_NOTIFICATIONS, few) for few in parts)])


def _lots(attempts: Iterable[Any], most: int) -> Iterator[list[int]]:
    """Those that said no more than so many things together, or one alone that said more."""
    lot: list[int] = []
    told = 0
    for number, inputs in attempts:
        if lot and told + inputs > most:
            yield lot
            lot, told = [], 0
        lot.append(number)
        told += inputs
    if lot:
        yield lot


def _delete(database: Database, old: deque[Deletion], before: float, clock: Callable[[], float]) -> None:
    """In one short transaction, since others may wait to write; and then it is their turn."""
    with database.write() as connection:
        end = clock() + STEPS[database.dialect].seconds
        is_over = False
        while old and not is_over:
            statement, few = old.popleft()
            connection.execute(statement, {"few": few, "before": before})
            is_over = clock() >= end
    time.sleep(APART_SECONDS)
