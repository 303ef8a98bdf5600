"""What becomes of an event for which no marketing event was found."""

import pytest
from recorded import source

from handlers.forwarding.creations import Newcomer
from handlers.forwarding.merging import Merged, Seen
from handlers.forwarding.resolver import Ambiguous, Foreign, NotInHubSpot, WrongAccount
from handlers.forwarding.unresolved import Grace, decide, deleted
from handlers.inbox.queue import Changed, Link, State

DEAD, CREATE = source("generic", account_id="acme"), source("generic", account_id="acme", on_missing="create")
FIELDS = {"eventName": "Gala", "eventOrganizer": "Acme"}
NOON = 1000.0
GRACE = Grace(600.0)


def waiting(since=None, tries=0, waits_for=None, link=None, **other):
    changed = Changed(1, "own", "ev-1", 1, 0.0, tries, since, State(), link, waits_for)
    return Merged(changed, State(), newest=Seen(1, 0.0), **other)


def decided(merged, resolution, one=DEAD, fields=FIELDS, now=NOON):
    return decide(merged, fields, resolution, one, GRACE, now)


def fate(settlement):
    ((outcome),) = settlement.outcomes
    return outcome.outcome, outcome.reason


@pytest.mark.rule(19)
@pytest.mark.parametrize("resolution", [NotInHubSpot(), WrongAccount(("other",))])
@pytest.mark.parametrize("one", [DEAD, CREATE])
def test_what_is_not_there_yet_is_looked_up_again(resolution, one):
    later = decided(waiting(), resolution, one)
    assert (later.outcomes, later.retry_at, later.missing_since) == ([], NOON + 10, NOON)


@pytest.mark.parametrize(("tries", "seconds"), [(0, 10), (1, 20), (3, 80), (4, 120), (2000, 120)])
def test_it_is_looked_up_less_and_less_often(tries, seconds):
    assert decided(waiting(NOON - 1, tries), NotInHubSpot()).retry_at == NOON + seconds


def test_the_last_look_up_is_at_the_end_of_the_grace():
    assert decided(waiting(NOON - 590, 4), NotInHubSpot()).retry_at == NOON + 10


@pytest.mark.rule(20)
def test_after_the_grace_it_is_dead():
    assert fate(decided(waiting(NOON - 600), NotInHubSpot())) == ("dead", "not_in_hubspot")


@pytest.mark.rule(21)
@pytest.mark.rule(21)
@pytest.mark.parametrize("one", [DEAD, CREATE])
def test_after_the_grace_one_under_another_account_is_dead_naming_it_and_never_created(one):
    settlement = decided(waiting(NOON - 600), WrongAccount(("other",)), one)
    assert fate(settlement) == ("dead", "wrong_account")
    assert '"externalAccountIds":["other"]' in settlement.outcomes[0].detail


@pytest.mark.rule(20)
def test_where_the_source_wants_it_what_is_not_there_is_created_after_the_grace():
    assert decided(waiting(NOON - 599.9), NotInHubSpot(), CREATE).retry_at is not None
    merged = waiting(NOON - 600)
    assert decided(merged, NotInHubSpot(), CREATE) == Newcomer(merged, "acme", FIELDS)


def test_a_cancelled_event_is_not_created():
    settlement = decided(waiting(NOON - 600), NotInHubSpot(), CREATE, {**FIELDS, "eventCancelled": True})
    assert fate(settlement) == ("unchanged", "cancelled")


@pytest.mark.parametrize("one", [DEAD, CREATE])
@pytest.mark.parametrize("resolution", [NotInHubSpot(), WrongAccount(("other",))])
def test_an_event_that_is_gone_and_unknown_is_let_go_at_once(one, resolution):
    assert fate(decided(waiting(gone=True), resolution, one)) == ("unchanged", "deleted")


def test_an_event_that_is_gone_but_may_be_on_its_way_there_is_looked_up_for_the_whole_grace():
    in_doubt = waiting(NOON - 1, waits_for="creating", gone=True)
    assert decided(in_doubt, NotInHubSpot(), CREATE).waits_for == "creating"
    over = waiting(NOON - 600, waits_for="creating", gone=True)
    assert fate(decided(over, NotInHubSpot(), CREATE)) == ("unchanged", "deleted")


@pytest.mark.parametrize("one", [DEAD, CREATE])
def test_several_are_dead_with_their_ids(one):
    settlement = decided(waiting(), Ambiguous(("101", "102")), one)
    assert fate(settlement) == ("dead", "ambiguous")
    assert '"objectIds":["101","102"]' in settlement.outcomes[0].detail


@pytest.mark.rule(22)
@pytest.mark.rule(22)
@pytest.mark.parametrize("one", [DEAD, CREATE])
def test_another_apps_is_dead_naming_the_app_and_what_can_be_done(one):
    settlement = decided(waiting(), Foreign(("101",), ("Eventbrite (7)",)), one)
    assert fate(settlement) == ("dead", "made_by_another_app")
    for words in ("Eventbrite (7)", "101", "update_foreign = true", "flask link"):
        assert words in settlement.outcomes[0].detail


def test_a_linked_one_that_was_deleted_is_unlinked_and_looked_up_at_once():
    link = Link("101", "operator")
    settlement = deleted(waiting(link=link), link, {}, GRACE, NOON)
    assert (settlement.unlink, settlement.retry_at, settlement.missing_since) == (True, NOON, NOON)
    assert settlement.outcomes == []


def test_one_that_a_look_up_names_although_it_is_deleted_is_looked_up_later_and_not_for_ever():
    link = Link("101", "hubspot")
    settlement = deleted(waiting(NOON - 1), link, {}, GRACE, NOON)
    assert (settlement.unlink, settlement.retry_at, settlement.missing_since) == (True, NOON + 10, NOON - 1)
    over = deleted(waiting(NOON - 600), link, {"category": "OBJECT_NOT_FOUND"}, GRACE, NOON)
    assert (fate(over), over.unlink) == (("dead", "not_in_hubspot"), True)


def test_one_that_the_sender_names_and_that_is_not_there_is_dead_at_once():
    settlement = deleted(waiting(), Link("101", "notification"), {}, GRACE, NOON)
    assert (fate(settlement), settlement.unlink) == (("dead", "not_in_hubspot"), True)
