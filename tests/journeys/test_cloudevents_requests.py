"""The real server against a sender of CloudEvents: handshake, batches, and what is left unread on a connection."""

import http.client
import json
from contextlib import closing

import pytest
from running import Marquee

SECRET = "a-secret-of-cloudevents"
SOURCES = f"""
[sources.events]
platform = "cloudevents"
secrets = ["{SECRET}"]
allowed_origins = ["eventemitter.example.com"]
"""
BATCH = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {SECRET}"}
ORIGIN = {"WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Rate": "120"}


@pytest.fixture(scope="module")
def marquee(tmp_path_factory):
    settings = {"WORKER": "off", "WEB_CONCURRENCY": "1", "WEB_THREADS": "4"}
    running = Marquee(tmp_path_factory.mktemp("events"), SOURCES, "http://127.0.0.1:9", **settings).start()
    yield running
    running.stop()


@pytest.fixture
def connection(marquee):
    with closing(http.client.HTTPConnection("127.0.0.1", marquee.port, timeout=20)) as opened:
        yield opened


def asked(connection, method, path="/webhooks/events", body=None, headers=None):
    connection.request(method, path, body if isinstance(body, bytes | None) else json.dumps(body), headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def event(number, **data):
    envelope = {"specversion": "1.0", "source": "/shop", "id": f"n-{number}", "type": "com.example.event.changed"}
    return envelope | {"data": {"id": f"ev-{number}"} | data}


def test_a_handshake_is_answered_and_the_connection_goes_on_whatever_was_left_unread(connection):
    answer, content = asked(connection, "OPTIONS", body=b"left unread" * 100, headers=ORIGIN)
    assert (answer.status, content) == (200, b"")
    assert answer.headers["WebHook-Allowed-Origin"] == "eventemitter.example.com"
    assert answer.headers["WebHook-Allowed-Rate"] == "*"
    assert asked(connection, "HEAD")[0].status == 405
    assert asked(connection, "GET", body=b"left unread")[0].status == 405
    assert asked(connection, "POST", body=[event("handshake")], headers=BATCH)[0].status == 202


def test_a_stranger_gets_no_consent(connection):
    answer, _ = asked(connection, "OPTIONS", headers={"WebHook-Request-Origin": "stranger.example.com"})
    assert answer.status == 405
    assert "WebHook-Allowed-Origin" not in answer.headers


def test_a_batch_is_kept_and_when_sent_again_known(marquee, connection):
    batch, before = [event(f"batch-{n}") for n in range(300)], marquee.outcomes().get("pending", 0)
    answer, content = asked(connection, "POST", body=batch, headers=BATCH)
    assert (answer.status, len(json.loads(content)["notifications"])) == (202, 300)
    assert marquee.outcomes()["pending"] == before + 300
    answer, content = asked(connection, "POST", body=batch, headers=BATCH)
    assert (answer.status, json.loads(content)["status"]) == (200, "duplicate")
    assert marquee.outcomes()["pending"] == before + 300


def test_of_a_batch_the_wrong_ones_are_dead_and_the_others_wait(marquee, connection):
    before = marquee.outcomes()
    batch = [event("good"), event("bad", startDateTime="soon"), event("also good")]
    answer, content = asked(connection, "POST", body=batch, headers=BATCH)
    assert (answer.status, list(json.loads(content)["errors"])) == (422, ["1"])
    after = marquee.outcomes()
    assert after["pending"] == before.get("pending", 0) + 2
    assert after["dead"] == before.get("dead", 0) + 1


def test_the_token_may_stand_in_the_address_and_a_wrong_one_opens_nothing(connection):
    binary = {f"ce-{name}": value for name, value in event("query").items() if name != "data"}
    headers = {"Content-Type": "application/json"} | binary
    path = "/webhooks/events?access_token="
    assert asked(connection, "POST", path + "wrong", {"id": "ev-1"}, headers)[0].status == 401
    assert asked(connection, "POST", path + "%FF", {"id": "ev-1"}, headers)[0].status == 401
    assert asked(connection, "POST", path + SECRET, {"id": "ev-1"}, headers)[0].status == 202
