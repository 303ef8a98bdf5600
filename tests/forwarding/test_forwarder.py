"""Good inputs go through whatever stands beside them."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from replies import HubSpot, complete, error, inputs, reply

from handlers.forwarding.forwarder import Forwarder
from handlers.forwarding.verdict import Pause
from handlers.metrics import Metrics


def send(hubspot, ids, may_send=lambda: True):
    forwarder = Forwarder(hubspot, may_send, UTC, Metrics(CollectorRegistry()))
    return list(forwarder.send(inputs(*ids), "b-1"))


def gathered(calls, lot):
    return sorted(object_id for sent in calls for object_id in getattr(sent.verdict, lot))


def poisoned(poison):
    def answer(entries):
        ids = [entry["objectId"] for entry in entries]
        return reply(400, {"category": "VALIDATION_ERROR"}) if poison & set(ids) else reply(200, complete(*ids))

    return HubSpot(answer)


ids = st.sets(st.integers(1, 10**6).map(str), min_size=1, max_size=60)


@given(ids, st.data())
def test_every_good_one_is_confirmed_and_only_the_poison_rejected_in_few_calls(sent_ids, data):
    poison = data.draw(st.sets(st.sampled_from(sorted(sent_ids)), max_size=3))
    hubspot = poisoned(poison)
    calls = send(hubspot, sorted(sent_ids))
    assert gathered(calls, "confirmed") == sorted(sent_ids - poison)
    assert gathered(calls, "rejected") == sorted(poison)
    depth = (len(sent_ids) - 1).bit_length()
    assert len(hubspot.told) <= 1 + 2 * depth * len(poison)
    assert all(len(told) == len(set(told)) for told in hubspot.told)


def test_an_error_that_names_its_input_costs_no_further_call():
    hubspot = HubSpot(reply(207, complete("1", "3", errors=[error("2")])))
    calls = send(hubspot, ["1", "2", "3"])
    assert len(hubspot.told) == 1
    assert (gathered(calls, "confirmed"), gathered(calls, "rejected")) == (["1", "3"], ["2"])


def test_only_what_is_still_open_is_sent_again():
    hubspot = HubSpot(
        reply(207, complete("1", "2", errors=[error("")])),
        reply(207, complete("3", errors=[error("")])),
        reply(207, complete(errors=[error("")])),
    )
    calls = send(hubspot, ["1", "2", "3", "4"])
    assert hubspot.told == [["1", "2", "3", "4"], ["3", "4"], ["4"]]
    assert gathered(calls, "rejected") == ["4"]


def test_a_pause_ends_it_and_leaves_the_rest_open():
    hubspot = HubSpot(reply(400, {}), reply(200, complete("1")), reply(503))
    calls = send(hubspot, ["1", "2"])
    assert calls[-1].verdict.then == Pause("unavailable")
    assert gathered(calls, "rejected") == []


def test_a_worker_that_leads_no_more_sends_nothing():
    hubspot = HubSpot(reply(200, complete("1")))
    assert send(hubspot, ["1"], may_send=lambda: False) == []
    assert hubspot.told == []


def test_each_call_is_logged_with_its_status_and_nothing_of_its_content(capsys):
    send(HubSpot(reply(207, complete("1", errors=[error("2")]), {"X-HubSpot-Correlation-Id": "c-1"})), ["1", "2"])
    line = capsys.readouterr().out
    for word in (
        "hubspot.batch_update",
        "status=207",
        "hubspot_status=COMPLETE",
        "inputs=2",
        "updated=1",
        "failed=1",
        "c-1",
    ):
        assert word in line
    assert "name of" not in line
