"""What is made in HubSpot, and how its answer tells which result is which event."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import source
from replies import error, reply

from handlers.forwarding.creations import Newcomer, judge_creation, newcomer
from handlers.forwarding.merging import Merged, Seen
from handlers.forwarding.verdict import GoOn, Pause, Split
from handlers.inbox.queue import Changed, State

SOURCE = source("generic", account_id="acme", on_missing="create")
FIELDS = {"eventName": "Gala", "eventOrganizer": "Acme"}


def merged(external_id="ev-1"):
    return Merged(Changed(1, "own", external_id, 1, 0.0, 0, None, State(), None), State())


def new(external_id, **fields):
    return Newcomer(merged(external_id), "acme", {**FIELDS, **fields})


def shown(object_id, **fields):
    """As HubSpot's specification has it: without the external id."""
    return {"id": object_id, "objectId": object_id, **FIELDS, "eventCancelled": False, "customProperties": [], **fields}


def answer(*results, errors=(), status=200, **more):
    return reply(status, {"status": "COMPLETE", "results": results, "errors": list(errors), **more})


def judged(newcomers, given):
    made = judge_creation(newcomers, given, 0.0, UTC)
    confirmed = {external_id: made.object_ids[external_id] for external_id in made.verdict.confirmed}
    return confirmed, made.verdict


def test_an_entry_has_all_that_hubspot_wants():
    assert new("ev-1", **{"property:venue": "Messe", "eventCancelled": False}).entry() == {
        "externalEventId": "ev-1",
        "externalAccountId": "acme",
        "eventName": "Gala",
        "eventOrganizer": "Acme",
        "eventCancelled": False,
        "customProperties": [{"name": "venue", "value": "Messe"}],
    }


def test_custom_properties_are_listed_even_if_there_are_none():
    assert new("ev-1").entry()["customProperties"] == []


def test_without_an_account_nothing_can_be_made():
    one = merged()
    one.newest = Seen(1, 0.0)
    (outcome,) = newcomer(one, FIELDS, replace(SOURCE, account_id=None)).outcomes
    assert (outcome.reason, "set `account_id`" in outcome.detail) == ("invalid", True)


@pytest.mark.parametrize(("lacking", "says"), [("eventName", "a name"), ("eventOrganizer", "set `organizer`")])
@pytest.mark.parametrize("value", [None, "", " "])
def test_without_a_name_or_an_organizer_nothing_can_be_made(lacking, says, value):
    fields = {name: text for name, text in FIELDS.items() if name != lacking} | ({lacking: value} if value else {})
    one = merged()
    one.newest = Seen(1, 0.0)
    settlement = newcomer(one, fields, SOURCE)
    (outcome,) = settlement.outcomes
    assert (outcome.outcome, outcome.reason) == ("dead", "invalid")
    assert f'"{lacking}"' in outcome.detail
    assert says in outcome.detail


def test_results_are_told_apart_by_what_they_show():
    newcomers = [new("a", startDateTime="2027-05-01T09:00:00Z"), new("b", startDateTime="2027-05-02T09:00:00Z")]
    given = answer(
        shown("2", startDateTime="2027-05-02T09:00:00.000Z"), shown("1", startDateTime="2027-05-01T11:00:00+02:00")
    )
    confirmed, verdict = judged(newcomers, given)
    assert (confirmed, verdict.then) == ({"a": "1", "b": "2"}, GoOn())


def test_results_that_name_their_external_id_belong_to_it():
    given = answer(shown("2", externalEventId="b"), shown("1", externalEventId="a"))
    assert judged([new("a"), new("b")], given)[0] == {"a": "1", "b": "2"}


def test_results_that_look_alike_are_nobodys():
    confirmed, verdict = judged([new("a"), new("b"), new("c", eventName="Other")], answer(shown("1"), shown("2")))
    assert confirmed == {}
    assert verdict.unsure == {"a", "b", "c"}


def test_a_result_that_fits_two_is_nobodys():
    newcomers = [new("a"), new("b", eventType="Talk")]
    assert judged(newcomers, answer(shown("1", eventType="Talk")))[0] == {}


@pytest.mark.parametrize("named", [{}, {"externalEventId": "a"}])
def test_the_only_result_of_the_only_entry_is_its_own_whatever_it_shows(named):
    assert judged([new("a")], answer(shown("1", eventName="GALA", **named)))[0] == {"a": "1"}


@pytest.mark.parametrize(
    "result", [shown("1", externalEventId="b"), {**shown("1"), "objectId": None}, {"id": "1"}, "x", None]
)
def test_a_result_that_is_anothers_or_has_no_object_id_confirms_nothing(result):
    assert judged([new("a")], answer(result))[0] == {}


def test_what_is_refused_alone_is_rejected_with_hubspots_words():
    confirmed, verdict = judged([new("a")], reply(400, {"category": "VALIDATION_ERROR", "message": "words"}))
    assert (confirmed, verdict.rejected["a"].message) == ({}, "words")


def test_errors_in_a_200_concern_those_that_they_name():
    confirmed, verdict = judged([new("a"), new("b", eventName="B")], answer(shown("1"), errors=[error("b")]))
    assert (confirmed, set(verdict.rejected)) == ({"a": "1"}, {"b"})


@pytest.mark.parametrize(
    ("given", "then"),
    [
        (reply(400, {"category": "VALIDATION_ERROR"}), Split()),
        (reply(503), Pause("unavailable")),
        (reply(200, b"<html>"), Pause("unreadable_answer")),
        (reply(200, [1]), Pause("unreadable_answer")),
        (answer(), GoOn()),
    ],
)
def test_the_rest_is_judged_as_an_update_is(given, then):
    assert judged([new("a"), new("b")], given)[1].then == then


def test_what_is_not_complete_confirms_nothing():
    given = reply(200, {"status": "PENDING", "results": [shown("1")]})
    assert judged([new("a")], given)[0] == {}


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["", "Talk"])), min_size=1, max_size=5), st.randoms())
def test_no_order_of_the_results_gives_an_event_anothers_object_id(contents, chance):
    newcomers = [new(str(n), eventName=name, eventType=kind) for n, (name, kind) in enumerate(contents)]
    results = [shown(str(n), eventName=name, eventType=kind) for n, (name, kind) in enumerate(contents)]
    chance.shuffle(results)
    assert all(external_id == object_id for external_id, object_id in judged(newcomers, answer(*results))[0].items())
