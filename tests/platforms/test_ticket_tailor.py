"""Ticket Tailor: its signature, what is read out of a notification, and what is asked for where it says too little."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from asking import outcome
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.platform import Answer, Found, Gone, Ignored, Skipped
from handlers.platforms.ticket_tailor import api, list_events, look_up, read, sample, schemes
from handlers.receiving.verifier import verify
from schemas.sources import SourcesError, read_sources

SENT = 1_735_725_600
BODY = (
    rb'{"id":"wh_15","created_at":"2025-01-01 10:00:00","event":"EVENT.UPDATED",'
    rb'"resource_url":"https:\/\/api.tickettailor.com\/v1\/events\/ev_40980",'
    rb'"payload":{"object":"event","id":"ev_40980"}}'
)
# printf %s%s 1735725600 … | openssl dgst -sha256 -hmac ABCD123
DIGEST = "6a4b44f629eb2e01d5da6b51e483d0fa0c5ece180b7880ff1d79628273b08e95"
SIGNATURE = f"t={SENT},v1={DIGEST}"
EVENT = answer("ticket-tailor", "event")
SERIES = answer("ticket-tailor", "series")
LISTING = answer("ticket-tailor", "events")
RESOURCE = "https://api.tickettailor.com/v1/events/ev_8187234"
NO_KEY = {key: value for key, value in table("ticket-tailor").items() if key != "api_token"}


def settings(table_of_it):
    return read_sources({"it": table_of_it}, {}, {"ticket-tailor": PLATFORMS["ticket-tailor"].settings})["it"]


def prove(body=BODY, signature=SIGNATURE, secrets=("ABCD123",), now=SENT, header="Tickettailor-Webhook-Signature"):
    headers = Headers({header: signature} if signature is not None else {})
    verify(schemes(source("ticket-tailor")), secrets, headers, body, now, 600)


def refusal(**changes):
    with pytest.raises(Refusal) as refused:
        prove(**changes)
    return refused.value.reason


def said(payload, action="EVENT.UPDATED", configured=None, **envelope):
    body = {"id": "wh_15", "created_at": "2025-01-01 10:00:00", "event": action, "resource_url": RESOURCE}
    return read(body | {"payload": payload} | envelope, Headers(), configured or source("ticket-tailor"))


def errors(payload, **changes):
    with pytest.raises(InvalidNotification) as refused:
        said(payload, **changes)
    assert "secret" not in str(refused.value)
    return list(refused.value.errors)


def find(*told):
    return outcome(look_up("ev_8187234", source("ticket-tailor")), *told)


def faults(**changes):
    with pytest.raises(SourcesError) as refused:
        settings(table("ticket-tailor", **changes))
    return " ".join(refused.value.faults)


# The signature


def test_time_and_body_are_signed_with_nothing_between():
    prove()


def test_either_secret_proves_while_they_rotate():
    prove(secrets=("a-newer-one", "ABCD123"))


@pytest.mark.parametrize("between", [b".", b"\n", b" ", b"t="])
def test_a_body_that_was_signed_another_way_is_refused(between):
    assert refusal(body=between + BODY) == "bad_signature"


def test_another_time_than_the_signed_one_is_refused():
    assert refusal(signature=f"t={SENT + 1},v1={DIGEST}") == "bad_signature"


def test_digits_moved_from_the_body_to_the_time_prove_nothing_that_is_timely():
    """With no separator `1` + `2…` is `12` + `…`; such a body is no JSON object, and such a time is long over."""
    assert refusal(body=b"0" + BODY, signature=f"t={SENT // 10},v1={DIGEST}") == "stale_timestamp"


def test_bytes_that_were_written_anew_are_refused_though_they_mean_the_same():
    assert refusal(body=json.dumps(json.loads(BODY), separators=(",", ":")).encode()) == "bad_signature"


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
        f"t={SENT};v1={DIGEST}",
        f"t=-{SENT},v1={DIGEST}",
        f"t={SENT}.0,v1={DIGEST}",
        f"t=١{SENT},v1={DIGEST}",
        f"x,t={SENT},v1={DIGEST}",
        f"t={'9' * 400},v1={DIGEST}",
    ],
)
def test_a_signature_of_another_form_is_refused(signature):
    assert refusal(signature=signature) == "bad_signature"


def test_a_signature_in_another_header_is_none():
    assert refusal(header="Webhook-Signature") == "missing_signature"
    assert refusal(signature=None) == "missing_signature"


@pytest.mark.parametrize("off", [-601, 601, 86_400])
def test_a_replay_or_a_time_to_come_is_refused(off):
    assert refusal(now=SENT + off) == "stale_timestamp"


@pytest.mark.parametrize("off", [-600, 600])
def test_a_clock_may_be_a_little_off(off):
    prove(now=SENT + off)


# What is read


def test_custom_properties_see_the_same_object_as_in_a_look_up():
    assert said(EVENT).said == find((200, EVENT))[0].event


def test_the_delivery_is_known_again_by_its_own_id():
    assert said(EVENT).delivery_id == said(EVENT, action="EVENT.CREATED").delivery_id == "wh_15"


@pytest.mark.parametrize("number", [None, "", " ", [], True, "x" * 256])
def test_a_delivery_without_an_id_is_refused(number):
    assert errors(EVENT, id=number) == ["id"]


def test_without_a_time_zone_the_time_of_writing_orders_nothing():
    assert said(EVENT).version is None


def test_with_a_time_zone_it_is_the_version():
    london = source("ticket-tailor", time_zone="Europe/London")
    winter = said(EVENT, configured=london, created_at="2025-01-01 10:00:00").version
    summer = said(EVENT, configured=london, created_at="2025-07-01 10:00:00").version
    assert winter == datetime(2025, 1, 1, 10, tzinfo=UTC).timestamp() * 1_000_000
    assert summer == datetime(2025, 7, 1, 9, tzinfo=UTC).timestamp() * 1_000_000


def test_an_offset_of_its_own_needs_no_setting():
    assert said(EVENT, created_at="2025-01-01T10:00:00+01:00").version == 1_735_722_000_000_000


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_time_of_writing_may_be_left_out(zone):
    configured = source("ticket-tailor", **({"time_zone": zone} if zone else {}))
    assert said(EVENT, configured=configured, created_at=None).version is None


@pytest.mark.parametrize("created_at", ["", "yesterday", "2025-01-01", "2025-13-01 10:00:00", 1735725600, True])
def test_a_time_of_writing_that_is_none_is_an_error(created_at):
    assert errors(EVENT, created_at=created_at) == ["created_at"]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@given(seconds=st.integers(0, 4_000_000_000))
def test_a_later_second_is_newer_but_when_the_clock_is_put_back(zone, seconds):
    configured = source("ticket-tailor", time_zone=zone)
    moments = [datetime(1970, 1, 1) + timedelta(seconds=number) for number in (seconds, seconds + 7200)]
    versions = [said(EVENT, configured=configured, created_at=f"{at:%Y-%m-%d %H:%M:%S}").version for at in moments]
    assert versions[0] < versions[1]


@pytest.mark.parametrize(
    ("status", "published", "cancelled"),
    [
        ("published", True, False),
        ("PUBLISHED", True, False),
        ("sales_closed", True, False),
        ("close_sales", True, False),
        ("draft", False, True),
        ("postponed", None, None),
    ],
)
def test_a_status_tells_who_can_see_the_event(status, published, cancelled):
    notification = said(EVENT | {"status": status}, configured=source("ticket-tailor", on_unpublished="cancel"))
    assert (notification.published, notification.fields.get("eventCancelled")) == (published, cancelled)


def test_a_draft_cancels_nothing_unless_the_source_says_so():
    assert "eventCancelled" not in said(EVENT | {"status": "draft"}).fields


def test_of_a_time_the_iso_form_comes_first_and_the_seconds_will_do():
    both = said(EVENT | {"start": {"iso": "2026-04-30T17:30:00+05:30", "unix": 0}, "end": {"unix": 1_777_986_000}})
    assert both.fields["startDateTime"] == "2026-04-30T12:00:00Z"
    assert both.fields["endDateTime"] == "2026-05-05T13:00:00Z"


@pytest.mark.parametrize(
    "time", ["2026-04-30", 7, [], {"iso": 7}, {"iso": "secret"}, {"unix": "1"}, {"unix": -1}, {"unix": True}]
)
def test_a_time_that_makes_no_sense_is_an_error_that_names_it(time):
    assert errors(EVENT | {"end": time}) == ["end"]


@pytest.mark.parametrize("unix", [10**12, 2**70, 1.5])
def test_seconds_beyond_the_calendar_are_an_error(unix):
    assert errors(EVENT | {"start": {"unix": unix}}) == ["start"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": {"en": "secret"}}, "name"),
        ({"status": 1}, "status"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"description": ["secret"]}, "description"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    assert errors(EVENT | changes) == [field]


@pytest.mark.parametrize("payload", [[], "secret", 7])
def test_a_payload_that_is_no_object_is_an_error(payload):
    assert errors(payload) == ["payload"]


@pytest.mark.parametrize("action", ["ORDER.CREATED", "ISSUED_TICKET.UPDATED", "BASKET.EXPIRED", "event.updated", ""])
def test_other_actions_are_ignored_whatever_they_carry(action):
    assert read({"event": action, "payload": 7}, Headers(), source("ticket-tailor")) == Ignored(action)


def test_a_series_is_no_event_that_is_sent():
    assert said(SERIES) == Ignored("EVENT.UPDATED")


def test_a_deletion_is_told_whatever_else_the_payload_says():
    deleted = said({"id": "ev_8187234", "start": "secret", "name": 7}, action="EVENT.DELETED")
    assert (deleted.event, deleted.fields, deleted.published) == ("ev_8187234", {"eventCancelled": True}, None)


def test_a_deleted_draft_was_seen_by_nobody():
    assert said(EVENT | {"status": "draft"}, action="EVENT.DELETED").published is False


# Which event it is


@pytest.mark.parametrize(
    "url",
    [
        RESOURCE,
        RESOURCE + "/",
        "https://api.tickettailor.com/v1/event_series/es_596/events/ev_8187234",
    ],
)
def test_without_a_payload_the_address_tells_which_event_to_ask_for(url):
    notification = said(None, resource_url=url)
    assert (notification.event, notification.fields) == ("ev_8187234", None)
    assert next(look_up(notification.event, source("ticket-tailor"))).path == "/v1/events/ev_8187234"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/events/ev_1",
        "https://api.tickettailor.com.evil.example/v1/events/ev_1",
        "https://api.tickettailor.com@evil.example/v1/events/ev_1",
        "http://api.tickettailor.com/v1/events/ev_1",
        "https://api.tickettailor.com:8443/v1/events/ev_1",
        "https://api.tickettailor.com/v2/events/ev_1",
        "https://api.tickettailor.com/v1/events/ev_1/../../orders",
        "https://api.tickettailor.com/v1/events/ev_1?secret=1",
        "https://api.tickettailor.com/v1/events/ev_1#x",
        "https://api.tickettailor.com/v1/orders/or_1",
        "https://api.tickettailor.com/v1/events/ev_١",
        "https://api.tickettailor.com/v1/events/ev_1\n",
        "https://api.tickettailor.com/v1/events/",
        "",
        None,
        7,
        [RESOURCE],
    ],
)
def test_an_address_that_is_no_events_is_refused_and_not_repeated(url):
    assert errors({}, resource_url=url) == ["resource_url"]


@pytest.mark.parametrize("number", ["", "ev_", "or_1", "ev_1/..", "ev_1\n", 7, True, [], "ev_" + "1" * 41])
def test_an_id_that_is_no_events_is_refused(number):
    assert errors(EVENT | {"id": number}) == ["payload.id"]


# Where it says too little


@pytest.mark.parametrize("name", ["name", "status", "start", "url"])
def test_what_says_too_little_is_asked_for(name):
    assert said({key: value for key, value in EVENT.items() if key != name}).fields is None
    assert said(EVENT | {name: None}).fields is None


@pytest.mark.parametrize("name", ["end", "description"])
def test_what_may_be_missing_asks_for_nothing(name):
    assert said(EVENT | {name: None}).fields["eventName"] == EVENT["name"]


def test_without_a_key_what_is_there_is_told_and_the_rest_left_alone():
    notification = said({"id": "ev_1", "end": {"unix": 1_777_986_000}}, configured=settings(NO_KEY))
    assert notification.fields == {"endDateTime": "2026-05-05T13:00:00Z"}
    assert notification.published is None


def test_without_a_key_there_is_no_api():
    assert api(settings(NO_KEY)) is None


def test_the_key_is_a_user_without_a_password():
    asked = api(source("ticket-tailor"))
    scheme, _, credentials = asked.headers["Authorization"].partition(" ")
    assert (asked.base_url, scheme) == ("https://api.tickettailor.com", "Basic")
    assert b64decode(credentials) == b"sk_1000_1000_VGlja2V0VGFpbG9y:"
    assert credentials not in repr(asked)
    assert asked.calls_per_second <= 5000 / 1800


def test_an_event_that_says_all_is_looked_up_with_one_question():
    found, questions = find((200, EVENT))
    assert [question.path for question in questions] == ["/v1/events/ev_8187234"]
    assert found.fields == said(EVENT).fields
    assert found.event == EVENT


def test_what_an_event_leaves_out_is_its_series():
    bare = {key: value for key, value in EVENT.items() if key not in ("name", "status", "url", "description")}
    found, questions = find((200, bare), (200, SERIES))
    assert questions[1].path == "/v1/event_series/es_2192671"
    assert found.fields["eventName"] == "Desert Challenge"
    assert found.fields["eventUrl"] == SERIES["url"]
    assert found.fields["eventDescription"] == "Every year."
    assert found.published


def test_what_an_event_says_itself_stands_against_its_series():
    found, _ = find((200, EVENT | {"url": None}), (200, SERIES | {"status": "draft"}))
    assert found.fields["eventName"] == EVENT["name"]
    assert found.published


@pytest.mark.parametrize("series", [None, 7, "", "or_1", "es_1/../../orders", "es_1\n"])
def test_nothing_is_asked_about_what_is_no_series(series):
    with pytest.raises(InvalidNotification) as refused:
        find((200, EVENT | {"name": None, "event_series_id": series}))
    assert list(refused.value.errors) == ["name"]


def test_what_neither_has_is_an_error_that_names_it():
    with pytest.raises(InvalidNotification) as refused:
        find((200, {"id": "ev_8187234", "event_series_id": "es_1"}), (200, {}))
    assert sorted(refused.value.errors) == ["name", "start", "status"]


def test_a_series_that_is_not_answered_for_is_a_fault_and_no_deletion():
    asking = look_up("ev_8187234", source("ticket-tailor"))
    next(asking)
    assert asking.send(Answer(200, EVENT | {"name": None})).expects == {200}


def test_an_event_that_is_not_there_is_gone():
    assert isinstance(find((404, {}))[0], Gone)


def test_other_answers_than_200_and_404_are_faults():
    assert next(look_up("ev_1", source("ticket-tailor"))).expects == {200, 404}


@pytest.mark.parametrize("external_id", ["", "ev_", "es_1", "1", "ev_1/x", "ev_1?x", "ev_1\n", "EV_1"])
def test_nothing_is_asked_about_what_is_no_event(external_id):
    with pytest.raises(InvalidNotification):
        next(look_up(external_id, source("ticket-tailor")))


@pytest.mark.parametrize(("status", "published"), [("draft", False), ("sales_closed", True), ("unheard of", False)])
def test_only_what_is_known_to_be_public_is(status, published):
    assert find((200, EVENT | {"status": status}))[0].published is published


# Its list


def test_a_page_goes_on_after_its_last_event():
    page, questions = outcome(list_events(source("ticket-tailor"), None), (200, LISTING))
    assert (questions[0].path, questions[0].params) == ("/v1/events", {"limit": "100"})
    assert [one.event for one in page.events] == ["ev_3", "ev_2", "ev_1"]
    assert [one.found.published for one in page.events] == [True, False, True]
    assert page.following == "ev_1"


def test_the_last_page_has_nothing_to_follow():
    last = LISTING | {"links": {"next": None, "previous": "/v1/events?ending_before=ev_3"}}
    page, questions = outcome(list_events(source("ticket-tailor"), "ev_4"), (200, last))
    assert questions[0].params == {"limit": "100", "starting_after": "ev_4"}
    assert page.following is None


def test_an_empty_page_is_the_last():
    assert outcome(list_events(source("ticket-tailor"), "ev_4"), (200, LISTING | {"data": []}))[0].following is None


def test_a_list_that_goes_in_circles_is_left():
    with pytest.raises(LookUpFailed):
        outcome(list_events(source("ticket-tailor"), "ev_1"), (200, LISTING))


def test_a_series_is_asked_for_once_a_page():
    bare = [EVENT | {"id": f"ev_{number}", "name": None} for number in (1, 2, 3)]
    page, questions = outcome(
        list_events(source("ticket-tailor"), None), (200, {"data": bare, "links": {"next": None}}), (200, SERIES)
    )
    assert len(questions) == 2
    assert {one.found.fields["eventName"] for one in page.events} == {"Desert Challenge"}


def test_a_listed_event_that_makes_no_sense_hides_no_other():
    listing = LISTING | {"data": [EVENT | {"start": 7}, EVENT]}
    events = outcome(list_events(source("ticket-tailor"), None), (200, listing))[0].events
    assert events[0].found == Skipped("invalid")
    assert isinstance(events[1].found, Found)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": {}},
        {"data": [7]},
        {"data": [{"name": "no id"}]},
        {"data": [EVENT | {"id": "es_1"}]},
        {"links": None},
        {"links": {}},
        {"links": {"next": 7}},
    ],
)
def test_a_list_that_cannot_be_read_is_no_list(changes):
    with pytest.raises(LookUpFailed) as failed:
        outcome(list_events(source("ticket-tailor"), None), (200, LISTING | changes))
    assert failed.value.reason == "platform_unreadable"


# Its settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"time_zone": "London"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": 1}, "time_zone"),
        ({"time_zone": ["UTC"]}, "time_zone"),
        ({"api_token": ""}, "api_token"),
        ({"api_url": "https://api.tickettailor.com/v1"}, "api_url"),
        ({"api_url": "http://api.tickettailor.com"}, "api_url"),
        ({"series": "both"}, "series"),
    ],
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    assert f"sources.it.{key}: " in faults(**changes)


def test_the_key_is_not_shown_by_mistake():
    assert "VGlja2V0" not in repr(source("ticket-tailor"))


def test_a_sample_is_as_the_documents_have_it():
    sent = sample(source("ticket-tailor"), 3, 2)
    notification = read(json.loads(sent.body), Headers(sent.headers), source("ticket-tailor"))
    assert (notification.event, notification.delivery_id) == ("ev_4", "wh_2000003")
    assert notification.published
