"""What is known of a source's events, and hints about them."""

import pytest
from inboxes import NOON, queue
from sqlalchemy import select

from handlers.inbox import known as module
from handlers.inbox import tables
from handlers.inbox.known import HINT_ACTION, Hints, Known, known
from handlers.inbox.queue import Settlement, State
from handlers.inbox.writer import Writer


@pytest.fixture
def hints(database):
    return Hints(Writer(database, 1.0))


def everything(database, *which):
    return [one for chunk in known(database, *which) for one in chunk]


def cancel(database, external_id, value=True):
    inbox = queue(database)
    (changed,) = [one for one in inbox.take(NOON + 10, 100, ()) if one.external_id == external_id]
    inbox.settle([Settlement(changed, state=State({"eventCancelled": value}))], NOON + 10)


def test_the_events_of_one_source_below_a_prefix_are_known_in_order(database, hints):
    hints.add("box", ["acme:b", "acme:a", "other:a", "ACME:c", "acme"], NOON)
    hints.add("other", ["acme:z"], NOON)
    assert everything(database, "box", "acme:") == [Known("acme:a", False), Known("acme:b", False)]
    assert len(everything(database, "box")) == 5


@pytest.mark.parametrize("prefix", ["%", "_", "a%", "acme_"])
def test_a_prefix_is_no_pattern(database, hints, prefix):
    hints.add("box", ["acme:a"], NOON)
    assert everything(database, "box", prefix) == []


@pytest.mark.parametrize("value", [True, False])
def test_what_is_cancelled_is_told_apart(database, hints, value):
    hints.add("box", ["a", "b"], NOON)
    cancel(database, "b", value)
    assert everything(database, "box") == [Known("a", False), Known("b", value)]


def test_many_are_told_a_chunk_at_a_time(database, hints, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 3)
    hints.add("box", [f"ev-{n}" for n in range(7)], NOON)
    assert [len(chunk) for chunk in known(database, "box")] == [3, 3, 1]


def test_a_hint_waits_like_a_notification_with_an_empty_body_and_no_delivery_id(database, hints):
    assert hints.add("box", iter(["a"]), NOON) == 1
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 1, 10, ())
    (pending,) = inbox.pending_of([changed.id])[changed.id]
    column = tables.notification.c
    kept = database.rows(select(column.action, column.delivery_id, column.outcome))
    assert (changed.external_id, pending.body) == ("a", b"")
    assert [tuple(row) for row in kept] == [(HINT_ACTION, None, "pending")]


def test_many_hints_are_stored_by_the_hundred(database, hints, monkeypatch):
    monkeypatch.setattr(module, "HINTS", 4)
    assert hints.add("box", (f"ev-{n}" for n in range(10)), NOON) == 10
    assert len(everything(database, "box")) == 10


def test_no_hint_is_no_work(database, hints):
    assert hints.add("box", [], NOON) == 0
    assert everything(database, "box") == []
