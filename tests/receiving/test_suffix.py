"""Addresses to which the sender itself adds parts: as many as its platform says, and to no other source's."""

import pytest
from doors import Doors, refused
from structlog.testing import capture_logs

from handlers.platform import Welcome
from handlers.signatures import PathToken, Token

EVENT = {"id": "ev-1"}
UNKNOWN = (404, "unknown_source")


@pytest.fixture
def doors():
    return Doors(path_suffix=2)


@pytest.fixture
def secret_address():
    return Doors(path_suffix=2, schemes=lambda source: [PathToken()])


@pytest.mark.parametrize("path", ["/webhooks/it", "/webhooks/it/EventCancelled/stub-1", "/webhooks/it/%2e%2e/a%20b"])
def test_an_address_may_have_the_senders_own_parts_or_none(doors, path):
    assert doors.post(EVENT, path).status_code == 202


@pytest.mark.parametrize("path", ["/webhooks/it/the-secret", "/webhooks/it/the-secret/EventCancelled/stub-1"])
def test_a_path_token_stands_before_them(secret_address, path):
    assert secret_address.post(EVENT, path, headers={}).status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/it",
        "/webhooks/it/wrong",
        "/webhooks/it/EventCancelled/stub-1",
        "/webhooks/it/the-secret/stub-1",
        "/webhooks/it/EventCancelled/the-secret",
        "/webhooks/it/wrong/EventCancelled/stub-1",
        "/webhooks/it/EventCancelled/stub-1/the-secret",
        "/webhooks/it/EventCancelled/the-secret/stub-1",
    ],
)
def test_in_any_other_place_or_missing_a_path_token_opens_nothing(secret_address, path):
    assert refused(secret_address.post(EVENT, path, headers={})) == UNKNOWN
    assert secret_address.inbox.kept == []


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/it/one",
        "/webhooks/it/one/two/three",
        "/webhooks/own/EventCancelled/stub-1",
        "/webhooks/own/a/b/c",
        "/webhooks/nobody/a/b",
        "/webhooks/nobody/a/b/c",
    ],
)
def test_fewer_more_and_those_of_other_sources_are_unknown(doors, path):
    assert refused(doors.post(EVENT, path)) == UNKNOWN
    assert doors.inbox.kept == []


@pytest.mark.parametrize(
    "path",
    ["/webhooks/it/a/b/c/d", "/webhooks/it/a/b/", "/webhooks/it//b", "/webhooks/it/a//", "/webhooks/it/a/b/c/"],
)
def test_deeper_and_crooked_addresses_are_404(doors, path):
    assert doors.post(EVENT, path).status_code == 404


def test_without_such_a_platform_no_address_is_deeper():
    assert refused(Doors().post(EVENT, "/webhooks/it/a/b")) == (404, "not_found")


def test_one_part_is_the_senders_and_not_a_token():
    doors = Doors(path_suffix=1)
    assert doors.post(EVENT, "/webhooks/it/stub-1").status_code == 202
    assert refused(doors.post(EVENT, "/webhooks/it/stub-1/stub-2")) == UNKNOWN
    assert refused(doors.post(EVENT, "/webhooks/own/stub-1")) == UNKNOWN


def test_one_part_behind_a_token():
    doors = Doors(path_suffix=1, schemes=lambda source: [PathToken()])
    assert doors.post(EVENT, "/webhooks/it/the-secret/stub-1", headers={}).status_code == 202
    assert refused(doors.post(EVENT, "/webhooks/it/the-secret", headers={})) == UNKNOWN


def test_what_the_sender_adds_is_no_proof(doors):
    assert refused(doors.post(EVENT, "/webhooks/it/the-secret/the-secret", headers={})) == (401, "missing_signature")


def test_a_handshake_may_stand_at_any_of_its_addresses():
    doors = Doors(
        path_suffix=2, handshake=lambda knock, source: Welcome(), schemes=lambda source: [Token(), PathToken()]
    )
    for path in ("", "/the-secret", "/type/stub", "/the-secret/type/stub"):
        assert doors.open("GET", f"/webhooks/it{path}").status_code == 200
    for path in ("/wrong", "/wrong/type/stub", "/a/b/c/d"):
        assert doors.open("GET", f"/webhooks/it{path}").status_code == 404


def test_neither_a_token_nor_what_the_sender_adds_is_logged(secret_address):
    with capture_logs() as lines:
        secret_address.post(
            EVENT, "/webhooks/it/the-secret/EventCancelled/stub-1?access_token=in-the-query", headers={}
        )
        secret_address.post(EVENT, "/webhooks/it/another-secret/EventCancelled/stub-1", headers={})
    for word in ("secret", "EventCancelled", "stub", "query"):
        assert word not in repr(lines)
