"""The door as a sender meets it: each row of the table of refusals, in the order in which they are judged."""

import json

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from handlers.errors import InboxUnavailable
from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.platforms import discover
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from schemas.sources import read_sources

TOKEN = {"Authorization": "Bearer the-secret"}
EVENT = {"id": "ev-1", "eventName": "Summit"}
LIMIT = 1000
PRETIX = {"notification_id": 7, "organizer": "acme", "event": "gala", "action": "pretix.event.changed"}


class Inbox:
    """Keeps arrivals in memory, and knows a delivery id again."""

    def __init__(self):
        self.kept = []
        self.broken = False

    def store(self, arrival):
        if self.broken:
            raise InboxUnavailable("disk full")
        for number, known in enumerate(self.kept, 1):
            if arrival.delivery_id and arrival.delivery_id == known.delivery_id:
                return Receipt(str(number), duplicate=True)
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=False)


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def client(inbox, registry):
    platforms = discover()
    tables = {
        "own": {"platform": "generic", "signature": "token", "secrets": ["the-secret"]},
        "box": {
            "platform": "pretix",
            "secrets": ["hook-password"],
            "api_url": "https://pretix.eu",
            "api_token": "t",
            "organizers": ["acme"],
        },
        "brite": {"platform": "eventbrite", "secrets": ["path-secret"], "api_token": "t"},
    }
    sources = read_sources(tables, {}, {name: platform.settings for name, platform in platforms.items()})
    app = Flask("door", static_folder=None)
    settings = DoorSettings(LIMIT, 600)
    app.register_blueprint(blueprint(sources, platforms, inbox, settings, Metrics(registry), lambda: 1_800_000_000.0))
    refusals.register(app)
    return app.test_client()


def post(client, path="/webhooks/own", body=EVENT, headers=TOKEN, **other):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json"} | headers
    return client.post(path, data=content, headers=given, **other)


def refused(answer):
    assert answer.content_type == "application/problem+json"
    assert {"title", "status", "detail", "reason"} <= answer.json.keys()
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["reason"]


def test_a_notification_is_accepted_once_it_is_kept(client, inbox):
    answer = post(client)
    assert (answer.status_code, answer.json) == (202, {"notification": "1", "status": "accepted"})
    assert (inbox.kept[0].event, inbox.kept[0].body) == ("ev-1", json.dumps(EVENT).encode())


def test_a_second_delivery_under_the_same_id_is_a_duplicate_of_the_first(client):
    post(client, headers=TOKEN | {"X-Delivery-Id": "d-1"})
    answer = post(client, headers=TOKEN | {"X-Delivery-Id": "d-1"}, body={"id": "ev-1", "eventName": "Other"})
    assert (answer.status_code, answer.json) == (200, {"notification": "1", "status": "duplicate"})


def test_an_action_that_says_nothing_about_an_event_is_ignored(client, inbox):
    answer = post(client, "/webhooks/box/hook-password", PRETIX | {"action": "pretix.event.order.paid"}, {})
    assert (answer.status_code, answer.json) == (200, {"notification": None, "status": "ignored"})
    assert inbox.kept == []


def test_no_such_source_and_a_wrong_token_in_the_address_get_the_very_same_answer(client):
    answers = [
        post(client, path, PRETIX, {})
        for path in (
            "/webhooks/nobody",
            "/webhooks/nobody/x",
            "/webhooks/box/wrong",
            "/webhooks/brite",
            "/webhooks/own/x",
        )
    ]
    assert {refused(answer) for answer in answers} == {(404, "unknown_source")}
    assert len({answer.data for answer in answers}) == 1


def test_no_signature_is_missing_and_a_wrong_one_bad(client, inbox):
    assert refused(post(client, headers={})) == (401, "missing_signature")
    assert refused(post(client, headers={"Authorization": "Bearer wrong"})) == (401, "bad_signature")
    assert refused(post(client, "/webhooks/box", PRETIX, {})) == (401, "missing_signature")
    assert inbox.kept == []


def test_the_hooks_password_opens_as_basic_or_in_the_address(client):
    assert post(client, "/webhooks/box", PRETIX, {}, auth=("any", "hook-password")).status_code == 202
    assert post(client, "/webhooks/box/hook-password", PRETIX | {"notification_id": 8}, {}).status_code == 202


def test_a_body_of_the_limit_passes_and_one_byte_more_does_not(client):
    filler = LIMIT - len(json.dumps(EVENT | {"x": ""}))
    assert post(client, body=EVENT | {"x": "y" * filler}).status_code == 202
    assert refused(post(client, body=EVENT | {"x": "y" * (filler + 1)})) == (413, "too_large")


def test_a_body_shorter_than_announced_is_truncated(client):
    answer = post(client, environ_overrides={"CONTENT_LENGTH": "999"})
    assert refused(answer) == (400, "truncated")


def test_what_is_no_json_object_is_refused_and_not_kept(client, inbox):
    for body in (b"", b"null", b"[]", b"\xff", b'{"a": NaN}', b'{"a":' * 9999):
        assert refused(post(client, body=body[:LIMIT]))[1] == "not_json"
    assert inbox.kept == []


def test_a_media_type_or_an_encoding_that_is_not_understood_is_refused(client):
    assert refused(post(client, headers=TOKEN | {"Content-Type": "text/csv"})) == (415, "unsupported_media_type")
    assert refused(post(client, headers=TOKEN | {"Content-Encoding": "gzip"})) == (415, "unsupported_media_type")


def test_the_operators_own_system_is_told_by_field_what_is_wrong_and_it_is_kept(client, inbox):
    answer = post(
        client, body={"id": "ev-1", "startDateTime": "2027-03-28T09:00:00", "eventUrl": "javascript:alert(1)"}
    )
    assert refused(answer) == (422, "invalid_notification")
    assert answer.json["errors"].keys() == {"startDateTime", "eventUrl"}
    assert inbox.kept[0].errors.keys() == {"startDateTime", "eventUrl"}
    assert inbox.kept[0].event is None


def test_an_empty_object_is_no_notification(client):
    assert refused(post(client, body={})) == (422, "invalid_notification")


def test_a_platform_that_would_switch_the_webhook_off_is_answered_202_for_what_makes_no_sense(client, inbox):
    answer = post(client, "/webhooks/box/hook-password", PRETIX | {"event": None}, {})
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert "event" in inbox.kept[0].errors


def test_an_organizer_that_is_not_listed_is_kept_as_dead(client, inbox):
    post(client, "/webhooks/box/hook-password", PRETIX | {"organizer": "stranger"}, {})
    assert inbox.kept[0].errors.keys() == {"organizer"}


@pytest.mark.parametrize("delivery_id", ["x" * 256, "a\tb"])
def test_a_delivery_id_that_cannot_be_kept_is_invalid(client, delivery_id):
    assert refused(post(client, headers=TOKEN | {"X-Delivery-Id": delivery_id}))[1] == "invalid_notification"


def test_an_inbox_that_cannot_store_is_503_with_when_to_come_again(client, inbox):
    inbox.broken = True
    answer = post(client)
    assert refused(answer) == (503, "inbox_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_address_is_judged_before_the_size_and_the_size_before_the_signature(client):
    big = b"x" * (LIMIT + 1)
    assert refused(post(client, "/webhooks/nobody", big, {}))[1] == "unknown_source"
    assert refused(post(client, "/webhooks/brite/wrong", big, {}))[1] == "unknown_source"
    assert refused(post(client, body=big, headers={}))[1] == "too_large"


def test_the_signature_is_judged_before_the_media_type_and_that_before_the_content(client):
    assert refused(post(client, body=b"[]", headers={"Content-Type": "text/csv"}))[1] == "missing_signature"
    assert (
        refused(post(client, body=b"[]", headers=TOKEN | {"Content-Type": "text/csv"}))[1] == "unsupported_media_type"
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_other_methods_are_refused_naming_the_right_one(client, method):
    answer = client.open("/webhooks/own", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/webhooks/own/", "/webhooks//own", "//webhooks/own", "/webhooks", "/webhooks/own/a/b", "/"]
)
def test_nothing_is_ever_redirected(client, path):
    assert post(client, path).status_code == 404


def test_every_answer_carries_a_request_id_and_a_callers_own_is_kept(client):
    assert post(client, headers=TOKEN | {"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    assert post(client, headers={"X-Request-Id": 'x"\t{}'}).headers["X-Request-Id"].isalnum()


def test_answers_are_counted_by_configured_source_and_status_only(client, registry):
    post(client)
    post(client, "/webhooks/attacker-made-this-up")
    count = registry.get_sample_value
    assert count("marquee_notifications_total", {"source": "own", "status": "accepted"}) == 1
    assert count("marquee_notifications_total", {"source": "", "status": "unknown_source"}) == 1


def test_a_fault_of_our_own_tells_nothing_of_itself(client, inbox):
    inbox.kept = None
    client.application.testing = False
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = post(client)
    assert refused(answer) == (500, "internal_error")
    assert b"Traceback" not in answer.data
    assert b"NoneType" not in answer.data


def test_a_fault_of_our_own_is_told_and_counted_as_any_answer(client, inbox, registry):
    inbox.kept = None
    with capture_logs() as lines:
        post(client, headers=TOKEN | {"X-Request-Id": "abc-1"})
    fault, answer = lines
    assert (fault["action"], fault["request_id"]) == ("request.failed", "abc-1")
    assert (answer["action"], answer["status"], answer["request_id"]) == (
        *("notification.received", "internal_error"),
        "abc-1",
    )
    assert registry.get_sample_value("marquee_notifications_total", {"source": "own", "status": "internal_error"}) == 1


@pytest.mark.parametrize(("body", "settled"), [({"id": "ev-1"}, None), ({"version": 1}, 1)])
def test_what_is_kept_as_dead_counts_as_settled(client, registry, body, settled):
    post(client, body=json.dumps(body).encode())
    assert registry.get_sample_value("marquee_settled_total", {"source": "own", "outcome": "dead"}) == settled
