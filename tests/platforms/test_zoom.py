"""Zoom: signed webhooks, the handshake that must sign nothing else, deltas, series, and the API behind them."""

import hashlib
import hmac
import json
from contextlib import suppress

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, answer, cases, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.forwarding.preparing import merge
from handlers.inbox.arrival import Receipt
from handlers.inbox.queue import Changed, Pending, State
from handlers.metrics import Metrics
from handlers.platform import Answer, Found, Get, Gone, Ignored, Knock, Listed, Page, Skipped, Welcome
from handlers.platforms.zoom import PRIVATE, api, handshake, list_events, look_up, read, sample, schemes
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from handlers.receiving.verifier import verify
from schemas.sources import SourcesError, read_sources

NOW = 1_800_000_000
SECRET = "secret-token-of-the-app"
PLAIN = "qgg8vlvZRS6UYooatFL8Aw"
WEBINAR = answer("zoom", "webinar")
ID = "93280627326"
PATH = f"/v2/webinars/{ID}"
API = ("zoom_account_id", "client_id", "client_secret", "hosts")
WITHOUT_API = {key: value for key, value in table("zoom").items() if key not in API}


def bare(**changes):
    settings = {"zoom": PLATFORMS["zoom"].settings}
    return read_sources({"it": WITHOUT_API | changes}, {}, settings)["it"]


def faults(**changes):
    settings = {"zoom": PLATFORMS["zoom"].settings}
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": WITHOUT_API | changes}, {}, settings)
    return {fault.partition(": ")[0].removeprefix("sources.it.") for fault in refused.value.faults}


def body(event, said=None, **payload):
    return {"event": event, "event_ts": 7, "payload": {"object": {"id": int(ID)} | (said or {})} | payload}


def updated(settings=None, payload=None, **said):
    return read(body("webinar.updated", said, **(payload or {})), {}, settings or bare())


# Signature


def signed(content, stamp=NOW, secret=SECRET):
    value = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + content, hashlib.sha256).hexdigest()
    return Headers({"x-zm-request-timestamp": str(stamp), "x-zm-signature": f"v0={value}"})


def prove(headers, content, secrets=(SECRET,), now=NOW):
    verify(schemes(bare()), secrets, headers, content, now, 600)


def refusal(headers, content, **more):
    with pytest.raises(Refusal) as refused:
        prove(headers, content, **more)
    return refused.value.reason


def test_a_signature_over_the_documented_text_proves_the_origin():
    content = b'{"event":"webinar.updated"}'
    value = "50e4e78155d35af673ea3effd71a062a9a2d9b10b6559db64981e0bbadaf95b9"
    prove(Headers({"X-Zm-Request-Timestamp": "1800000000", "X-Zm-Signature": f"v0={value}"}), content)


def test_either_secret_opens_while_they_rotate():
    for secret in ("new secret", "old secret"):
        prove(signed(b"{}", secret=secret), b"{}", secrets=("new secret", "old secret"))


@pytest.mark.parametrize("content", [b'{"event": 1}', b'{"event":1} ', b'{"event":2}', b""])
def test_another_body_is_refused(content):
    assert refusal(signed(b'{"event":1}'), content) == "bad_signature"


def test_another_secret_is_refused():
    assert refusal(signed(b"{}", secret="another"), b"{}") == "bad_signature"


@pytest.mark.parametrize("now", [NOW + 601, NOW - 601])
def test_a_signature_of_long_ago_or_of_the_future_is_refused(now):
    assert refusal(signed(b"{}"), b"{}", now=now) == "stale_timestamp"


def test_the_time_is_signed_too():
    headers = signed(b"{}", stamp=NOW - 7200)
    headers["x-zm-request-timestamp"] = str(NOW)
    assert refusal(headers, b"{}") == "bad_signature"


@pytest.mark.parametrize("stamp", [None, "", "soon", "-1", "1e9", "١٨٠٠٠٠٠٠٠٠"])
def test_a_time_that_is_none_is_refused(stamp):
    headers = signed(b"{}")
    del headers["x-zm-request-timestamp"]
    if stamp is not None:
        headers["x-zm-request-timestamp"] = stamp
    assert refusal(headers, b"{}") == "bad_signature"


@pytest.mark.parametrize("text", ["", "v0=", "v1=" + "0" * 64, "v0=zz", "0" * 64, "v0=" + "0" * 64])
def test_what_is_no_signature_is_refused(text):
    headers = signed(b"{}")
    headers["x-zm-signature"] = text
    assert refusal(headers, b"{}") == "bad_signature"


def test_nothing_in_the_headers_is_refused():
    assert refusal(Headers(), b"{}") == "missing_signature"


# Handshake


def knock(token=PLAIN, method="POST", event="endpoint.url_validation", **more):
    content = {"event": event, "event_ts": 1654503849680, "payload": {"plainToken": token}} | more
    return Knock(method, {}, json.dumps(content).encode())


def test_a_validation_is_answered_with_the_newest_secrets_proof():
    welcome = handshake(knock(), bare(secrets=["new secret", "old secret"]))
    right = hmac.new(b"new secret", PLAIN.encode(), hashlib.sha256).hexdigest()
    assert welcome == Welcome(content={"plainToken": PLAIN, "encryptedToken": right})


@pytest.mark.parametrize(
    "token",
    [
        f'v0:{NOW}:{{"event":"webinar.deleted"}}',
        f"v0:{NOW}:",
        "with:colon",
        "a" * 7,
        "a" * 129,
        "with space",
        "line\nbreak",
        "tokentoken\n",
        "ümlautümlaut",
        "plus+slash/=",
        "",
        None,
        12345678,
        ["abcdefgh"],
        {"a": "abcdefgh"},
        True,
    ],
)
def test_nothing_but_a_token_is_signed_for_a_stranger(token):
    assert handshake(knock(token), bare()) is None


@pytest.mark.parametrize(
    "other",
    [
        knock(method="GET"),
        knock(method="OPTIONS"),
        knock(event="webinar.updated"),
        knock(event=["endpoint.url_validation"]),
        knock(payload=None),
        knock(payload=[PLAIN]),
        knock(padding="x" * 4096),
        Knock("POST", {}, b"endpoint.url_validation"),
        Knock("POST", {}, b'["endpoint.url_validation"]'),
        Knock("POST", {}, b'"endpoint.url_validation"'),
        Knock("POST", {}, b"\xffendpoint.url_validation"),
        Knock("POST", {}, b""),
    ],
)
def test_what_is_no_validation_is_left_alone(other):
    assert handshake(other, bare()) is None


@given(token=st.text(max_size=300) | st.from_regex(r"v0:[0-9]{1,10}:.*"))
def test_whatever_is_answered_is_no_signature_of_a_webhook(token):
    welcome = handshake(knock(token), bare())
    assert welcome is None or (":" not in token and welcome.content["plainToken"] == token)


class Inbox:
    """Keeps what comes in."""

    def __init__(self):
        self.kept = []

    def store(self, arrival):
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=False)


@pytest.fixture
def door():
    inbox, app = Inbox(), Flask("door", static_folder=None)
    settings, metrics = DoorSettings(2**20, 600), Metrics(CollectorRegistry())
    app.register_blueprint(blueprint({"it": bare()}, PLATFORMS, inbox, settings, metrics, lambda: NOW))
    refusals.register(app)
    client = app.test_client()

    def send(content, headers=()):
        return client.post("/webhooks/it", data=content, headers={"Content-Type": "application/json"} | dict(headers))

    send.kept = inbox.kept
    return send


def test_a_validation_is_answered_at_the_door_and_nothing_kept(door):
    reply = door(knock().body)
    assert reply.status_code == 200
    assert reply.json["encryptedToken"] == hmac.new(SECRET.encode(), PLAIN.encode(), hashlib.sha256).hexdigest()
    assert door.kept == []


def test_the_door_signs_no_forged_webhook(door):
    forged = json.dumps(body("webinar.deleted", {"type": 5}, operation="all"))
    reply = door(knock(f"v0:{NOW}:{forged}").body)
    assert (reply.status_code, reply.json["reason"]) == (401, "missing_signature")
    signature = signed(forged.encode())["x-zm-signature"].removeprefix("v0=")
    assert signature not in reply.text
    assert door(forged, {"x-zm-signature": "v0=" + "0" * 64, "x-zm-request-timestamp": str(NOW)}).status_code == 401
    assert door.kept == []


def test_what_the_door_did_sign_opens_nothing(door):
    proof = door(knock().body).json["encryptedToken"]
    for stamp in (str(NOW), PLAIN, ""):
        headers = {"x-zm-signature": f"v0={proof}", "x-zm-request-timestamp": stamp}
        assert door(json.dumps(body("webinar.deleted", {"type": 5})), headers).status_code == 401
    assert door.kept == []


def test_a_signed_validation_of_an_odd_token_is_ignored(door):
    content = knock("with:colon").body
    assert door(content, signed(content)).json["status"] == "ignored"


# Deltas


def test_only_what_changed_is_told():
    assert updated(topic="New").fields == {"eventName": "New"}
    assert updated(agenda="Soon", registration_url="https://example.com/r").fields == {
        "eventDescription": "Soon",
        "eventUrl": "https://example.com/r",
    }
    assert updated(timezone="Europe/Berlin", password="secret", host_id="x").fields == {}


def test_null_says_no_more_than_absence_and_empty_text_clears():
    assert updated(topic=None, agenda=None, start_time=None, duration=None, occurrences=None).fields == {}
    assert updated(topic="", agenda="", registration_url="").fields == {"eventDescription": "", "eventUrl": ""}


def test_the_end_follows_from_start_and_duration():
    fields = updated(start_time="2027-05-04T23:30:00+02:00", duration=45).fields
    assert fields == {"startDateTime": "2027-05-04T21:30:00Z", "endDateTime": "2027-05-04T22:15:00Z"}


@pytest.mark.parametrize("half", [{"start_time": "2027-05-04T09:00:00Z"}, {"duration": 45}])
def test_half_of_the_times_is_looked_up(half):
    assert updated(source("zoom"), topic="New", **half).fields is None


def test_without_the_api_half_of_the_times_is_told_as_far_as_it_goes():
    assert updated(start_time="2027-05-04T09:00:00Z").fields == {"startDateTime": "2027-05-04T09:00:00Z"}
    assert updated(duration=45, topic="New").fields == {"eventName": "New"}


def test_a_change_of_text_needs_no_look_up():
    assert updated(source("zoom"), topic="New").fields == {"eventName": "New"}
    assert updated(source("zoom"), {"scope": "all"}, topic="New").fields == {"eventName": "New"}


def test_versions_are_when_it_changed_else_when_it_was_told():
    assert updated(payload={"time_stamp": 5}).version == 5
    assert updated().version == 7
    assert read({"event": "webinar.updated", "payload": {"object": {"id": 1}}}, {}, bare()).version is None


@given(order=st.permutations(range(3)))
def test_deltas_come_to_the_same_whatever_their_order(order):
    said = [{"topic": "First", "agenda": "Once"}, {"topic": "Second"}, {"agenda": "", "duration": 60}]
    changes = [body("webinar.updated", one, time_stamp=100 + place) for place, one in enumerate(said)]
    came = [Pending(number, 0.0, json.dumps(changes[place]).encode()) for number, place in enumerate(order)]
    known = Changed(1, "it", ID, 1, 0.0, 0, None, State(), None)
    merged = merge(known, [came], PLATFORMS["zoom"], bare())
    assert merged.state.fields == {"eventName": "Second", "eventDescription": ""}
    assert merged.state.version == 102


# Series

DATES = [
    {"occurrence_id": "2", "start_time": "2027-05-11T09:00:00Z", "duration": 30, "status": "available"},
    {"occurrence_id": "1", "start_time": "2027-05-04T09:00:00.500Z", "duration": 45},
    {"occurrence_id": "0", "start_time": "2027-04-27T09:00:00Z", "status": "deleted"},
]
SPAN = {"startDateTime": "2027-05-04T09:00:00.500Z", "endDateTime": "2027-05-11T09:30:00Z"}


def times(**said):
    fields = read(body("webinar.created", said), {}, bare()).fields
    return {name: value for name, value in fields.items() if name.endswith("DateTime")}


def test_a_series_lasts_from_its_first_to_its_last_date():
    assert times(type=9, occurrences=DATES) == SPAN
    assert (
        read(body("webinar.created", {"type": 9, "occurrences": DATES}), {}, source("zoom")).fields.items()
        >= SPAN.items()
    )


def test_dates_without_a_length_have_the_webinars():
    dates = [{"start_time": "2027-05-04T09:00:00Z"}, {"start_time": "2027-05-11T09:00:00Z"}]
    assert times(type=9, occurrences=dates, duration=60)["endDateTime"] == "2027-05-11T10:00:00Z"
    assert times(type=9, occurrences=dates) == {"startDateTime": "2027-05-04T09:00:00Z"}


def test_of_a_series_whose_dates_did_not_come_only_the_start_is_known():
    assert times(type=9, start_time="2027-05-04T09:00:00Z", duration=60) == {"startDateTime": "2027-05-04T09:00:00Z"}
    assert (
        read(body("webinar.created", {"type": 9, "start_time": "2027-05-04T09:00:00Z"}), {}, source("zoom")).fields
        is None
    )


def test_a_series_without_fixed_times_or_without_dates_left_has_none():
    assert times(type=6, start_time="", duration=60) == {}
    assert times(type=9, occurrences=[DATES[2]]) == {}


def test_dates_that_change_are_looked_up_or_believed_to_be_all():
    assert updated(source("zoom"), occurrences=DATES).fields is None
    assert updated(occurrences=DATES).fields == SPAN


def test_a_change_of_one_date_is_no_change_of_the_whole():
    one = {"payload": {"scope": "single"}, "topic": "Only today"}
    assert updated(**one) == Ignored("webinar.updated")
    assert updated(source("zoom"), **one).fields is None


@pytest.mark.parametrize("action", ["webinar.deleted", "webinar.recovered"])
def test_a_date_that_goes_or_comes_back_does_not_take_the_series_along(action):
    one = body(action, {"type": 9, "occurrences": DATES[:1]}, operation="single")
    assert read(one, {}, bare()) == Ignored(action)
    assert read(one, {}, source("zoom")).fields is None


# Deletion


@pytest.mark.parametrize(("kind", "operation"), [(5, "all"), (5, "single"), (9, "all"), (6, None)])
def test_a_webinar_or_a_series_that_is_deleted_is_cancelled(kind, operation):
    said = read(body("webinar.deleted", {"type": kind}, operation=operation), {}, source("zoom"))
    assert said.fields == {"eventCancelled": True}


def test_a_deletion_may_be_ignored():
    assert read(body("webinar.deleted"), {}, bare(on_deleted="ignore")) == Ignored("webinar.deleted")


def test_a_webinar_that_is_recovered_takes_place_again():
    said = {"topic": "Again", "type": 5, "start_time": "2027-05-04T09:00:00Z", "duration": 60}
    assert read(body("webinar.recovered", said), {}, bare()).fields["eventCancelled"] is False


# Zoom Events


def event(name, said=None):
    about = {"event_id": "4uzfv3JwTeyR5QpC3PXwMg"} | (said or {})
    return read({"event": f"zoom_events.{name}", "event_ts": 9, "payload": {"object": about}}, {}, bare())


@pytest.mark.parametrize("case", [case for case in cases("zoom")["told"] if case.get("is") == "notification"])
def test_a_webinar_that_is_told_of_has_been_seen_by_somebody(case):
    said = read(case["body"], {}, source("zoom", **case.get("source", {})))
    assert said.published is True or said.action.startswith("zoom_events.")


def test_a_zoom_event_is_told_as_far_as_it_is_known():
    said = {"name": "Summit", "start_time": "2027-05-04T09:00:00Z", "end_time": "2027-05-05T17:00:00Z", "status": "x"}
    published = event("event_published", said)
    assert (published.event, published.version, published.published) == ("4uzfv3JwTeyR5QpC3PXwMg", 9, True)
    assert published.fields == {
        "eventName": "Summit",
        "startDateTime": "2027-05-04T09:00:00Z",
        "endDateTime": "2027-05-05T17:00:00Z",
        "eventCancelled": False,
    }


def test_what_is_not_said_of_a_zoom_event_is_left_alone():
    assert event("event_updated").fields == {}
    assert event("event_updated").published is None
    assert event("event_cancelled").fields == {"eventCancelled": True}


# What else comes


@pytest.mark.parametrize(
    "action",
    [
        *("meeting.created", "webinar.started", "webinar.ended", "webinar.registration_created"),
        *("webinar.permanently_deleted", "webinar.converted_to_meeting", "zoom_events.session_updated"),
        *("zoom_events.ticket_created", "WEBINAR.CREATED", ""),
    ],
)
def test_other_actions_are_ignored_whatever_they_are_about(action):
    assert read({"event": action}, {}, bare()) == Ignored(action)


@pytest.mark.parametrize(
    "said",
    [
        {"id": None},
        {"id": "1/../2"},
        {"id": 0},
        {"id": -5},
        {"id": 1.5},
        {"id": True},
        {"duration": -1},
        {"duration": "60"},
        {"duration": 2**40},
        {"start_time": "tomorrow"},
        {"start_time": "2027-05-04T09:00:00"},
        {"start_time": "9999-12-31T23:59:00Z", "duration": 60},
        {"registration_url": "javascript:alert(1)"},
        {"occurrences": {"a": 1}},
        {"occurrences": [None]},
        {"occurrences": [{"occurrence_id": "1"}]},
        {"topic": {"en": "New"}},
    ],
)
def test_what_makes_no_sense_is_refused_and_not_repeated(said):
    with pytest.raises(InvalidNotification) as refused:
        updated(**said)
    assert list(refused.value.errors) == ["payload"]
    assert "tomorrow" not in str(refused.value)
    assert "javascript" not in str(refused.value)


@pytest.mark.parametrize("stamp", ["soon", -1, 1.5, True, 2**60])
def test_a_time_of_telling_that_is_none_is_refused(stamp):
    with pytest.raises(InvalidNotification, match="event_ts"):
        read(body("webinar.updated") | {"event_ts": stamp}, {}, bare())


def test_the_address_of_the_stream_and_the_password_never_become_fields():
    secret = {
        "join_url": "https://zoom.us/j/1?pwd=secret",
        "password": "secret",
        "start_url": "https://zoom.us/s/secret",
    }
    assert "secret" not in json.dumps(read(body("webinar.created", secret), {}, bare()).fields)
    assert set(secret) | {"host_email", "alternative_hosts", "operator", "operator_id"} <= PRIVATE


def test_a_delivery_is_known_by_its_time_and_its_body():
    def number(stamp, **said):
        return read(
            body("webinar.updated", said), {"x-zm-request-timestamp": stamp} if stamp else {}, bare()
        ).delivery_id

    assert number("1", topic="A") == number("1", topic="A")
    assert len({number("1", topic="A"), number("2", topic="A"), number("1", topic="B")}) == 3
    assert number(None, topic="A") is None


def test_an_own_type_of_event_goes_before_zooms_only_one():
    assert "eventType" not in read(body("webinar.created"), {}, bare(event_type="Course")).fields
    assert read(body("webinar.created"), {}, bare()).fields["eventType"] == "Webinar"


said_values = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just([]) | st.just(DATES)


@given(
    action=st.sampled_from(["webinar.created", "webinar.updated", "webinar.deleted", "webinar.recovered"]),
    said=st.dictionaries(st.sampled_from([*WEBINAR, "occurrences"]), said_values),
    more=st.dictionaries(st.sampled_from(["scope", "operation", "time_stamp"]), said_values),
    with_api=st.booleans(),
)
def test_no_webinar_whatever_breaks_the_reading(action, said, more, with_api):
    with suppress(InvalidNotification):
        read(body(action, said, **more), {}, source("zoom") if with_api else bare())


# API


def run(asking, *answers):
    """What comes of it when these are the answers, in turn; each is (path, status, body)."""
    waiting = list(answers)
    try:
        question = next(asking)
        while True:
            path, status, content = waiting.pop(0)
            assert question.path == path
            assert status in question.expects
            question = asking.send(Answer(status, content))
    except StopIteration as end:
        assert not waiting
        return end.value


def test_there_is_an_api_only_with_its_three_keys():
    assert api(bare()) is None
    opened = api(source("zoom"))
    assert (opened.base_url, opened.grant.base_url, opened.grant.path) == (
        *("https://api.zoom.us", "https://zoom.us", "/oauth/token"),
    )
    assert opened.grant.params == {"grant_type": "account_credentials", "account_id": "account-0000"}
    assert opened.grant.authorization == "Basic Y2xpZW50LTAwMDA6c2VjcmV0LW9mLXRoZS1jbGllbnQ="
    assert "secret-of-the-client" not in repr(source("zoom"))
    assert "Y2xpZW50" not in repr(opened)


def test_a_webinar_is_shown_in_hubspots_words():
    found = run(look_up(ID, source("zoom")), (PATH, 200, WEBINAR))
    assert found.fields == {
        "eventName": "How to sell tickets",
        "eventType": "Webinar",
        "startDateTime": "2027-05-04T09:00:00Z",
        "endDateTime": "2027-05-04T10:30:00Z",
        "eventDescription": "What we learned from a million tickets.",
        "eventUrl": "https://example.zoom.us/webinar/register/WN_abc",
        "eventCancelled": False,
    }
    assert found.event == WEBINAR


def test_a_custom_property_is_found_on_one_path_in_a_webhook_and_in_an_answer():
    assert updated(tracking_fields=[1]).said == {"id": int(ID), "tracking_fields": [1]}
    assert event("event_updated", {"status": "x"}).said["status"] == "x"


def test_all_dates_are_asked_for_since_past_ones_would_be_left_out():
    assert next(look_up(ID, source("zoom"))).params == {"show_previous_occurrences": "true"}


def test_an_empty_text_of_a_whole_webinar_clears_nothing():
    found = run(look_up(ID, source("zoom")), (PATH, 200, WEBINAR | {"agenda": "", "registration_url": ""}))
    assert not found.fields.keys() & {"eventDescription", "eventUrl"}


def test_a_webinar_that_is_not_found_is_gone_unless_it_took_place():
    past = (f"/v2/past_webinars/{ID}/instances", 200, {"webinars": [{"uuid": "x"}]})
    assert run(look_up(ID, source("zoom")), (PATH, 404, {}), past) == Skipped("took_place")
    for status, content in ((404, {}), (200, {"webinars": []}), (200, {})):
        assert run(look_up(ID, source("zoom")), (PATH, 404, {}), (past[0], status, content)) == Gone()


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_no_other_answer_is_taken_for_a_deletion(status):
    assert status not in next(look_up(ID, source("zoom"))).expects


def test_a_zoom_event_is_not_looked_up():
    assert run(look_up("4uzfv3JwTeyR5QpC3PXwMg", source("zoom"))) == Skipped("not_looked_up")


@pytest.mark.parametrize("external_id", ["", "1/../2", "1?x", "1\n", "../me", "a b", "a" * 65])
def test_nothing_is_asked_about_what_is_no_id_of_zooms(external_id):
    with pytest.raises(InvalidNotification):
        next(look_up(external_id, source("zoom")))


@pytest.mark.parametrize("changes", [{"id": None}, {"start_time": "soon"}, {"duration": "90"}, {"occurrences": 3}])
def test_an_answer_that_makes_no_sense_is_an_error_that_names_the_field(changes):
    with pytest.raises(InvalidNotification) as refused:
        run(look_up(ID, source("zoom")), (PATH, 200, WEBINAR | changes))
    assert list(refused.value.errors) == list(changes)


# Listing

FIRST, SECOND = "/v2/users/host@example.com/webinars", "/v2/users/user0000000000000000AA/webinars"


def page_of(*numbers, token=""):
    return {"next_page_token": token, "webinars": [{"id": number} for number in numbers]}


def test_a_hosts_webinars_are_listed_each_as_a_look_up_shows_it():
    page = run(list_events(source("zoom"), None), (FIRST, 200, answer("zoom", "listing")), (PATH, 200, WEBINAR))
    assert [one.event for one in page.events] == [ID]
    assert page.events[0].found == run(look_up(ID, source("zoom")), (PATH, 200, WEBINAR))
    assert page.following == "user0000000000000000AA "


def test_the_list_goes_on_with_the_token_and_then_with_the_next_host():
    page = run(list_events(source("zoom"), None), (FIRST, 200, page_of(token="next")))
    assert page == Page([], "host@example.com next")
    asking = list_events(source("zoom"), page.following)
    assert next(asking).params == {"type": "scheduled", "page_size": "30", "next_page_token": "next"}
    assert run(list_events(source("zoom"), page.following), (FIRST, 200, page_of())).following is not None
    last = run(list_events(source("zoom"), "user0000000000000000AA "), (SECOND, 200, page_of()))
    assert last == Page([])


def test_a_token_that_expired_begins_the_hosts_list_anew():
    place = "user0000000000000000AA old"
    asking = list_events(source("zoom"), place)
    next(asking)
    assert asking.send(Answer(400, {})) == Get(SECOND, {"type": "scheduled", "page_size": "30"})
    page = run(list_events(source("zoom"), place), (SECOND, 400, {}), (SECOND, 200, page_of()))
    assert page == Page([])


def test_without_a_token_a_400_is_a_fault():
    assert next(list_events(source("zoom"), None)).expects == {200}


def test_a_place_of_a_host_that_is_none_any_more_is_the_beginning():
    assert next(list_events(source("zoom"), "gone@example.com token")).path == FIRST
    assert next(list_events(source("zoom", hosts=["only"]), "host@example.com x")).path == "/v2/users/only/webinars"


def test_a_series_that_is_listed_for_each_date_is_asked_for_once():
    page = run(list_events(source("zoom"), None), (FIRST, 200, page_of(ID, ID)), (PATH, 200, WEBINAR))
    assert len(page.events) == 1


def test_one_listed_webinar_that_makes_no_sense_or_was_deleted_does_not_hold_up_the_rest():
    other, third = "/v2/webinars/2", "/v2/webinars/3"
    gone = ("/v2/past_webinars/3/instances", 404, {})
    answers = [
        (FIRST, 200, page_of(2, 3, ID)),
        (other, 200, {"id": None}),
        (third, 404, {}),
        gone,
        (PATH, 200, WEBINAR),
    ]
    page = run(list_events(source("zoom"), None), *answers)
    assert page.events[0] == Listed("2", Skipped("invalid"))
    assert [one.event for one in page.events] == ["2", ID]
    assert isinstance(page.events[1].found, Found)


@pytest.mark.parametrize(
    "content", [{}, {"webinars": None}, {"webinars": 3}, {"webinars": [{"id": "../me"}]}, {"webinars": [None]}]
)
def test_a_list_that_makes_no_sense_is_an_error(content):
    with pytest.raises(LookUpFailed, match="platform_unreadable"):
        run(list_events(source("zoom"), None), (FIRST, 200, content))


# Settings


def test_the_keys_of_the_api_go_together():
    assert faults(zoom_account_id="a") == {"client_id", "client_secret"}
    assert faults(client_id="a", client_secret="b") == {"zoom_account_id"}
    assert faults(hosts=["me"]) == {"hosts"}
    assert faults(api_url="https://zoom.example", token_url="https://zoom.example") == {"api_url", "token_url"}


@pytest.mark.parametrize("hosts", [[], "me", [1], [""], ["a/b"], [".."], ["a b"], ["a?b"], ["a@b@c"], ["me\n"]])
def test_hosts_that_are_none_are_faults(hosts):
    assert faults(zoom_account_id="a", client_id="b", client_secret="c", hosts=hosts) == {"hosts"}


@pytest.mark.parametrize("url", ["http://zoom.example", "https://zoom.us/path", "https://u:p@zoom.us", 7])
def test_an_address_that_is_no_hosts_is_a_fault(url):
    assert faults(zoom_account_id="a", client_id="b", client_secret="c", token_url=url) == {"token_url"}


def test_the_apps_owner_is_the_host_where_none_is_named():
    opened = bare(zoom_account_id="a", client_id="b", client_secret="c")
    assert next(list_events(opened, None)).path == "/v2/users/me/webinars"


def test_a_sample_tells_enough():
    said = read(json.loads(sample(source("zoom"), 3, 2).body), {}, source("zoom"))
    assert (said.event, said.fields["eventName"]) == ("90000000003", "Sample webinar 3, change 2")
    assert said.fields.keys() >= {"startDateTime", "endDateTime"}
