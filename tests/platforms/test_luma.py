"""Luma: its two ways of signing, what is read out of a notification, and what its API is asked for."""

import json

import pytest
from asking import outcome
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.forwarding.preparing import merge
from handlers.inbox.queue import Changed, Pending, State
from handlers.platform import Found, Gone, Ignored, Skipped
from handlers.platforms.luma import api, list_events, look_up, read, sample, schemes
from handlers.receiving.verifier import verify
from schemas.fields import MAX_TEXT
from schemas.sources import SourcesError, read_sources

SENT = 1_800_000_000
SECRET = "whsec_bHVtYS1zaWduaW5nLXNlY3JldA=="
BODY = rb'{"type":"event.updated","data":{"id":"evt-abc123","name":"Sommer \u00fc"}}'
# printf %s '1800000000.{…}' | openssl dgst -sha256 -hmac whsec_bHVtYS1zaWduaW5nLXNlY3JldA==
DIGEST = "f61f4936a7d6f249eb8377c596fc40a7432dc53996e02ad1a2f83cfbe7e84e30"
SIGNED = {"Webhook-Signature": f"t={SENT},v1={DIGEST}"}
# printf %s 'msg-1.1800000000.{…}' | openssl dgst -sha256 -mac HMAC -macopt key:luma-signing-secret -binary | base64
STANDARD = {
    "webhook-id": "msg-1",
    "webhook-timestamp": str(SENT),
    "webhook-signature": "v1,py2ewckJxO3hyYGXe/Jm5qjDFLep+qfJhjiBkniDryk=",
}
EVENT = answer("luma", "event")
LISTING = answer("luma", "events")
NO_KEY = {key: value for key, value in table("luma").items() if key not in ("api_token", "organizer")}
ADDED = {
    "platform": "luma",
    "id": "evt-abc123",
    "name": "Spring Summit",
    "url": "https://luma.com/abc123",
    "start_at": "2027-03-28T07:00:00.000Z",
    "end_at": "2027-03-28T09:00:00.000Z",
    "timezone": "Europe/Berlin",
    "calendar": {"id": "cal-1", "name": "Acme Calendar"},
    "hosts": [],
}


def settings(table_of_it):
    return read_sources({"it": table_of_it}, {}, {"luma": PLATFORMS["luma"].settings})["it"]


def without_key(**changes):
    return settings(NO_KEY | changes)


def prove(body=BODY, headers=None, secrets=(SECRET,), now=SENT):
    verify(schemes(source("luma")), secrets, Headers(SIGNED if headers is None else headers), body, now, 600)


def refusal(**changes):
    with pytest.raises(Refusal) as refused:
        prove(**changes)
    return refused.value.reason


def said(event, action="event.updated", configured=None, headers=None):
    return read({"type": action, "data": event}, Headers(headers or {}), configured or source("luma"))


def errors(event, **changes):
    with pytest.raises(InvalidNotification) as refused:
        said(event, **changes)
    assert "secret" not in str(refused.value)
    return list(refused.value.errors)


def find(*told, **changes):
    return outcome(look_up("evt-abc123", source("luma", **changes)), *told)


def page(body, following=None):
    return outcome(list_events(source("luma"), following), (200, body))


# The signature


def test_time_and_body_are_signed_with_the_secret_as_it_is():
    prove()


def test_the_headers_of_standard_webhooks_prove_as_well():
    prove(headers=STANDARD)


def test_either_secret_proves_while_they_rotate():
    prove(secrets=("whsec_YW5vdGhlcg==", SECRET))
    prove(secrets=("whsec_YW5vdGhlcg==", SECRET), headers=STANDARD)


def test_one_of_several_signatures_is_enough():
    prove(headers={"Webhook-Signature": f"t={SENT}, v1={'0' * 64}, v1={DIGEST}"})


def test_the_secret_without_its_prefix_is_another_secret():
    assert refusal(secrets=("bHVtYS1zaWduaW5nLXNlY3JldA==",)) == "bad_signature"


@pytest.mark.parametrize("headers", [SIGNED, STANDARD])
def test_bytes_that_were_written_anew_are_refused_though_they_mean_the_same(headers):
    anew = json.dumps(json.loads(BODY), separators=(",", ":"), ensure_ascii=False).encode()
    assert refusal(body=anew, headers=headers) == "bad_signature"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        DIGEST,
        f"v1={DIGEST}",
        f"t=,v1={DIGEST}",
        f"t=soon,v1={DIGEST}",
        f"t={SENT}",
        f"t={SENT},v1=",
        f"t={SENT},v2={DIGEST}",
        f"t={SENT},v1={DIGEST[:-1]}",
        f"t={SENT},v1={DIGEST}0",
        f"t={SENT};v1={DIGEST}",
        f"t=-{SENT},v1={DIGEST}",
        f"t={SENT}.0,v1={DIGEST}",
        f"t={SENT + 1},v1={DIGEST}",
        f"t={SENT + 1},t={SENT},v1={DIGEST}",
        f"t={'9' * 400},v1={DIGEST}",
        f"t={SENT},v1,{DIGEST}",
    ],
)
def test_a_signature_of_another_form_is_refused(signature):
    assert refusal(headers={"Webhook-Signature": signature}) == "bad_signature"


@pytest.mark.parametrize("changed", [{"webhook-id": "msg-2"}, {"webhook-timestamp": str(SENT + 1)}])
def test_what_standard_webhooks_sign_may_not_differ(changed):
    assert refusal(headers=STANDARD | changed) == "bad_signature"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp"])
def test_standard_webhooks_need_all_their_headers(missing):
    assert refusal(headers={key: value for key, value in STANDARD.items() if key != missing}) == "bad_signature"


def test_without_a_signature_nothing_is_proven():
    assert refusal(headers={}) == "missing_signature"
    assert refusal(headers={"X-Signature": SIGNED["Webhook-Signature"]}) == "missing_signature"


@pytest.mark.parametrize("headers", [SIGNED, STANDARD])
@pytest.mark.parametrize("off", [-601, 601, 86_400])
def test_a_replay_or_a_time_to_come_is_refused(headers, off):
    assert refusal(headers=headers, now=SENT + off) == "stale_timestamp"


@pytest.mark.parametrize("off", [-420, 420])
def test_the_last_retry_comes_in_time_though_it_is_not_signed_anew(off):
    prove(now=SENT + off)


# Which delivery it is


def test_the_sent_id_comes_first():
    assert said(EVENT, headers=SIGNED | {"Webhook-Id": "msg-1"}).delivery_id == "msg-1"


def test_without_an_id_a_delivery_is_known_again_by_time_and_body():
    first, again = (said(EVENT, headers=SIGNED).delivery_id for _ in range(2))
    assert first == again
    assert len(first) == 64


def test_the_same_words_at_another_time_are_another_delivery():
    """A, B and A again: the third must not be dropped."""
    later = {"Webhook-Signature": f"t={SENT + 1},v1={DIGEST}"}
    assert said(EVENT, headers=SIGNED).delivery_id != said(EVENT, headers=later).delivery_id


def test_other_words_in_the_same_second_are_another_delivery():
    assert said(EVENT, headers=SIGNED).delivery_id != said(EVENT | {"name": "B"}, headers=SIGNED).delivery_id


def test_of_several_times_the_signed_one_counts():
    padded = {"Webhook-Signature": f"x=1, t={SENT} ,v1={DIGEST},t=1"}
    assert said(EVENT, headers=SIGNED).delivery_id == said(EVENT, headers=padded).delivery_id


@pytest.mark.parametrize("signature", ["", DIGEST, f"v1={DIGEST}", "v1,abc", "t=soon"])
def test_without_id_and_time_it_has_none(signature):
    assert said(EVENT, headers={"Webhook-Signature": signature}).delivery_id is None


def test_what_is_too_deep_to_be_written_again_is_refused_and_breaks_nothing():
    deep = []
    for _ in range(400):
        deep = [deep]
    with pytest.raises(Refusal) as refused:
        said(EVENT | {"tags": deep}, headers=SIGNED)
    assert refused.value.reason == "not_json"
    assert said(EVENT | {"tags": deep}).event == "evt-abc123"


# What is read


def test_custom_properties_see_the_same_object_as_in_a_look_up():
    assert said(EVENT).said == find((200, EVENT))[0].event


def test_nothing_says_when_it_was_changed():
    assert said(EVENT).version is None
    assert find((200, EVENT))[0].version is None


@pytest.mark.parametrize("action", ["event.created", "event.updated"])
def test_only_a_cancellation_says_anything_of_that(action):
    assert "eventCancelled" not in said(EVENT, action=action).fields
    assert said(EVENT, action="event.canceled").fields["eventCancelled"] is True


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("offline", "In person"),
        ("zoom", "Online"),
        ("meet", "Online"),
        ("unknown", "Online"),
        ("missing", None),
        ("", None),
        (None, None),
    ],
)
def test_the_kind_of_place_is_the_kind_of_event(location, kind):
    assert said(EVENT | {"location_type": location}).fields.get("eventType") == kind


def test_a_kind_of_event_in_the_settings_stands_against_the_place():
    assert "eventType" not in said(EVENT, configured=source("luma", event_type="Conference")).fields


@pytest.mark.parametrize(
    ("plain", "markdown", "text"),
    [
        ("Plain", "**Bold**", "Plain"),
        ("", "# Bold\n\n*words* & <b>more</b>", "Bold\n\nwords & more"),
        (None, "words", "words"),
        ("  \x00 ", "words", "words"),
        ("", "", None),
        (None, None, None),
    ],
)
def test_the_plain_description_comes_first(plain, markdown, text):
    event = EVENT | {"description": plain, "description_md": markdown}
    assert said(event).fields.get("eventDescription") == text


def test_what_is_longer_than_hubspot_takes_is_cut():
    fields = said(EVENT | {"name": "n" * (MAX_TEXT + 1), "description": "d" * (MAX_TEXT + 1)}).fields
    assert (len(fields["eventName"]), len(fields["eventDescription"])) == (MAX_TEXT, MAX_TEXT)


@pytest.mark.parametrize(("visibility", "public"), [("public", True), ("members-only", True), ("private", False)])
def test_private_events_can_be_kept_to_oneself(visibility, public):
    event, quiet = EVENT | {"visibility": visibility}, source("luma", private_events="ignore")
    assert said(event, configured=quiet).published is public
    assert find((200, event), private_events="ignore")[0].published is public


def test_a_private_event_is_sent_unless_the_source_says_otherwise():
    assert said(EVENT | {"visibility": "private"}).published is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": True}, "id"),
        ({"id": "evt-1\n"}, "id"),
        ({"id": "e" * 256}, "id"),
        ({"name": None}, "name"),
        ({"name": {"en": "secret"}}, "name"),
        ({"start_at": "secret"}, "start_at"),
        ({"start_at": 1_800_000_000}, "start_at"),
        ({"end_at": "2027-13-28T09:00:00Z"}, "end_at"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"description": ["secret"]}, "description"),
        ({"location_type": 7}, "location_type"),
        ({"visibility": []}, "visibility"),
        ({"platform": 7}, "platform"),
        ({"calendar": "secret"}, "calendar"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    assert errors(EVENT | changes) == [field]


@pytest.mark.parametrize("event", [None, [], "secret", 7])
def test_data_that_are_no_object_are_an_error(event):
    assert errors(event) == ["data"]


@pytest.mark.parametrize("action", [None, 7, ["event.updated"]])
def test_an_action_that_is_no_text_is_an_error(action):
    assert errors(EVENT, action=action) == ["type"]


@pytest.mark.parametrize("action", ["guest.updated", "ticket.registered", "event.cancelled", "EVENT.UPDATED", ""])
def test_other_actions_are_ignored_whatever_they_carry(action):
    assert read({"type": action, "data": 7}, Headers(), source("luma")) == Ignored(action)


@pytest.mark.parametrize("action", ["event.created", "event.canceled", "calendar.event.added"])
@pytest.mark.parametrize("event", [{"platform": "external"}, {"platform": "meetup", "id": 7, "url": "secret"}])
def test_an_event_of_another_site_is_somebody_elses(action, event):
    assert said(event, action=action, configured=without_key()) == Ignored(action)


def merged(*told):
    """What is known of an event after these came, each an action and what it says."""
    bodies = [json.dumps({"type": action, "data": EVENT | changes}).encode() for action, changes in told]
    waiting = [Pending(number, float(number), body) for number, body in enumerate(bodies, 1)]
    event = Changed(1, "it", "evt-abc123", 1, 0.0, 0, None, State(), None)
    return merge(event, [waiting], PLATFORMS["luma"], source("luma")).state


def test_an_update_after_a_cancellation_tells_what_it_says_and_takes_nothing_back():
    state = merged(("event.canceled", {}), ("event.updated", {"name": "Moved"}))
    assert (state.fields["eventCancelled"], state.fields["eventName"]) == (True, "Moved")


def test_what_comes_later_is_newer():
    assert merged(("event.updated", {"name": "A"}), ("event.updated", {"name": "B"})).fields["eventName"] == "B"


# What is added to a calendar


def test_without_a_key_an_event_is_known_from_its_being_added():
    added = said(ADDED, action="calendar.event.added", configured=without_key())
    assert added.fields == {
        "eventName": "Spring Summit",
        "startDateTime": "2027-03-28T07:00:00Z",
        "endDateTime": "2027-03-28T09:00:00Z",
        "eventOrganizer": "Acme Calendar",
        "eventUrl": "https://luma.com/abc123",
    }
    assert added.published is None


def test_an_organizer_in_the_settings_stands_against_the_calendars_name():
    added = said(ADDED, action="calendar.event.added", configured=without_key(organizer="Acme Events"))
    assert "eventOrganizer" not in added.fields


def test_with_a_key_the_list_tells_which_events_are_the_calendars_own():
    assert said(ADDED, action="calendar.event.added") == Ignored("calendar.event.added")


def test_what_may_be_private_is_not_believed_to_be_public():
    quiet = without_key(private_events="ignore")
    assert said(ADDED, action="calendar.event.added", configured=quiet) == Ignored("calendar.event.added")


# What its API is asked


def test_without_a_key_there_is_no_api():
    assert api(without_key()) is None


def test_the_key_opens_one_host_at_less_than_its_pace():
    asked = api(source("luma"))
    assert (asked.base_url, asked.headers) == (
        "https://public-api.luma.com",
        {"x-luma-api-key": "secret-luma-key-0000"},
    )
    assert "secret-luma" not in repr(asked)
    assert asked.calls_per_second <= 200 / 60


def test_one_question_finds_an_event():
    found, questions = find((200, EVENT))
    assert [(question.path, question.params) for question in questions] == [
        ("/v1/events/get", {"event_id": "evt-abc123"})
    ]
    assert found.fields == said(EVENT).fields
    assert found.published


def test_an_event_that_is_not_there_is_gone_if_the_key_opens_its_calendar():
    found, questions = find((404, {}), (200, {"id": "cal-1"}))
    assert isinstance(found, Gone)
    assert (questions[1].path, questions[1].expects) == ("/v1/calendars/get", {200})


def test_a_refused_key_and_other_answers_are_faults_and_no_deletion():
    assert next(look_up("evt-1", source("luma"))).expects == {200, 404}


@pytest.mark.parametrize("body", [{}, {"event": EVENT}, {"id": "evt-1", "name": 7}, EVENT | {"start_at": "secret"}])
def test_an_answer_that_makes_no_sense_is_an_error(body):
    with pytest.raises(InvalidNotification) as refused:
        find((200, body))
    assert "secret" not in str(refused.value)


def test_a_page_is_followed_by_its_cursor():
    first, questions = page(LISTING)
    assert (questions[0].path, questions[0].params) == (
        "/v1/calendars/events/list",
        {"pagination_limit": "50", "sort_column": "start_at", "sort_direction": "asc"},
    )
    assert first.following == "cursor-2"
    _last, questions = page(LISTING | {"has_more": False}, "cursor-2")
    assert questions[0].params["pagination_cursor"] == "cursor-2"


@pytest.mark.parametrize("cursor", [None, "", "cursor-3"])
def test_the_last_page_has_nothing_to_follow(cursor):
    assert page(LISTING | {"has_more": False, "next_cursor": cursor}, "cursor-2")[0].following is None


def test_a_calendar_without_events_has_an_empty_list():
    assert page({"entries": [], "has_more": False})[0].events == []


def test_events_of_other_sites_are_left_out_of_the_list():
    listed = page(LISTING)[0].events
    assert [one.event for one in listed] == ["evt-abc123", "evt-2", "calev-1"]
    assert [isinstance(one.found, Found) for one in listed] == [True, True, False]
    assert listed[2].found == Skipped("other_platform")


def test_a_listed_event_says_what_a_look_up_would_say():
    assert page(LISTING)[0].events[0].found.fields == find((200, EVENT))[0].fields


def test_a_listed_event_that_makes_no_sense_hides_no_other():
    listed = page(LISTING | {"entries": [EVENT | {"start_at": 7}, EVENT]})[0].events
    assert listed[0].found == Skipped("invalid")
    assert isinstance(listed[1].found, Found)


@pytest.mark.parametrize(
    "changes",
    [
        {"entries": None},
        {"entries": {}},
        {"entries": [7]},
        {"entries": [{"name": "no id"}]},
        {"has_more": None},
        {"has_more": "true"},
        {"has_more": True, "next_cursor": None},
        {"has_more": True, "next_cursor": ""},
        {"next_cursor": 7},
    ],
)
def test_a_list_that_cannot_be_read_to_its_end_is_no_list(changes):
    with pytest.raises(LookUpFailed) as failed:
        page(LISTING | changes)
    assert failed.value.reason == "platform_unreadable"


# Its settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"private_events": "hide"}, "private_events"),
        ({"private_events": True}, "private_events"),
        ({"api_token": ""}, "api_token"),
        ({"api_url": "https://public-api.luma.com/v1"}, "api_url"),
        ({"api_url": "http://public-api.luma.com"}, "api_url"),
        ({"calendar_id": "cal-1"}, "calendar_id"),
    ],
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    with pytest.raises(SourcesError) as refused:
        settings(table("luma", **changes))
    assert [fault.partition(": ")[0] for fault in refused.value.faults] == [f"sources.it.{key}"]


def test_the_key_is_not_shown_by_mistake():
    assert "secret-luma" not in repr(source("luma"))


@given(event=st.integers(0, 10_000), count=st.integers(0, 10_000))
def test_a_sample_is_what_luma_would_send(event, count):
    sent = sample(source("luma"), event, count)
    notification = read(json.loads(sent.body), Headers(sent.headers), source("luma"))
    assert notification.event == f"evt-sample{event}"
    assert notification.fields["startDateTime"] < notification.fields["endDateTime"]
    assert notification.published
