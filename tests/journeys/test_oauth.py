"""The whole service lives on OAuth: tokens that end, refresh tokens that change, restarts."""

import pytest
from cryptography.fernet import Fernet
from running import Marquee, Sandbox
from senders import SOURCES, marketing_events, notifications, post_all

OAUTH = {
    "HUBSPOT_ACCESS_TOKEN": "",
    "HUBSPOT_CLIENT_ID": "app",
    "HUBSPOT_CLIENT_SECRET": "client-secret",
    "HUBSPOT_REFRESH_TOKEN": "refresh-0",
    "ENCRYPTION_KEY": Fernet.generate_key().decode(),
}


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    running.configure(client_id="app", client_secret="client-secret", refresh_tokens=["refresh-0"])
    running.configure(rotate_refresh_tokens=True, expires_in=2, time_zone="Europe/Berlin")
    running.seed(marketing_events(3))
    yield running
    running.stop()


def send(marquee, versions):
    return post_all(marquee.port, [body for body in notifications(9, 3) if body["version"] in versions])


def test_tokens_are_renewed_in_time_and_over_restarts(tmp_path, sandbox):
    marquee = Marquee(tmp_path, SOURCES, sandbox.url, **OAUTH)
    for version in (1, 2, 3):
        marquee.start()
        send(marquee, {version})
        assert "dead" not in marquee.settle()
        marquee.stop()
    answers = {(call["endpoint"], call["status"]) for call in sandbox.calls()["counts"]}
    assert {status for _, status in answers} == {200}
    assert ("oauth/token", 200) in answers
    assert {event["eventName"] for event in sandbox.events()} == {f"Event {n}, version 3" for n in range(3)}


def test_the_account_is_asked_for_its_time_zone_once(tmp_path, sandbox):
    marquee = Marquee(tmp_path, SOURCES, sandbox.url, **OAUTH).start()
    for version in (1, 2):
        send(marquee, {version})
        marquee.settle()
    marquee.stop()
    assert [call["count"] for call in sandbox.calls()["counts"] if call["endpoint"] == "account/details"] == [1]
