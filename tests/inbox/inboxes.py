"""Arrivals, and a look at what became of them."""

import threading

from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.lease import Lease
from handlers.inbox.queue import Queue
from handlers.inbox.retention import NONE_SECONDS, SOME_SECONDS, purge

NOON = 1_800_000_000.0


def arrival(event="ev-1", **other):
    given = {
        "source": "tickets",
        "body": b'{"id": "ev-1"}',
        "received_at": NOON,
        "action": "event.changed",
        "event": event,
        "delivery_id": None,
        "errors": None,
    }
    return Arrival(**(given | other))


def queue(database, debounce=1.0, **given):
    lease = Lease(database, **given)
    assert lease.hold()
    return Queue(database, lease, debounce)


def purge_all(database, before):
    """All turns that follow each other."""
    while purge(database, before) not in (SOME_SECONDS, NONE_SECONDS):
        pass


def outcomes(database):
    column = tables.notification.c
    return [tuple(row) for row in database.rows(select(column.outcome, column.reason).order_by(column.id))]


def running_threads():
    """By themselves, not by their number: one of another test may end meanwhile."""
    return set(threading.enumerate())
