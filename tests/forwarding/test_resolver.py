"""Which marketing event stands for an event: never a guess, and never another app's without leave."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import source
from replies import reply

from handlers.errors import LookUpFailed
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.resolver import (
    UNASKABLE,
    Ambiguous,
    Foreign,
    HubSpotUnavailable,
    Linked,
    NotInHubSpot,
    Resolver,
    WrongAccount,
)

OWN, EVENTBRITE = 4242, 7
ACME = source("generic", account_id="acme")
LIBERAL = source("generic", account_id="acme", update_foreign=True)
ANY_ACCOUNT = source("generic")


class Portal:
    """Marketing events of all apps; a search shows those of one app, the identifiers those that are `indexed`."""

    def __init__(self, *events):
        self.events = list(events)
        self.asked = []
        self.failing = {}

    def search(self, external_id):
        self.asked.append("search")
        own = [event for event in self.events if event["app"] == OWN and event["externalEventId"] == external_id]
        shown = [{"appId": OWN, **ids(event)} for event in own]
        return self.failing.get("search") or reply(200, {"results": shown})

    def identifiers(self, external_id):
        self.asked.append("identifiers")
        found = [event for event in self.events if event["externalEventId"] == external_id and event["indexed"]]
        shown = [{**ids(event), "appInfo": event["appInfo"]} for event in found]
        return self.failing.get("identifiers") or reply(200, {"total": len(found), "results": shown})


def ids(event):
    return {name: event[name] for name in ("objectId", "externalEventId", "externalAccountId")}


def event(object_id, app=OWN, account="acme", external_id="ev-1", indexed=True, **other):
    info = {"id": str(app), "name": "Eventbrite" if app == EVENTBRITE else "Marquee"}
    made = {"objectId": object_id, "externalEventId": external_id, "externalAccountId": account, "appInfo": info}
    return {**made, "app": app, "indexed": indexed, **other}


def find(portal, one=ACME, accounts=("acme",), external_id="ev-1"):
    return Resolver(portal, UTC, accounts, lambda: 0.0).find(external_id, one)


@pytest.mark.rule(19)
@pytest.mark.rule(19)
def test_an_own_marketing_event_is_found_by_one_call():
    portal = Portal(event("101"), event("102", EVENTBRITE))
    assert find(portal) == Linked("101")
    assert portal.asked == ["search"]


def test_where_nobody_has_it_nothing_is_there():
    portal = Portal()
    assert find(portal) == NotInHubSpot()
    assert portal.asked == ["search", "identifiers"]


@pytest.mark.rule(19)
@pytest.mark.rule(19)
def test_what_is_not_indexed_yet_is_not_there_yet():
    portal = Portal(event("101", EVENTBRITE, indexed=False))
    assert find(portal, LIBERAL) == NotInHubSpot()
    portal.events[0]["indexed"] = True
    assert find(portal, LIBERAL) == Linked("101")


@pytest.mark.rule(22)
@pytest.mark.rule(22)
def test_another_apps_is_refused_naming_the_app():
    assert find(Portal(event("101", EVENTBRITE))) == Foreign(("101",), ("Eventbrite (7)",))


@pytest.mark.rule(22)
@pytest.mark.rule(22)
def test_another_apps_is_taken_where_the_source_allows_it():
    assert find(Portal(event("101", EVENTBRITE)), LIBERAL) == Linked("101")


def test_an_app_that_does_not_say_who_it_is_is_another():
    assert find(Portal(event("101", 8, appInfo=None))) == Foreign(("101",), ("an app (unnamed)",))


def test_once_it_knows_which_app_it_is_its_own_are_recognised_among_the_identifiers():
    portal = Portal(event("100", external_id="ev-0"), event("101", app=0, appInfo={"id": OWN, "name": "Marquee"}))
    resolver = Resolver(portal, UTC, (), lambda: 0.0)
    assert resolver.find("ev-1", ACME) == Foreign(("101",), ("Marquee (4242)",))
    assert resolver.find("ev-0", ACME) == Linked("100")
    assert resolver.find("ev-1", ACME) == Linked("101")


@pytest.mark.rule(19)
@pytest.mark.rule(19)
@pytest.mark.parametrize(("one", "app"), [(ACME, OWN), (ANY_ACCOUNT, OWN), (LIBERAL, EVENTBRITE)])
def test_of_several_none_is_chosen(one, app):
    assert find(Portal(event("101", app), event("102", app)), one) == Ambiguous(("101", "102"))


def test_without_an_account_those_of_several_accounts_are_several():
    assert find(Portal(event("101"), event("102", account="other")), ANY_ACCOUNT) == Ambiguous(("101", "102"))


@pytest.mark.rule(21)
@pytest.mark.rule(21)
@pytest.mark.parametrize("app", [OWN, EVENTBRITE])
def test_one_that_is_only_under_other_accounts_names_them(app):
    portal = Portal(event("101", app, "acme-old"), event("102", app, "ACME"))
    assert find(portal) == WrongAccount(("ACME", "acme-old"))


def test_what_stands_under_another_sources_account_is_that_sources():
    assert find(Portal(event("101", account="rival")), accounts=("acme", "rival")) == NotInHubSpot()


def test_one_that_names_no_account_counts_only_where_no_other_does():
    nameless, named = event("101", account=None), event("102")
    assert find(Portal(nameless)) == Linked("101")
    assert find(Portal(nameless, named)) == Linked("102")


@pytest.mark.parametrize("object_id", ["", "x1", "¹", None, "1.0"])
def test_an_object_id_that_is_none_is_not_taken(object_id):
    assert find(Portal(event(object_id))) == NotInHubSpot()


def test_an_id_that_only_resembles_it_is_not_taken():
    portal = Portal()
    answer = reply(200, {"results": [ids(event("101", external_id="EV-1"))]})
    portal.failing = {"search": answer, "identifiers": answer}
    assert find(portal) == NotInHubSpot()


@pytest.mark.rule(19)
@pytest.mark.parametrize("call", ["search", "identifiers"])
@pytest.mark.parametrize("answer", [reply(503), reply(401), reply(200, b"<html>"), Reply(None, fault="reset")])
def test_without_an_answer_to_both_nothing_is_said_of_the_event(call, answer):
    portal = Portal(event("101", EVENTBRITE))
    portal.failing = {call: answer}
    assert isinstance(find(portal), HubSpotUnavailable)


@pytest.mark.rule(19)
@pytest.mark.parametrize("answer", [reply(404), reply(404, b"<html>"), reply(400, b"<html>Bad Request")])
def test_an_id_that_no_address_can_hold_concerns_its_own_event_alone(answer):
    portal = Portal(event("101", EVENTBRITE))
    portal.failing = {"identifiers": answer}
    with pytest.raises(LookUpFailed, match=UNASKABLE):
        find(portal)


def test_an_address_that_hubspot_does_not_have_concerns_all():
    portal = Portal()
    portal.failing = {"search": reply(404, b"<html>")}
    assert isinstance(find(portal), HubSpotUnavailable)


@pytest.mark.parametrize("external_id", [".", ".."])
def test_a_step_in_a_path_is_not_asked_for(external_id):
    portal = Portal()
    with pytest.raises(LookUpFailed, match=UNASKABLE):
        find(portal, external_id=external_id)
    assert portal.asked == ["search"]


def test_an_own_marketing_event_is_found_whatever_its_id():
    assert find(Portal(event("101", external_id="..")), external_id="..") == Linked("101")


@given(
    st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5), lambda inner: st.lists(inner))
)
def test_an_answer_of_any_form_finds_nothing_rather_than_failing(value):
    portal = Portal()
    portal.failing = dict.fromkeys(("search", "identifiers"), reply(200, {"results": [value]}))
    assert find(portal) == NotInHubSpot()
