"""What is settled can be looked at again, in its old place."""

import pytest
from inboxes import NOON, arrival, outcomes, queue

from handlers.inbox import reviving
from handlers.inbox.links import link
from handlers.inbox.queue import Link, Outcome, Settlement, State
from handlers.inbox.reviving import Adopted
from handlers.inbox.writer import Writer

LATER = NOON + 100


def settled(database, count=1, outcome="dead", reason="rejected_by_hubspot"):
    writer, inbox = Writer(database, 1.0), queue(database)
    for _ in range(count):
        writer.store(arrival())
    (changed,) = inbox.take(NOON + 5, 10, ())
    results = [Outcome(number, NOON, outcome, reason, "{}") for number in range(1, count + 1)]
    inbox.settle([Settlement(changed, results, State({"eventName": "A"}))], NOON + 5)
    return inbox


def test_a_revived_notification_waits_as_if_it_had_only_come(database):
    inbox = settled(database, 2)
    assert reviving.revive(database, [1], LATER) == 1
    assert outcomes(database) == [("pending", None), ("dead", "rejected_by_hubspot")]
    (changed,) = inbox.take(LATER, 10, ())
    assert [pending.id for pending in inbox.pending_of([changed.id])[changed.id]] == [1]


def test_what_waits_already_is_not_revived(database):
    Writer(database, 1.0).store(arrival())
    assert reviving.revive(database, [1, 2], LATER) == 0


def test_tries_are_forgotten(database):
    inbox = settled(database)
    reviving.revive(database, [1], NOON + 6)
    (changed,) = inbox.take(LATER, 10, ())
    inbox.settle([Settlement(changed, retry_at=LATER + 900, waits_for="unavailable", missing_since=NOON)], LATER)
    Writer(database, 1.0).store(arrival())
    (pending,) = list(inbox.pending(1))
    inbox.settle([Settlement(changed, [Outcome(pending[0].id, NOON, "dead", "x")], retry_at=LATER + 900)], LATER)
    reviving.revive(database, [1], LATER)
    (again,) = inbox.take(LATER, 10, ())
    assert (again.tries, again.missing_since, again.waits_for) == (0, None, None)


def test_whether_an_event_was_created_stays_in_doubt(database):
    inbox = settled(database)
    reviving.revive(database, [1], NOON + 6)
    (changed,) = inbox.take(LATER, 10, ())
    inbox.settle([Settlement(changed, retry_at=LATER + 900, waits_for="creating", missing_since=NOON)], LATER)
    reviving.send_whole(database, changed.id, LATER, lambda _: None)
    (again,) = inbox.take(LATER, 10, ())
    assert (again.waits_for, again.missing_since) == ("creating", NOON)


def test_an_event_that_is_revived_while_it_is_sent_is_taken_again(database):
    inbox = settled(database)
    reviving.revive(database, [1], NOON + 6)
    (changed,) = inbox.take(LATER, 10, ())
    reviving.send_whole(database, changed.id, LATER, lambda _: None)
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "sent")])], LATER)
    assert len(inbox.take(LATER + 5, 10, ())) == 1


def test_an_event_that_is_sent_again_is_sent_in_full(database):
    inbox = settled(database)
    link(database, "tickets", "ev-1", "4711", NOON)
    (changed,) = inbox.take(NOON + 9, 10, ())
    inbox.settle([Settlement(changed, confirmed={"eventName": "A"})], NOON + 9)
    reviving.send_whole(database, changed.id, LATER, lambda _: None)
    (again,) = inbox.take(LATER, 10, ())
    assert again.link == Link("4711", "operator", {})


def refused(database, **other):
    Writer(database, 1.0).store(arrival(None, errors={"id": ["Is missing."]}, **other))


def test_what_was_refused_at_the_door_gets_its_event_and_waits(database):
    refused(database)
    assert [orphan.body for orphan in reviving.orphans(database, [1])] == [b'{"id": "ev-1"}']
    assert reviving.adopt(database, {1: Adopted("tickets", "ev-9", "changed")}, LATER) == 1
    assert outcomes(database) == [("pending", None)]
    (changed,) = queue(database).take(LATER, 10, ())
    assert (changed.external_id, reviving.orphans(database, [1])) == ("ev-9", [])


def test_what_was_refused_takes_no_delivery_id_that_a_mended_one_has(database):
    refused(database, delivery_id="d-1")
    Writer(database, 1.0).store(arrival(delivery_id="d-1"))
    reviving.adopt(database, {1: Adopted("tickets", "ev-1", "changed")}, LATER)
    assert outcomes(database) == [("pending", None), ("pending", None)]


def test_a_refused_one_is_not_adopted_twice(database):
    refused(database)
    reviving.adopt(database, {1: Adopted("tickets", "ev-9", "changed")}, LATER)
    assert reviving.adopt(database, {1: Adopted("tickets", "ev-8", "changed")}, LATER) == 0


@pytest.mark.parametrize("numbers", [[], [7]])
def test_nothing_is_done_about_what_is_not_there(database, numbers):
    assert reviving.revive(database, numbers, LATER) == 0
    assert reviving.adopt(database, {}, LATER) == 0
