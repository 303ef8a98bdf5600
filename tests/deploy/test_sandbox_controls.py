"""What one can do to the sandbox from outside: seed, look, switch."""

import threading
import time

import pytest

from deploy.sandbox.app import create_sandbox

ROOT = "/marketing/marketing-events/2026-03"
GALA = {"externalAccountId": "acme", "externalEventId": "gala", "eventName": "Gala"}


@pytest.fixture(scope="module")
def app():
    return create_sandbox()


@pytest.fixture
def client(app):
    app.extensions["sandbox"].reset()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


def seed(client, *events):
    return client.post("/sandbox/events", json=list(events))


def test_what_is_seeded_comes_back_with_object_ids_of_eleven_digits(client):
    answer = seed(client, GALA, {**GALA, "externalEventId": "fair", "appId": 7})
    assert [len(event["objectId"]) for event in answer.json] == [11, 11]
    assert answer.json == client.get("/sandbox/events").json
    assert [event["appId"] for event in answer.json] == [4242, 7]


def test_a_seed_may_have_an_object_id_of_its_own(client):
    assert seed(client, {**GALA, "objectId": "58237132002"}).json[0]["objectId"] == "58237132002"
    others = seed(client, *({**GALA, "externalEventId": name} for name in "abc")).json
    assert len({event["objectId"] for event in others} | {"58237132002"}) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        *({"externalEventId": "x"}, "x", {**GALA, "objectId": "taken"}, {**GALA, "objectId": "77"}),
        *({**GALA, "name": "x"}, {**GALA, "startDateTime": "soon"}, {**GALA, "appId": "x"}),
        {**GALA, "externalEventId": ["x"]},
    ],
)
def test_a_seed_that_hubspot_could_not_hold_is_refused_with_all_others(client, wrong):
    seed(client, {**GALA, "objectId": "77"})
    answer = seed(client, {**GALA, "externalEventId": "good"}, wrong)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert [event["externalEventId"] for event in client.get("/sandbox/events").json] == ["gala"]


def test_two_seeds_of_one_object_id_are_refused(client):
    twins = [{**GALA, "objectId": "77"}, {**GALA, "objectId": "77", "externalEventId": "fair"}]
    assert seed(client, *twins).status_code == 400
    assert client.get("/sandbox/events").json == []


def test_seeds_are_a_list(client):
    assert client.post("/sandbox/events", json=GALA).status_code == 400


def test_calls_are_counted_by_endpoint_and_status(client):
    client.get(f"{ROOT}/77")
    client.get(f"{ROOT}/events/search?q=gala")
    client.get(f"{ROOT}/events/search?q=fair")
    client.get("/nowhere")
    assert client.get("/sandbox/calls").json["counts"] == [
        {"endpoint": "events/search", "status": 200, "count": 2},
        {"endpoint": "get", "status": 404, "count": 1},
        {"endpoint": "unknown", "status": 404, "count": 1},
    ]


def test_the_last_calls_tell_what_was_asked(client):
    client.get(f"{ROOT}/events/search?q=gala")
    client.post(f"{ROOT}/batch/update", json={"inputs": [{"objectId": "1"}, {"objectId": "2"}]})
    search, update = client.get("/sandbox/calls").json["last"]
    assert (search["method"], search["path"], search["query"]) == ("GET", f"{ROOT}/events/search", "q=gala")
    assert (update["status"], update["inputs"], update["objectIds"]) == (207, 2, ["1", "2"])
    assert search["at"] <= update["at"]


@pytest.mark.parametrize(("limit", "shown"), [(0, []), (1, ["get"]), (9, ["list", "get"])])
def test_only_so_many_of_the_last_calls_are_shown(client, limit, shown):
    client.get(ROOT)
    client.get(f"{ROOT}/77")
    last = client.get(f"/sandbox/calls?limit={limit}").json["last"]
    assert [call["endpoint"] for call in last] == shown


def test_a_call_under_way_during_a_reset_does_not_count_after_it(client, app):
    app.extensions["sandbox"].fault({"kind": "slow", "seconds": 0.1})
    calling = threading.Thread(target=lambda: app.test_client().get(ROOT, headers={"Authorization": "Bearer any"}))
    calling.start()
    while not app.extensions["sandbox"].calls.last():
        time.sleep(0.005)
    client.post("/sandbox/reset")
    calling.join()
    assert client.get("/sandbox/calls").json == {"counts": [], "last": []}


def test_a_call_is_seen_while_it_is_under_way(client):
    sandbox = client.application.extensions["sandbox"]
    sandbox.fault({"kind": "slow", "seconds": 0.2})
    other = client.application.test_client()
    calling = threading.Thread(target=other.get, args=(ROOT,), kwargs={"headers": {"Authorization": "Bearer any"}})
    calling.start()
    while not sandbox.calls.last():
        time.sleep(0.005)
    assert [call["status"] for call in sandbox.calls.last()] == [None]
    calling.join()
    assert [call["status"] for call in sandbox.calls.last()] == [200]


def test_the_sandboxs_own_pages_and_controls_are_no_calls(client):
    client.get("/")
    client.get("/static/sandbox.js").close()
    assert client.get("/sandbox/calls").json == {"counts": [], "last": []}


def test_settings_change_what_is_given(client):
    before = client.get("/sandbox/settings").json
    after = client.post("/sandbox/settings", json={"latency": 0.01, "max_inputs": 5, "properties": ["hall"]}).json
    assert after == before | {"latency": 0.01, "max_inputs": 5, "properties": ["hall"]}
    assert client.get("/sandbox/settings").json == after


@pytest.mark.parametrize(
    "wrong",
    [
        *([], {"speed": 1}, {"limit": -1}, {"limit": 1.5}, {"limit": True}, {"latency": "1"}, {"limit": 10**12}),
        *({"properties": "venue"}, {"properties": [1]}, {"rotate_refresh_tokens": 1}, {"client_id": None}),
        *({"time_zone": "Moon/Crater"}, {"time_zone": "../etc"}, {"time_zone": ""}),
    ],
)
def test_settings_that_do_not_fit_change_nothing(client, wrong):
    before = client.get("/sandbox/settings").json
    given = {"latency": 1, **wrong} if isinstance(wrong, dict) else wrong
    answer = client.post("/sandbox/settings", json=given)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert client.get("/sandbox/settings").json == before


def test_latency_is_waited_for_before_a_call_is_carried_out(client):
    client.post("/sandbox/settings", json={"latency": 0.05})
    started = time.monotonic()
    client.get(ROOT)
    assert time.monotonic() - started >= 0.05


def test_properties_that_are_defined_later_are_kept(client):
    client.post("/sandbox/settings", json={"properties": ["hall"]})
    [event] = seed(client, {**GALA, "customProperties": [{"name": "hall", "value": "2"}]}).json
    assert event["customProperties"] == {"hall": "2"}


def test_the_demo_can_be_seeded_later_and_only_once(client):
    for _ in range(2):
        client.post("/sandbox/settings", json={"seed_demo": True})
    events = client.get("/sandbox/events").json
    assert [event["externalEventId"] for event in events] == [f"event-{number}" for number in range(1, 6)]
    assert {event["externalAccountId"] for event in events} == {"demo"}
    assert all(event["startDateTime"].startswith("2027-") for event in events)


def test_faults_are_shown_and_switched_off_by_kind_or_all(client):
    for kind in ("slow", "locked", "reset"):
        client.post("/sandbox/faults", json={"kind": kind})
    assert [fault["kind"] for fault in client.delete("/sandbox/faults?kind=locked").json] == ["slow", "reset"]
    assert client.get("/sandbox/faults").json[0] == {"kind": "slow", "times": None, "path": "", "seconds": 2.0}
    assert client.delete("/sandbox/faults").json == []


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            [],
            {},
            {"kind": "flood"},
            {"kind": ["slow"]},
            {"kind": "slow", "second": 1},
            {"kind": "slow", "seconds": "1"},
        ),
        *({"kind": "slow", "times": 0}, {"kind": "slow", "times": True}, {"kind": "slow", "path": 5}),
        *({"kind": "rate_limit", "policy": "HOURLY"}, {"kind": "partial", "ids": "none"}),
        *({"kind": "partial", "object_ids": [1]}, {"kind": "migration", "retry_after": "soon"}),
        {"kind": "bad_gateway", "status": 200},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(client, wrong):
    answer = client.post("/sandbox/faults", json=wrong)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert client.get("/sandbox/faults").json == []


def test_another_sites_form_cannot_switch_anything(client):
    assert client.post("/sandbox/faults", data={"kind": "reset"}).status_code == 415


def test_a_reset_makes_it_as_it_started():
    client = create_sandbox(demo=True).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    client.post("/sandbox/settings", json={"limit": 1})
    seed(client, GALA)
    client.get(ROOT)
    client.post("/sandbox/faults", json={"kind": "locked"})
    client.post("/sandbox/reset")
    assert len(client.get("/sandbox/events").json) == 5
    assert client.get("/sandbox/calls").json == {"counts": [], "last": []}
    assert [client.get(ROOT).status_code for _ in range(2)] == [200, 200]
