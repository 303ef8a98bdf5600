"""Requests that only ask whether somebody is there: before any proof, and about nothing that is not the sender's to know."""

import pytest
from doors import LIMIT, TOKEN, Doors, refused
from structlog.testing import capture_logs

from handlers.platform import Welcome
from handlers.signatures import PathToken, Token

EVENT = {"id": "ev-1"}
CALLS = []


def handshake(knock, source):
    """Welcomes GET and OPTIONS, and a POST that says so."""
    CALLS.append(knock)
    if knock.method == "POST":
        return Welcome(content={"token": knock.body.decode()}) if knock.headers.get("X-Knock") else None
    return Welcome({"X-Welcome": "yes"}) if knock.headers.get("X-Knock") else None


@pytest.fixture
def doors():
    CALLS.clear()
    return Doors(handshake=handshake)


@pytest.fixture
def secret_address():
    CALLS.clear()
    return Doors(handshake=handshake, schemes=lambda source: [PathToken()])


KNOCK = {"X-Knock": "1"}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_who_asks_is_welcomed_with_headers_and_nothing_else(doors, method):
    answer = doors.open(method, **KNOCK)
    assert (answer.status_code, answer.headers["X-Welcome"], answer.data) == (200, "yes", b"")
    assert "Content-Type" not in answer.headers
    assert doors.inbox.kept == []


def test_head_is_answered_as_get_would_be(doors):
    assert doors.open("HEAD", **KNOCK).status_code == 200
    assert CALLS[0].method == "GET"
    assert doors.open("HEAD").status_code == 405


def test_a_post_may_ask_before_its_origin_is_proven_and_gets_json(doors):
    answer = doors.post(b"hello", headers=KNOCK)
    assert (answer.status_code, answer.json, answer.content_type) == (200, {"token": "hello"}, "application/json")
    assert doors.inbox.kept == []


def test_a_post_that_asks_nothing_is_judged_as_ever(doors):
    assert doors.post(EVENT).status_code == 202
    assert refused(doors.post(EVENT, headers={})) == (401, "missing_signature")


def test_an_empty_object_is_content_too():
    doors = Doors(handshake=lambda knock, source: Welcome(content={}))
    assert doors.open("GET").json == {}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_who_asks_wrongly_is_told_the_right_method(doors, method):
    answer = doors.open(method)
    assert refused(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_no_handshake(doors, method):
    answer = doors.open(method, **KNOCK)
    assert (refused(answer), answer.headers["Allow"]) == ((405, "method_not_allowed"), "POST")
    assert CALLS == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_platform_without_a_handshake_knows_only_post(doors, method):
    answer = doors.open(method, "/webhooks/own", **KNOCK)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/webhooks/nobody", "/webhooks/nobody/x", "/webhooks/it/wrong", "/webhooks/own/x"])
def test_an_unknown_address_is_unknown_to_every_method(doors, method, path):
    assert refused(doors.open(method, path, **KNOCK)) == (404, "unknown_source")
    assert CALLS == []


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_where_the_address_is_the_proof_only_the_whole_one_is_welcomed(secret_address, method):
    assert secret_address.open(method, "/webhooks/it/the-secret", **KNOCK).status_code == 200
    CALLS.clear()
    for path in ("/webhooks/it", "/webhooks/it/the-secre", "/webhooks/it/the-secret/"):
        assert secret_address.open(method, path, **KNOCK).status_code == 404
    assert CALLS == []


def test_a_path_token_that_is_one_proof_of_two_may_be_left_out():
    doors = Doors(handshake=handshake, schemes=lambda source: [Token(), PathToken()])
    assert doors.open("GET", "/webhooks/it", **KNOCK).status_code == 200
    assert doors.open("GET", "/webhooks/it/the-secret", **KNOCK).status_code == 200
    assert doors.open("GET", "/webhooks/it/wrong", **KNOCK).status_code == 404


def test_the_size_is_judged_before_a_post_may_ask(doors):
    assert refused(doors.post(b"x" * (LIMIT + 1), headers=KNOCK)) == (413, "too_large")
    assert CALLS == []


def test_the_body_of_anything_but_a_post_is_not_looked_at(doors):
    doors.client.open("/webhooks/it", method="OPTIONS", data=b"x" * (LIMIT + 1), headers=KNOCK)
    assert CALLS[0].body == b""


def test_a_handshake_is_counted_and_logged_as_one(doors):
    with capture_logs() as lines:
        doors.open("OPTIONS", **KNOCK)
        doors.post(b"hello", headers=KNOCK)
    assert [(line["status"], line["source"], line["notification"]) for line in lines] == [("handshake", "it", None)] * 2
    assert doors.count("handshake") == 2


def test_a_wrong_method_is_counted_under_configured_names_only(doors):
    doors.open("GET")
    doors.open("GET", "/webhooks/stranger")
    assert doors.count("method_not_allowed") == 1
    assert doors.count("unknown_source", source="") == 1


def test_a_welcome_carries_a_request_id_too(doors):
    assert doors.open("GET", **KNOCK, **{"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"


def test_a_token_opens_nothing_to_other_methods(doors):
    assert refused(doors.open("PUT", **TOKEN)) == (405, "method_not_allowed")
