"""Everything that can be made to go wrong in the sandbox."""

import socket
import struct
import threading
import time

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.sandbox.app import create_sandbox
from deploy.sandbox.kinds import KINDS

ROOT = "/marketing/marketing-events/2026-03"
PATH = f"{ROOT}/batch/update"
BATCH = {"status", "results", "startedAt", "completedAt", "requestedAt"}
EVENT = {"externalAccountId": "acme", "eventName": "before"}
WITH_BATCH_PATH = {"partial", "silent_empty", "applied_empty", "poison", "late"}


@pytest.fixture(scope="module")
def app():
    return create_sandbox()


@pytest.fixture
def client(app):
    app.extensions["sandbox"].reset()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


@pytest.fixture
def sandbox(client):
    return client.application.extensions["sandbox"]


@pytest.fixture
def ids(sandbox):
    return [event["objectId"] for event in sandbox.seed([{**EVENT, "externalEventId": each} for each in "abc"])]


class Quiet(WSGIRequestHandler):
    def log(self, *args):
        """Say nothing."""


@pytest.fixture
def url(client):
    server = make_server("127.0.0.1", 0, client.application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def update(client, ids, name="after"):
    return client.post(PATH, json={"inputs": [{"objectId": each, "eventName": name} for each in ids]})


def post(url, ids, timeout=5):
    body = {"inputs": [{"objectId": each, "eventName": "after"} for each in ids]}
    return requests.post(url + PATH, json=body, headers={"Authorization": "Bearer any"}, timeout=timeout)


def names(sandbox):
    return [event["eventName"] for event in sandbox.events()]


def test_a_fault_is_met_as_often_as_said(client, sandbox):
    sandbox.fault({"kind": "server_error", "times": 2})
    assert [client.get(ROOT).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.faults.active() == []


def test_a_fault_without_times_stays_until_cleared(client, sandbox):
    sandbox.fault({"kind": "server_error"})
    assert [client.get(ROOT).status_code for _ in range(3)] == [500, 500, 500]
    sandbox.faults.clear()
    assert client.get(ROOT).status_code == 200


def test_a_fault_is_met_on_its_path_only(client, sandbox, ids):
    sandbox.fault({"kind": "server_error", "times": 1, "path": "batch/update"})
    assert client.get(ROOT).status_code == 200
    assert update(client, ids).status_code == 500


def test_faults_are_met_one_after_the_other(client, sandbox):
    sandbox.fault({"kind": "server_error", "times": 1})
    sandbox.fault({"kind": "locked", "times": 1})
    assert [client.get(ROOT).status_code for _ in range(3)] == [500, 423, 200]


def test_a_slow_answer_may_be_a_bad_one(client, sandbox):
    sandbox.fault({"kind": "slow", "seconds": 0.05})
    sandbox.fault({"kind": "server_error"})
    started = time.monotonic()
    assert client.get(ROOT).status_code == 500
    assert time.monotonic() - started >= 0.05


def test_a_call_that_never_comes_through_authentication_uses_up_no_fault(client, sandbox):
    sandbox.fault({"kind": "server_error", "times": 1})
    assert client.get(ROOT, headers={"Authorization": ""}).status_code == 401
    assert sandbox.faults.active()[0]["times"] == 1


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"slow", "partial", "applied_empty", "late", "timeout"}))
def test_what_fails_is_not_carried_out(client, sandbox, ids, kind):
    sandbox.fault({"kind": kind, **({"contains": "after"} if kind == "poison" else {})})
    if kind == "reset":
        with pytest.raises(BrokenPipeError):
            update(client, ids)
    else:
        update(client, ids)
    assert names(sandbox) == ["before"] * 3


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_a_path_where_only_some_calls_can_meet_it(sandbox, kind):
    [fault] = sandbox.fault({"kind": kind})
    expected = PATH[-len("/batch/update") :] if kind in WITH_BATCH_PATH else ""
    assert fault["path"] == ("/marketing/" if kind in ("unauthorized", "forbidden") else expected)


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"])
def test_rate_limit_names_its_policy_and_no_time_to_wait(client, sandbox, policy):
    sandbox.fault({"kind": "rate_limit", "policy": policy})
    answer = client.get(ROOT)
    assert (answer.status_code, answer.json["policyName"]) == (429, policy)
    assert answer.json["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in answer.headers


def test_rate_limit_tells_how_long_to_wait_where_told_to(client, sandbox):
    sandbox.fault({"kind": "rate_limit", "retry_after": 7})
    assert client.get(ROOT).headers["Retry-After"] == "7"


def test_rate_limit_may_hit_the_token_endpoint_alone(client, sandbox):
    sandbox.fault({"kind": "rate_limit", "path": "/oauth/"})
    assert client.post("/oauth/2026-03/token", data={}).status_code == 429
    assert client.get(ROOT).status_code == 200


@pytest.mark.parametrize(
    ("named", "context"),
    [("usable", ["{id}"]), ("empty", [""]), ("foreign", ["99999999999"]), ("missing", None)],
)
def test_partial_fails_some_inputs_and_names_them_well_or_badly(client, sandbox, ids, named, context):
    sandbox.fault({"kind": "partial", "object_ids": [ids[1]], "ids": named})
    answer = update(client, ids)
    assert (answer.status_code, names(sandbox)) == (207, ["after", "before", "after"])
    [error] = answer.json["errors"]
    assert error.get("context") == (context and {"ids": [each.format(id=ids[1]) for each in context]})


def test_partial_tells_unknown_ids_apart(client, sandbox, ids):
    sandbox.fault({"kind": "partial", "object_ids": [ids[0]], "ids": "empty"})
    contexts = [error["context"]["ids"] for error in update(client, [*ids, "77"]).json["errors"]]
    assert contexts == [[""], ["77"]]


def test_partial_without_ids_fails_every_input(client, sandbox, ids):
    sandbox.fault({"kind": "partial"})
    assert update(client, ids).json["results"] == []


def test_partial_waits_for_its_inputs(client, sandbox, ids):
    sandbox.fault({"kind": "partial", "object_ids": [ids[2]], "times": 1})
    assert [update(client, given).status_code for given in (ids[:1], ids[2:], ids[2:])] == [200, 207, 200]


@pytest.mark.parametrize("kind", ["silent_empty", "applied_empty"])
@pytest.mark.parametrize("status", ["COMPLETE", "PENDING"])
def test_an_empty_answer_looks_like_a_batchs(client, sandbox, ids, kind, status):
    sandbox.fault({"kind": kind, "status": status})
    answer = update(client, ids)
    assert (answer.status_code, answer.json.keys()) == (200, BATCH)
    assert (answer.json["status"], answer.json["results"]) == (status, [])


def test_applied_empty_has_carried_it_out(client, sandbox, ids):
    sandbox.fault({"kind": "applied_empty"})
    update(client, ids)
    assert names(sandbox) == ["after"] * 3


def test_applied_empty_hides_no_refusal(client, sandbox):
    sandbox.fault({"kind": "applied_empty"})
    assert client.post(PATH, json={"inputs": []}).status_code == 400


def test_poison_refuses_the_whole_batch_and_names_no_record(client, sandbox, ids):
    sandbox.fault({"kind": "poison", "contains": "Größe"})
    answer = update(client, ids, "Größe")
    assert (answer.status_code, names(sandbox)) == (400, ["before"] * 3)
    assert answer.json["errors"][0].keys() == {"message", "in"}
    assert not any(each in answer.text for each in ids)


def test_poison_waits_for_its_text(client, sandbox, ids):
    sandbox.fault({"kind": "poison", "contains": "bad", "times": 1})
    statuses = [update(client, ids, name).status_code for name in ("good", "bad", "bad")]
    assert statuses == [200, 400, 200]


def test_unauthorized_says_that_the_token_expired(client, sandbox):
    sandbox.fault({"kind": "unauthorized"})
    answer = client.get(ROOT)
    assert (answer.status_code, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_unauthorized_leaves_the_token_endpoint_alone(client, sandbox):
    sandbox.fault({"kind": "unauthorized"})
    form = {"grant_type": "refresh_token", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    assert client.post("/oauth/2026-03/token", data=form).status_code == 200


def test_forbidden_names_the_scope(client, sandbox):
    sandbox.fault({"kind": "forbidden"})
    answer = client.get(ROOT)
    assert (answer.status_code, answer.json["category"]) == (403, "MISSING_SCOPES")
    scopes = answer.json["errors"][0]["context"]["requiredGranularScopes"]
    assert scopes == ["crm.objects.marketing_events.write"]


def test_locked_is_a_423(client, sandbox):
    sandbox.fault({"kind": "locked"})
    assert client.get(ROOT).status_code == 423


def test_migration_is_a_477_that_tells_how_long_to_wait(client, sandbox):
    sandbox.fault({"kind": "migration", "retry_after": 120})
    answer = client.get(ROOT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "120")


@pytest.mark.parametrize("status", [502, 504, 524])
def test_bad_gateway_answers_in_html(client, sandbox, status):
    sandbox.fault({"kind": "bad_gateway", "status": status})
    answer = client.get(ROOT)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")


def test_server_error_answers_in_json(client, sandbox):
    sandbox.fault({"kind": "server_error"})
    assert client.get(ROOT).json["category"] == "INTERNAL_ERROR"


def test_not_json_is_a_200_in_html(client, sandbox, ids):
    sandbox.fault({"kind": "not_json"})
    answer = update(client, ids)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_redirect_points_to_another_host(client, sandbox, ids):
    sandbox.fault({"kind": "redirect"})
    answer = update(client, ids)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")


def test_slow_answers_in_the_end(client, sandbox, ids):
    sandbox.fault({"kind": "slow", "seconds": 0.05})
    started = time.monotonic()
    assert update(client, ids).status_code == 200
    assert time.monotonic() - started >= 0.05


def test_late_is_applied_at_once_and_answered_later(sandbox, ids, url):
    sandbox.fault({"kind": "late", "seconds": 0.2})
    with pytest.raises(requests.ReadTimeout):
        post(url, ids, timeout=0.1)
    assert names(sandbox) == ["after"] * 3


def test_timeout_is_never_answered_nor_applied(sandbox, ids, url):
    sandbox.fault({"kind": "timeout", "seconds": 0.05})
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        post(url, ids)
    assert time.monotonic() - started >= 0.05
    assert names(sandbox) == ["before"] * 3


def test_reset_is_a_reset(sandbox, ids, url):
    sandbox.fault({"kind": "reset"})
    with pytest.raises(requests.ConnectionError) as caught:
        post(url, ids)
    assert isinstance(caught.value.args[0].args[1], ConnectionResetError)
    assert names(sandbox) == ["before"] * 3


def test_what_was_never_answered_counts_with_status_zero(sandbox, ids, url):
    sandbox.fault({"kind": "reset", "times": 1})
    with pytest.raises(requests.ConnectionError):
        post(url, ids)
    assert sandbox.calls.counts() == [{"endpoint": "batch/update", "status": 0, "count": 1}]


def test_a_client_that_goes_away_in_the_middle_of_its_request_harms_nothing(url, sandbox):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as gone:
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.sendall(f"POST {PATH} HTTP/1.1\r\nContent-Length: 99\r\nContent-Type: application/json\r\n\r\n{{".encode())
    assert post(url, ["77"]).status_code == 207
