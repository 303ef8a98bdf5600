"""GoTo Webinar: what its webhooks tell, and how they are let in while nobody knows how they are signed."""

import json
from contextlib import suppress

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, Refusal
from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.platform import Ignored, Knock, Welcome
from handlers.platforms.gotowebinar import PRIVATE, handshake, read, sample, schemes
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from handlers.receiving.verifier import check_path_token, sign, verify
from handlers.signatures import Hmac, PathToken
from schemas.sources import SourcesError, read_sources

CREATED = deliveries("gotowebinar")[0]["body"]
HMAC = {"header": "X-Webhook-Signature", "encoding": "base64"}


def told(settings=None, **changes):
    return read(CREATED | changes, {}, settings or source("gotowebinar"))


def faults(**changes):
    settings = {"gotowebinar": PLATFORMS["gotowebinar"].settings}
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": table("gotowebinar", **changes)}, {}, settings)
    return {fault.partition(": ")[0].removeprefix("sources.it.") for fault in refused.value.faults}


def session(start, end=None):
    return {"startTime": start} | ({"endTime": end} if end else {})


# How it is let in


def test_the_address_is_the_secret_until_the_signature_is_found_out():
    assert schemes(source("gotowebinar")) == [PathToken()]
    assert check_path_token([PathToken()], ["old", "new"], "new")
    assert check_path_token([PathToken()], ["old", "new"], "old")


@pytest.mark.parametrize("token", [None, "", "another", "SECRET-OF-THE-ADDRESS"])
def test_another_address_is_no_source(token):
    with pytest.raises(Refusal) as refused:
        check_path_token(schemes(source("gotowebinar")), ["secret-of-the-address"], token)
    assert (refused.value.status, refused.value.reason) == (404, "unknown_source")


def test_a_signature_is_checked_as_the_operator_describes_it():
    [scheme] = schemes(source("gotowebinar", signature="hmac", hmac=HMAC))
    assert scheme == Hmac("X-Webhook-Signature", encoding="base64")
    content = json.dumps(CREATED).encode()
    signed = Headers(sign(scheme, "key", content, "1", 0).headers)
    verify([scheme], ["newer key", "key"], signed, content, 0, 600)
    for other in (content + b" ", content.replace(b"4", b"5"), b""):
        with pytest.raises(Refusal, match="does not"):
            verify([scheme], ["key"], signed, other, 0, 600)
    with pytest.raises(Refusal, match="nothing"):
        verify([scheme], ["key"], Headers(), content, 0, 600)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"signature": "hmac"}, {"hmac"}),
        ({"hmac": HMAC}, {"hmac"}),
        ({"signature": "hmac", "hmac": {}}, {"hmac.header"}),
        ({"signature": "token"}, {"signature"}),
        ({"secrets": ["short"]}, {"secrets"}),
        ({"secrets": ["has a space in it"]}, {"secrets"}),
        ({"secrets": ["short"], "hmac": HMAC}, {"secrets", "hmac"}),
        ({"event_url": "https://example.com/"}, {"event_url"}),
        ({"event_url": "https://example.com/{webinarKey}/{webinarKey}"}, {"event_url"}),
        ({"event_url": "javascript:{webinarKey}"}, {"event_url"}),
        ({"event_url": 7}, {"event_url"}),
        ({"api_token": "x"}, {"api_token"}),
    ],
)
def test_settings_that_cannot_be_used_are_faults(changes, keys):
    assert faults(**changes) == keys


def test_a_signing_key_may_be_anything():
    assert source("gotowebinar", signature="hmac", hmac=HMAC, secrets=["a b"]).secrets == ("a b",)


# The question whether somebody is there


class Inbox:
    """Keeps what comes in."""

    def __init__(self):
        self.kept = []

    def store(self, arrival):
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=False)


@pytest.fixture
def client():
    app, metrics = Flask("door", static_folder=None), Metrics(CollectorRegistry())
    inbox, settings = Inbox(), DoorSettings(2**20, 600)
    app.register_blueprint(blueprint({"it": source("gotowebinar")}, PLATFORMS, inbox, settings, metrics))
    refusals.register(app)
    return app.test_client()


def test_the_right_address_answers_a_get_with_200(client):
    assert client.get("/webhooks/it/secret-of-the-address").status_code == 200


@pytest.mark.parametrize("path", ["/webhooks/it", "/webhooks/it/another", "/webhooks/other/secret-of-the-address"])
def test_a_wrong_address_does_not(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_nothing_else_is_a_handshake(method):
    assert handshake(Knock("GET", {}), source("gotowebinar")) == Welcome()
    assert handshake(Knock(method, {}), source("gotowebinar")) is None


# What is told


def test_several_sessions_are_one_event_from_the_first_start_to_the_last_end():
    times = [
        session("2027-05-11T09:00:00Z", "2027-05-11T10:00:00Z"),
        session("2027-05-04T09:00:00.500Z", "2027-05-04T10:00:00Z"),
        session("2027-05-04T11:00:00+02:00", "2027-05-04T12:00:00+02:00"),
    ]
    fields = told(times=times).fields
    assert (fields["startDateTime"], fields["endDateTime"]) == ("2027-05-04T09:00:00Z", "2027-05-11T10:00:00Z")


def test_of_a_session_without_an_end_nothing_is_known_of_the_whole():
    times = [session("2027-05-04T09:00:00Z"), session("2027-05-03T09:00:00Z", "2027-05-03T10:00:00Z")]
    fields = told(times=times).fields
    assert fields["startDateTime"] == "2027-05-03T09:00:00Z"
    assert "endDateTime" not in fields


@pytest.mark.parametrize("name", ["webinarTitle", "description", "times", "timestamp", "eventKey", "status"])
def test_what_is_null_is_left_alone(name):
    said = told(**{name: None})
    assert None not in said.fields.values()
    assert said.event == "2456981187019095056"


def test_a_key_is_the_same_as_a_number_and_as_text():
    assert told(webinarKey="2456981187019095056").event == told().event


def test_the_version_of_the_format_orders_nothing():
    assert told(eventVersion="9.9.9", timestamp=None).version is None
    assert told(timestamp="2027-01-01T00:00:01Z").version > told(timestamp="2027-01-01T00:00:00.999Z").version


def test_without_an_event_url_none_is_told():
    assert "eventUrl" not in told(bare()).fields


def bare():
    settings = {"gotowebinar": PLATFORMS["gotowebinar"].settings}
    keys = {key: value for key, value in table("gotowebinar").items() if key != "event_url"}
    return read_sources({"it": keys}, {}, settings)["it"]


def test_an_own_type_of_event_goes_before_the_only_one():
    assert "eventType" not in told(source("gotowebinar", event_type="Course")).fields


def test_a_deletion_cancels_or_is_ignored():
    gone = {"eventName": "webinar.changed", "status": "DELETED"}
    assert told(**gone).fields == {"eventCancelled": True}
    assert told(source("gotowebinar", on_deleted="ignore"), **gone) == Ignored("webinar.changed")


@pytest.mark.parametrize("status", ["NEW", "UPDATED", "deleted", "", None])
def test_no_other_status_cancels_or_takes_a_cancellation_back(status):
    assert "eventCancelled" not in told(status=status).fields


@pytest.mark.parametrize("action", ["registrant.added", "registrant.joined", "survey.submitted", "WEBINAR.CREATED", ""])
def test_other_actions_are_ignored_whatever_they_are_about(action):
    assert read({"eventName": action}, {}, source("gotowebinar")) == Ignored(action)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"eventName": None}, "eventName"),
        ({"eventName": 7}, "eventName"),
        ({"webinarKey": None}, "webinarKey"),
        ({"webinarKey": "1/../2"}, "webinarKey"),
        ({"webinarKey": 1.5}, "webinarKey"),
        ({"webinarKey": True}, "webinarKey"),
        ({"webinarKey": -1}, "webinarKey"),
        ({"webinarKey": "1" * 21}, "webinarKey"),
        ({"webinarTitle": {"en": "x"}}, "webinarTitle"),
        ({"times": {"startTime": "2027-05-04T09:00:00Z"}}, "times"),
        ({"times": [None]}, "times"),
        ({"times": [{}]}, "times"),
        ({"times": [session("tomorrow")]}, "times"),
        ({"times": [session("2027-05-04T09:00:00")]}, "times"),
        ({"timestamp": "tomorrow"}, "timestamp"),
        ({"eventKey": ["x"]}, "eventKey"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field_and_not_repeated(changes, field):
    with pytest.raises(InvalidNotification) as refused:
        told(**changes)
    assert list(refused.value.errors) == [field]
    assert "tomorrow" not in str(refused.value)


def test_what_is_private_is_named():
    assert {"joinUrl", "email", "firstName", "lastName", "organizerKey"} <= PRIVATE


values = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just([{"startTime": "2027-05-04T09:00:00Z"}])
)


@given(changes=st.dictionaries(st.sampled_from([*CREATED, "description"]), values))
def test_no_webinar_whatever_breaks_the_reading(changes):
    with suppress(InvalidNotification):
        told(**changes)


def test_a_later_sample_is_newer():
    first, second = (read(json.loads(sample(bare(), 3, count).body), {}, bare()) for count in (1, 2))
    assert first.event == second.event
    assert first.version < second.version
    assert first.delivery_id != second.delivery_id
