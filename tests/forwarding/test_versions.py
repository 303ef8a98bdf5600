"""Every version of the API, as the sandbox has it: good ones go through, bad ones have HubSpot's words."""

import pytest
from prometheus_client import CollectorRegistry

from deploy.sandbox.app import create_sandbox
from handlers.forwarding.forwarder import Forwarder
from handlers.forwarding.hubspot import root
from handlers.forwarding.outgoing import Reply
from handlers.metrics import Metrics

VERSIONS = ["2026-03", "2026-09", "v3"]
COUNT = 20


class Portal:
    """The sandbox without a network between."""

    def __init__(self, app, version):
        self.sandbox = app.extensions["sandbox"]
        self.sandbox.reset()
        self.client = app.test_client()
        self.path = f"{root(version)}/batch/update"
        made = [{"externalAccountId": "acme", "externalEventId": f"ev-{n}", "eventName": "old"} for n in range(COUNT)]
        self.ids = [event["objectId"] for event in self.sandbox.seed(made)]
        self.calls = 0

    def batch_update(self, entries):
        self.calls += 1
        answer = self.client.post(self.path, json={"inputs": entries}, headers={"Authorization": "Bearer any"})
        return Reply(answer.status_code, dict(answer.headers), answer.data)

    def send(self, *entries):
        forwarder = Forwarder(self, lambda: True, None, Metrics(CollectorRegistry()))
        return [sent.verdict for sent in forwarder.send(entries, "b-1")]

    def names(self):
        return {event["objectId"]: event["eventName"] for event in self.sandbox.events()}


@pytest.fixture(scope="module")
def app():
    return create_sandbox()


@pytest.fixture(params=VERSIONS)
def portal(app, request):
    return Portal(app, request.param)


def new(object_id, **more):
    return {"objectId": object_id, "eventName": "new", **more}


@pytest.mark.rule(1)
@pytest.mark.rule(9)
def test_all_good_ones_are_confirmed_in_one_call(portal):
    verdicts = portal.send(*map(new, portal.ids))
    assert [set(verdict.confirmed) for verdict in verdicts] == [set(portal.ids)]
    assert verdicts[0].unseen == {}


@pytest.mark.rule(9)
def test_one_that_is_not_there_is_rejected_by_its_name(portal):
    verdicts = portal.send(*map(new, portal.ids), new("999"))
    assert [set(verdict.rejected) for verdict in verdicts] == [{"999"}]
    assert verdicts[0].rejected["999"].category == "OBJECT_NOT_FOUND"


@pytest.mark.rule(11)
@pytest.mark.parametrize("place", [0, 7, COUNT - 1])
def test_one_bad_value_is_found_and_all_others_arrive(portal, place):
    bad = portal.ids[place]
    verdicts = portal.send(*(new(each, **({"startDateTime": "soon"} if each == bad else {})) for each in portal.ids))
    rejected = {object_id: why.category for verdict in verdicts for object_id, why in verdict.rejected.items()}
    assert rejected == {bad: "VALIDATION_ERROR"}
    assert portal.names() == {each: "old" if each == bad else "new" for each in portal.ids}
    assert portal.calls <= 8


@pytest.mark.rule(4)
def test_more_inputs_than_a_call_may_have_all_arrive(portal):
    portal.sandbox.configure({"max_inputs": 5})
    portal.send(*map(new, portal.ids))
    assert set(portal.names().values()) == {"new"}
    assert portal.calls == 1 + COUNT / 5


@pytest.mark.rule(3)
def test_a_custom_property_that_the_account_lacks_is_noticed(portal):
    portal.sandbox.configure({"properties": ["venue"]})
    properties = [{"name": name, "value": "Messe"} for name in ("venue", "hall")]
    verdicts = portal.send(new(portal.ids[0], customProperties=properties))
    assert verdicts[0].unseen == {portal.ids[0]: ("property:hall",)}


@pytest.mark.rule(9)
@pytest.mark.parametrize("named", ["usable", "empty", "missing", "foreign"])
def test_of_a_partial_success_the_rest_is_told_apart_however_it_is_named(portal, named):
    bad = portal.ids[3]
    portal.sandbox.fault({"kind": "partial", "object_ids": [bad], "ids": named})
    verdicts = portal.send(*map(new, portal.ids))
    assert {object_id for verdict in verdicts for object_id in verdict.rejected} == {bad}
    assert portal.names()[portal.ids[4]] == "new"
