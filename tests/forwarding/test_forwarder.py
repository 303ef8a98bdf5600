"""Good inputs go through whatever stands beside them."""

from datetime import UTC

import pytest
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


@pytest.mark.rule(11)
def test_a_refused_call_is_taken_apart_until_the_bad_one_has_its_words():
    def answer(entries):
        sent = [entry["objectId"] for entry in entries]
        return reply(400, {"message": "no"}) if "2" in sent else reply(200, complete(*sent))

    calls = send(HubSpot(answer), ["1", "2", "3"])
    assert (gathered(calls, "confirmed"), gathered(calls, "rejected")) == (["1", "3"], ["2"])
    assert {sent.batch for sent in calls} == {"b-1"}


@pytest.mark.rule(9)
def test_an_error_that_names_its_input_costs_no_further_call():
    hubspot = HubSpot(reply(207, complete("1", "3", errors=[error("2")])))
    calls = send(hubspot, ["1", "2", "3"])
    assert len(hubspot.told) == 1
    assert (gathered(calls, "confirmed"), gathered(calls, "rejected")) == (["1", "3"], ["2"])


@pytest.mark.rule(9)
def test_only_what_is_still_open_is_sent_again():
    hubspot = HubSpot(
        reply(207, complete("1", "2", errors=[error("")])),
        reply(200, complete("3")),
        reply(207, complete(errors=[error("")])),
    )
    calls = send(hubspot, ["1", "2", "3", "4"])
    assert hubspot.told == [["1", "2", "3", "4"], ["3"], ["4"]]
    assert (gathered(calls, "confirmed"), gathered(calls, "rejected")) == (["1", "2", "3"], ["4"])


@pytest.mark.rule(14)
def test_a_pause_ends_it_and_leaves_the_rest_open():
    hubspot = HubSpot(reply(400, {}), reply(200, complete("1")), reply(503))
    calls = send(hubspot, ["1", "2"])
    assert calls[-1].verdict.then == Pause("unavailable")
    assert gathered(calls, "rejected") == []


def test_a_worker_that_leads_no_more_sends_nothing():
    hubspot = HubSpot(reply(200, complete("1")))
    assert send(hubspot, ["1"], may_send=lambda: False) == []
    assert hubspot.told == []


@pytest.mark.rule(4)
def test_a_limit_that_hubspot_names_is_remembered_and_logged(capsys):
    def answer(entries):
        sent = [entry["objectId"] for entry in entries]
        words = (
            "The maximum number of inputs supported in a batch is 2. Please reduce the number of items and try again"
        )
        return reply(400, {"message": words}) if len(sent) > 2 else reply(200, complete(*sent))

    hubspot = HubSpot(answer)
    forwarder = Forwarder(hubspot, lambda: True, UTC, Metrics(CollectorRegistry()))
    for batch in ("b-1", "b-2"):
        list(forwarder.send(inputs(*"abcd"), batch))
    assert [len(told) for told in hubspot.told] == [4, 2, 2, 2, 2]
    assert capsys.readouterr().out.count("HUBSPOT_BATCH_SIZE") == 1


@pytest.mark.rule(11)
def test_what_is_too_large_says_nothing_of_the_next_call():
    hubspot = HubSpot(reply(413, b""), reply(200, complete(*"abcd")))
    forwarder = Forwarder(hubspot, lambda: True, UTC, Metrics(CollectorRegistry()))
    for batch in ("b-1", "b-2"):
        list(forwarder.send(inputs(*"abcd"), batch))
    assert [len(told) for told in hubspot.told] == [4, 2, 2, 4]


@pytest.mark.rule(4)
def test_no_inputs_are_no_call():
    hubspot = HubSpot(reply(200, complete()))
    assert send(hubspot, []) == []
    assert hubspot.told == []


@pytest.mark.rule(25)
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


@pytest.mark.rule(16)
@pytest.mark.parametrize(("status", "level"), [(503, "info"), (403, "error"), (526, "error")])
def test_what_will_not_pass_by_itself_is_logged_as_an_error_that_says_what_it_is(capsys, status, level):
    calls = send(HubSpot(reply(status, {})), ["1"])
    line = capsys.readouterr().out
    assert f"[{level}" in line
    assert calls[0].verdict.then.detail in line


def test_inputs_are_counted_by_what_became_of_them():
    metrics = Metrics(CollectorRegistry())
    answer = reply(207, complete("1", errors=[error("2"), error("3", category="INTERNAL_ERROR")]))
    list(Forwarder(HubSpot(answer, reply(200, complete())), lambda: True, UTC, metrics).send(inputs(*"1234"), "b-1"))
    counted = {sample.labels["outcome"]: sample.value for sample in samples(metrics)}
    assert counted == {"confirmed": 1, "rejected": 1, "not_now": 1, "unsure": 2}


def samples(metrics):
    return [
        sample for metric in metrics.inputs.collect() for sample in metric.samples if sample.name.endswith("_total")
    ]
