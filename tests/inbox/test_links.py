"""A link set by a person mends what was dead for want of one."""

import pytest
from inboxes import NOON, arrival, outcomes, queue

from handlers.inbox.links import LinkedElsewhere, compare, link, link_all
from handlers.inbox.queue import Link, Outcome, Settlement
from handlers.inbox.writer import Writer


def die(database, reason):
    Writer(database, 1.0).store(arrival())
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 1, 10, ())
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead", reason)])], NOON + 2)
    return inbox


@pytest.mark.parametrize(
    "reason", ["not_in_hubspot", "ambiguous", "linked_elsewhere", "wrong_account", "made_by_another_app"]
)
def test_a_link_wakes_what_died_without_one(database, reason):
    inbox = die(database, reason)
    assert link(database, "tickets", "ev-1", "123", NOON + 3) == 1
    assert outcomes(database) == [("pending", None)]
    (changed,) = inbox.take(NOON + 3, 10, ())
    assert changed.link == Link("123", "operator", {})


def test_a_link_wakes_nothing_that_died_of_something_else(database):
    die(database, "rejected_by_hubspot")
    assert link(database, "tickets", "ev-1", "123", NOON + 3) == 0
    assert outcomes(database) == [("dead", "rejected_by_hubspot")]


def test_an_event_may_be_linked_before_it_is_heard_of(database):
    assert link(database, "tickets", "ev-9", "123", NOON) == 0


def test_a_marketing_event_that_is_taken_is_refused_naming_whose_it_is(database):
    link(database, "tickets", "ev-1", "123", NOON)
    with pytest.raises(LinkedElsewhere, match="tickets ev-1"):
        link(database, "tickets", "ev-2", "123", NOON)


def test_another_link_forgets_what_the_one_before_had_confirmed(database):
    inbox = die(database, "not_in_hubspot")
    link(database, "tickets", "ev-1", "123", NOON + 3)
    (changed,) = inbox.take(NOON + 3, 10, ())
    inbox.settle([Settlement(changed, confirmed={"eventName": "A"})], NOON + 4)
    link(database, "tickets", "ev-1", "456", NOON + 5)
    (changed,) = inbox.take(NOON + 5, 10, ())
    assert changed.link == Link("456", "operator", {})


def test_what_a_list_of_links_would_change_is_told_without_changing_it(database):
    link(database, "tickets", "ev-1", "101", NOON)
    link(database, "tickets", "ev-2", "102", NOON)
    wanted = [("tickets", "ev-1", "101"), ("tickets", "ev-2", "103"), ("box", "ev-1", "104"), ("box", "ev-2", "102")]
    for _ in range(2):
        assert compare(database, wanted) == ["same", "changed", "new", "linked_elsewhere"]


def test_a_list_of_links_is_set_and_what_is_the_same_is_not_sent_again(database):
    inbox = die(database, "not_in_hubspot")
    link(database, "tickets", "ev-2", "102", NOON)
    (changed,) = [one for one in inbox.take(NOON, 10, ()) if one.external_id == "ev-2"]
    inbox.settle([Settlement(changed)], NOON)
    assert link_all(database, [("tickets", "ev-1", "101"), ("tickets", "ev-2", "102")], NOON + 3) == ["new", "same"]
    assert [(one.external_id, one.link) for one in inbox.take(NOON + 3, 10, ())] == [
        ("ev-1", Link("101", "operator", {}))
    ]


def test_of_a_list_with_a_marketing_event_that_is_taken_nothing_is_set(database):
    link(database, "tickets", "ev-1", "101", NOON)
    with pytest.raises(LinkedElsewhere):
        link_all(database, [("tickets", "ev-2", "102"), ("tickets", "ev-3", "101")], NOON)
    assert compare(database, [("tickets", "ev-2", "102")]) == ["new"]
