"""What the whole service logs at its most talkative: a line for each webhook, followed to HubSpot, and nothing private."""

import json
import socket
from collections import Counter

import pytest
import requests
from running import Marquee, wait_until
from senders import HEADERS, SOURCES, marketing_events

ADDRESS_SECRET = "address-secret-of-the-test"
PERSON = "ada.lovelace@example.com"
WITH_ADDRESS = f"""
[sources.box]
platform = "eventbrite"
secrets = ["{ADDRESS_SECRET}"]
api_token = "platform-token-of-the-test"
"""
PRIVATE = (ADDRESS_SECRET, PERSON, HEADERS["Authorization"].split()[1], "platform-token-of-the-test")
MALFORMED = [
    f"GET /webhooks/box/{ADDRESS_SECRET} HTTP/9.9\r\n\r\n",
    f"POST /webhooks/box/{ADDRESS_SECRET} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    f"POST /webhooks/box/{ADDRESS_SECRET}\n",
    f"POST /webhooks/box/{ADDRESS_SECRET}?{PERSON} HTTP/1.1\r\nHost: a\r\nX-Forged: a\x00b\r\n\r\n",
]


@pytest.fixture
def logged(tmp_path, sandbox):
    """Sends what `send` does to the service, and returns the lines that it left."""

    def run(send, **settings):
        sandbox.seed(marketing_events(1))
        given = {"LOG_LEVEL": "DEBUG", "WEB_CONCURRENCY": "1", "DEBOUNCE_SECONDS": "0.1", **settings}
        marquee = Marquee(tmp_path, SOURCES + WITH_ADDRESS, sandbox.url, **given)
        with (tmp_path / "log").open("wb") as marquee.log:
            marquee.start()
            send(marquee)
            marquee.stop()
        return (tmp_path / "log").read_text().splitlines()

    return run


def talk(marquee):
    """A sound webhook, some that are refused, and some that are no HTTP."""
    body = {"id": "ev-0", "version": 1, "eventName": "A", "attendee": PERSON}
    for path, headers in (
        ("/webhooks/load", HEADERS | {"X-Request-Id": "abc-1"}),
        ("/webhooks/load", {"Authorization": f"Bearer {PERSON}"}),
        (f"/webhooks/box/{ADDRESS_SECRET}", {}),
        (f"/webhooks/box/{ADDRESS_SECRET}/deeper", {}),
        (f"/webhooks/load/{ADDRESS_SECRET}", HEADERS),
    ):
        requests.post(marquee.url + path, json=body, headers=headers, timeout=10)
    for text in MALFORMED:
        with socket.create_connection(("127.0.0.1", marquee.port), timeout=10) as connection:
            connection.sendall(text.encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
    wait_until(lambda: marquee.outcomes().get("sent"), "the sound one is sent")


def test_a_webhook_is_followed_to_hubspots_answer_and_nothing_private_is_told(logged):
    lines = [json.loads(line) for line in logged(talk)]
    assert all({"message", "level", "timestamp"} <= line.keys() for line in lines)
    assert [word for word in PRIVATE if word in json.dumps(lines)] == []
    by_action = {}
    for line in lines:
        by_action.setdefault(line.get("action"), []).append(line)
    received = by_action["notification.received"]
    assert Counter(line["source"] for line in received) == {"load": 3, "box": 1}
    (first,) = [line for line in received if line["request_id"] == "abc-1"]
    (settled,) = [line for line in by_action["notification.settled"] if first["notification"] in line["settled"]]
    (told,) = [line for line in by_action["hubspot.batch_update"] if line["batch"] == settled["batch"]]
    assert (told["status"], settled["outcome"]) == (200, "sent")


def test_in_text_nothing_private_is_told_either(logged):
    lines = logged(talk, LOG_FORMAT="text")
    assert [word for word in PRIVATE if word in "\n".join(lines)] == []
    assert sum("action='notification.received'" in line for line in lines) == 4
