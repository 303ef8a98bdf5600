"""Forgets what is stored about an event or a notification, and writes down that it was forgotten."""

from collections.abc import Iterator
from functools import partial

from handlers.inbox import erasing
from handlers.inbox.audit import About, Operator, record
from handlers.inbox.database import Database


def erase_notification(database: Database, number: int, by: Operator) -> None:
    """Forget one notification with its body; what it said stays with its event. Raises `InboxUnavailable`."""
    also = partial(record, by=by, action="purge", about=About("notification", str(number)))
    erasing.erase_notification(database, number, also)


def erase_event(database: Database, number: int, name: tuple[str, str], by: Operator) -> Iterator[int]:
    """Forget an event by its `number`, whose source and external id are its `name`, and all its notifications.

    Tells after each step how many are gone; whoever asks for no more stops it, and the event is still there then. Raises
    `InboxUnavailable`.
    """
    gone = 0
    while step := erasing.erase_some_of(database, number):
        gone += step
        yield gone
    also = partial(record, by=by, action="purge", about=About("event", "/".join(name)), detail={"notifications": gone})
    erasing.erase_event(database, number, also)
