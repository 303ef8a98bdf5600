"""What is settled and old leaves in small steps, so that nobody waits for it."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Delete, delete, func, select

from handlers.inbox import tables
from handlers.inbox.clock import steady
from handlers.inbox.database import Database

MOST = 200  # notifications, and attempts, that a turn looks up
FEW = 20  # notifications that one statement deletes
FEW_TOLD = 100  # inputs that leave with the attempts that one statement deletes
TURN_SECONDS = 0.01
HELD_SECONDS = 0.001
APART_SECONDS = 0.001
REST = 9.0
SOME_SECONDS = 1.0
NONE_SECONDS = 60.0
_notification, _attempt = tables.notification.c, tables.attempt.c
_is_named = select(_notification.id).where(_notification.attempt_id == _attempt.id).exists()


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
        _delete(database, old, clock)
        old = old or _old(database, before)
        is_over = clock() >= began + TURN_SECONDS
    if old or database.tidy(HELD_SECONDS):
        return REST * (clock() - began)
    return SOME_SECONDS if is_some else NONE_SECONDS


def _old(database: Database, before: float) -> deque[Delete]:
    return deque((*_notifications(database, before), *_attempts(database, before)))


def _notifications(database: Database, before: float) -> Iterator[Delete]:
    """Deletions of the oldest. They are looked up before, while others may write, and judged again when it comes to it.

    What somebody revives just then is passed over, so that nobody waits in a circle.
    """
    is_old = _notification.settled_at < before
    oldest = select(_notification.id).where(is_old).order_by(_notification.settled_at).limit(MOST)
    numbers = [number for (number,) in database.rows(oldest)]
    for first in range(0, len(numbers), FEW):
        few = _notification.id.in_(numbers[first : first + FEW])
        still = select(_notification.id).where(few, is_old).with_for_update(skip_locked=True)
        yield delete(tables.notification).where(_notification.id.in_(still))


def _attempts(database: Database, before: float) -> Iterator[Delete]:
    """Deletions of those that no notification names. Next to all that are younger than the oldest notification are named."""
    oldest = func.coalesce(select(func.min(_notification.settled_at)).scalar_subquery(), before)
    is_old = (_attempt.sent_at < before, _attempt.sent_at <= oldest)
    unused = select(_attempt.id, _attempt.inputs).where(*is_old, ~_is_named).order_by(_attempt.sent_at).limit(MOST)
    for few in _lots(database.rows(unused)):
        yield delete(tables.attempt).where(_attempt.id.in_(few), ~_is_named)


def _lots(attempts: Iterable[Any]) -> Iterator[list[int]]:
    """Those that said no more than `FEW_TOLD` things together, or one alone that said more."""
    lot: list[int] = []
    told = 0
    for number, inputs in attempts:
        if lot and told + inputs > FEW_TOLD:
            yield lot
            lot, told = [], 0
        lot.append(number)
        told += inputs
    if lot:
        yield lot


def _delete(database: Database, old: deque[Delete], clock: Callable[[], float]) -> None:
    """In one short transaction, since others may wait to write; and then it is their turn."""
    with database.write() as connection:
        end = clock() + HELD_SECONDS
        connection.execute(old.popleft())
        while old and clock() < end:
            connection.execute(old.popleft())
    time.sleep(APART_SECONDS)
