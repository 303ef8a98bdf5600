"""Hi.Events: bytes as PHP signs them, what its words mean, and what its API adds."""

import json

import pytest
from asking import outcome
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.platform import Answer, Found, Gone, Ignored, Skipped
from handlers.platforms.hi_events import PRIVATE, api, list_events, look_up, read, sample, schemes
from handlers.receiving.verifier import verify
from schemas.sources import SourcesError, read_sources

SECRET = "secret-of-the-webhook"
# What json_encode writes: every slash and every letter beyond ASCII escaped.
PHP_BYTES = (
    rb'{"event_type":"event.updated","event_sent_at":"2026-11-23T14:45:06+00:00","payload":{"id":42,'
    rb'"title":"Gr\u00fc\u00dfe aus M\u00fcnchen \ud83c\udfaa","category":"MUSIC","description":"<p>Ein Abend.<\/p>",'
    rb'"start_date":"2027-03-28T07:00:00.000000Z","end_date":null,"status":"LIVE","timezone":"Europe\/Berlin",'
    rb'"slug":"grusse-aus-munchen"}}'
)
# printf %s … | openssl dgst -sha256 -hmac secret-of-the-webhook
PHP_SIGNATURE = "b0275eddcdc9373a44fef0ae446edbd32e1bdc1d4703983826aca8188f788e11"
EVENT = answer("hi-events", "event")["data"]
LISTING = answer("hi-events", "events")


def without_api(**changes):
    """A source that has no API to ask."""
    keys = {key: value for key, value in table("hi-events", **changes).items() if not key.startswith("api_")}
    return read_sources({"it": keys}, {}, {"hi-events": PLATFORMS["hi-events"].settings})["it"]


def prove(body=PHP_BYTES, signature=PHP_SIGNATURE, secrets=(SECRET,), now=1_800_000_000.0, header="Signature"):
    headers = Headers({header: signature} if signature is not None else {})
    verify(schemes(source("hi-events")), secrets, headers, body, now, 600)


def refusal(**changes):
    with pytest.raises(Refusal) as refused:
        prove(**changes)
    return refused.value.reason


def said(action="event.updated", settings=None, sent="2026-11-23T14:45:06+00:00", **changes):
    body = {"event_type": action, "event_sent_at": sent, "payload": EVENT | {"occurrences": None} | changes}
    return read(body, Headers(), settings or source("hi-events"))


def errors(*args, **changes):
    with pytest.raises(InvalidNotification) as refused:
        said(*args, **changes)
    assert "Europe" not in str(refused.value)
    return list(refused.value.errors)


def find(*told, external_id="42", **settings):
    return outcome(look_up(external_id, source("hi-events", **settings)), *told)[0]


def faults(**changes):
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": table("hi-events", **changes)}, {}, {"hi-events": PLATFORMS["hi-events"].settings})
    return " ".join(refused.value.faults)


# The signature


def test_the_bytes_that_php_wrote_are_proven():
    prove()


def test_upper_case_hex_is_the_same_signature():
    prove(signature=PHP_SIGNATURE.upper())


def test_either_secret_proves_while_they_rotate():
    prove(secrets=("a-newer-secret", SECRET))


@pytest.mark.parametrize("ascii_only", [True, False])
def test_bytes_that_were_written_anew_are_refused_though_they_mean_the_same(ascii_only):
    again = json.dumps(json.loads(PHP_BYTES), separators=(",", ":"), ensure_ascii=ascii_only).encode()
    assert json.loads(again) == json.loads(PHP_BYTES)
    assert refusal(body=again) == "bad_signature"


@pytest.mark.parametrize("number", [0, 60, len(PHP_BYTES) // 2, len(PHP_BYTES) - 1])
def test_one_wrong_byte_is_refused(number):
    spoilt = PHP_BYTES[:number] + bytes([PHP_BYTES[number] ^ 1]) + PHP_BYTES[number + 1 :]
    assert refusal(body=spoilt) == "bad_signature"


@pytest.mark.parametrize(
    "signature",
    ["", " ", "0" * 64, f"sha256={PHP_SIGNATURE}", PHP_SIGNATURE[:-1], PHP_SIGNATURE + "0", "é", PHP_SIGNATURE + ",x"],
)
def test_a_signature_of_another_form_is_refused(signature):
    assert refusal(signature=signature) == "bad_signature"


def test_a_signature_in_another_header_is_none():
    assert refusal(header="X-Signature") == "missing_signature"
    assert refusal(signature=None) == "missing_signature"


def test_another_secret_is_refused():
    assert refusal(secrets=("secret-of-another", SECRET + " ")) == "bad_signature"


def test_no_time_is_signed_apart_from_the_body_so_a_late_delivery_is_taken():
    prove(now=1_900_000_000.0)


# What is read


def test_the_bytes_are_read_as_hubspot_shall_show_them():
    notification = read(json.loads(PHP_BYTES), Headers(), source("hi-events"))
    assert notification.fields == {
        "eventName": "Grüße aus München 🎪",
        "eventType": "MUSIC",
        "startDateTime": "2027-03-28T07:00:00Z",
        "eventDescription": "Ein Abend.",
        "eventUrl": "https://tickets.example.com/event/42/grusse-aus-munchen",
        "eventCancelled": False,
    }


def test_custom_properties_see_the_same_object_as_in_a_look_up():
    found = find((200, {"data": EVENT | {"occurrences": None}}))
    assert said().said == found.event


def test_no_two_deliveries_are_taken_for_one():
    first, again = said(title="A"), said(title="A")
    assert (first.delivery_id, again.delivery_id) == (None, None)
    assert first.version == again.version == 1_795_445_106_000_000


def test_a_later_one_is_newer_whatever_its_offset():
    assert said(sent="2026-11-23T14:45:07+00:00").version > said(sent="2026-11-23T15:45:06+01:00").version


def test_an_old_one_is_read_as_well_since_its_version_makes_it_harmless():
    assert said(sent="2020-01-01T00:00:00+00:00").version < said().version


@pytest.mark.parametrize("sent", [None, "", "2026-11-23T14:45:06", "yesterday", True, []])
def test_without_a_time_of_sending_nothing_is_in_order(sent):
    assert errors(sent=sent) == ["event_sent_at"]


@pytest.mark.parametrize(("status", "published"), [("DRAFT", False), ("LIVE", True), ("ARCHIVED", True)])
def test_only_a_draft_was_seen_by_nobody(status, published):
    assert said(status=status).published is published


@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
def test_being_off_sale_cancels_only_where_the_source_says_so(status):
    assert "eventCancelled" not in said(status=status).fields
    assert said(status=status, settings=source("hi-events", on_unpublished="cancel")).fields["eventCancelled"] is True


def test_an_end_that_is_the_start_is_none():
    same = "2027-03-28T07:00:00.000000Z"
    assert "endDateTime" not in said(start_date=same, end_date=same).fields


@pytest.mark.parametrize("empty", [None, "", "<p> </p>"])
def test_what_says_nothing_is_left_alone(empty):
    fields = said(description=empty, category=None, slug=None).fields
    assert not {"eventDescription", "eventType", "eventUrl"} & fields.keys()


def test_without_the_address_of_its_site_no_address_is_told():
    keys = {key: value for key, value in table("hi-events").items() if key != "frontend_url"}
    settings = read_sources({"it": keys}, {}, {"hi-events": PLATFORMS["hi-events"].settings})["it"]
    assert "eventUrl" not in said(settings=settings).fields


@pytest.mark.parametrize(
    ("slug", "end"), [("", "/event/42/"), ("../x", "/event/42/..%2Fx"), ("é?", "/event/42/%C3%A9%3F")]
)
def test_a_slug_leads_nowhere_else(slug, end):
    assert said(slug=slug).fields["eventUrl"] == f"https://tickets.example.com{end}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "42"}, "id"),
        ({"id": 0}, "id"),
        ({"id": True}, "id"),
        ({"id": 2**70}, "id"),
        ({"id": None}, "id"),
        ({"title": ""}, "title"),
        ({"title": {"en": "Europe"}}, "title"),
        ({"status": "Europe"}, "status"),
        ({"status": None}, "status"),
        ({"start_date": 7}, "start_date"),
        ({"end_date": "2027-03-28T07:00:00.000000"}, "end_date"),
        ({"description": ["Europe"]}, "description"),
        ({"slug": "x" * 501}, "slug"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    assert errors(**changes) == [field]


@pytest.mark.parametrize("payload", [None, [], "x", 7])
def test_a_payload_that_is_no_object_is_an_error(payload):
    body = {"event_type": "event.updated", "event_sent_at": "2026-11-23T14:45:06+00:00", "payload": payload}
    with pytest.raises(InvalidNotification) as refused:
        read(body, Headers(), source("hi-events"))
    assert list(refused.value.errors) == ["payload"]


@pytest.mark.parametrize("action", ["order.created", "product.updated", "checkin.deleted", "EVENT.UPDATED", ""])
def test_other_actions_are_ignored_whatever_they_carry(action):
    assert read({"event_type": action, "payload": 7}, Headers(), source("hi-events")) == Ignored(action)


# Since 2.0 a webhook leaves out the times


def test_what_comes_without_its_times_is_asked_for():
    notification = said(start_date=None, end_date=None)
    assert (notification.event, notification.fields, notification.published) == ("42", None, True)


def test_where_nothing_can_be_asked_the_times_are_left_alone_and_the_rest_is_told():
    fields = said(start_date=None, end_date=None, settings=without_api()).fields
    assert fields["eventName"] == EVENT["title"]
    assert not {"startDateTime", "endDateTime"} & fields.keys()


def test_a_cancelled_date_is_a_hint_to_ask_for_its_event():
    notification = said("occurrence.cancelled", id=7, event_id=42)
    assert (notification.event, notification.fields, notification.published) == ("42", None, None)


def test_a_cancelled_date_says_too_little_where_nothing_can_be_asked():
    assert said("occurrence.cancelled", without_api(), event_id=42) == Ignored("occurrence.cancelled")


@pytest.mark.parametrize("event_id", [None, "42", -1, 1.5])
def test_a_cancelled_date_of_no_event_is_refused(event_id):
    assert errors("occurrence.cancelled", event_id=event_id) == ["event_id"]


# What its API says


def test_it_is_asked_with_the_users_token_below_the_one_address_and_gently():
    asked = api(source("hi-events"))
    assert (asked.base_url, asked.headers) == (
        "https://tickets.example.com/api",
        {"Authorization": "Bearer token-of-a-user"},
    )
    assert asked.calls_per_second <= 1
    assert "token-of-a-user" not in repr(asked)


def test_without_a_token_there_is_no_api():
    assert api(without_api()) is None


def test_an_event_is_looked_up_by_its_number():
    found, questions = outcome(look_up("42", source("hi-events")), (200, {"data": EVENT}))
    assert [question.path for question in questions] == ["/events/42"]
    assert isinstance(found, Found)
    assert found.event == EVENT
    assert found.fields["startDateTime"] == "2027-03-28T07:00:00Z"


@pytest.mark.parametrize("external_id", ["", "0", "042", "42/orders", "42?x", "me", "1\n", "٤٢", "1" * 20])
def test_nothing_is_asked_about_what_is_no_event_of_hi_events(external_id):
    with pytest.raises(InvalidNotification):
        next(look_up(external_id, source("hi-events")))


def test_an_event_that_is_not_there_is_gone_only_if_the_api_is_there():
    assert isinstance(find((404, {}), (200, LISTING)), Gone)


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": None, "meta": {"last_page": 1}}, {"message": "Hi"}])
def test_a_404_of_something_else_than_the_api_cancels_nothing(body):
    with pytest.raises(LookUpFailed) as failed:
        find((404, {}), (200, body))
    assert failed.value.reason == "platform_unreadable"


def test_a_404_of_the_list_itself_is_a_fault():
    asking = look_up("42", source("hi-events"))
    next(asking)
    assert asking.send(Answer(404, {})).expects == {200}


@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
def test_an_answer_does_not_show_whether_what_is_off_sale_was_public(status):
    found = find((200, {"data": EVENT | {"status": status}}))
    assert (found.published, found.was_published) == (False, False)


@pytest.mark.parametrize(
    ("statuses", "cancelled"),
    [
        (["CANCELLED"], True),
        (["CANCELLED", "CANCELLED"], True),
        (["CANCELLED", "ACTIVE"], False),
        (["SOLD_OUT"], False),
        ([], False),
    ],
)
def test_an_event_is_cancelled_if_all_its_dates_are(statuses, cancelled):
    dates = [{"status": status} for status in statuses]
    assert find((200, {"data": EVENT | {"occurrences": dates}})).fields["eventCancelled"] is cancelled


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "data"),
        ({"data": []}, "data"),
        ({"data": EVENT | {"title": None}}, "title"),
        ({"data": EVENT | {"occurrences": [7]}}, "occurrences"),
        ({"data": EVENT | {"start_date": "soon"}}, "start_date"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_that_names_the_field(body, field):
    with pytest.raises(InvalidNotification) as refused:
        find((200, body))
    assert list(refused.value.errors) == [field]


def test_how_to_join_and_whom_to_call_are_private():
    assert {"online_event_connection_details", "email", "phone", "support_email"} <= PRIVATE


# Its list


def pages(*bodies):
    """All events of a list, and the pages that were asked for."""
    listed, asked, following = [], [], None
    for body in bodies:
        page, questions = outcome(list_events(source("hi-events"), following), (200, body))
        listed += page.events
        asked += questions
        following = page.following
    return listed, asked, following


def test_all_pages_are_listed_oldest_first():
    last = LISTING | {"data": [EVENT | {"id": 44}], "meta": {"last_page": 2}}
    listed, asked, following = pages(LISTING, last)
    assert [one.event for one in listed] == ["41", "42", "43", "44"]
    assert [question.params["page"] for question in asked] == ["1", "2"]
    assert {question.params["sort_direction"] for question in asked} == {"asc"}
    assert following is None


def test_a_listed_event_is_as_a_look_up_finds_it():
    listed, _, following = pages(LISTING)
    assert following == "2"
    assert [one.found.published for one in listed] == [False, True, False]
    assert listed[1].found == find((200, {"data": LISTING["data"][1]}))


def test_an_empty_list_has_an_end():
    listed, _, following = pages({"data": [], "meta": {"last_page": 1}})
    assert (listed, following) == ([], None)


def test_a_listed_event_that_makes_no_sense_hides_no_other():
    listed, _, _ = pages(LISTING | {"data": [EVENT | {"title": 7}, EVENT | {"id": 43}]})
    assert listed[0].found == Skipped("invalid")
    assert isinstance(listed[1].found, Found)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": {}},
        {"data": ["x"]},
        {"data": [{"title": "no number"}]},
        {"meta": None},
        {"meta": {}},
        {"meta": {"last_page": "many"}},
    ],
)
def test_a_list_that_cannot_be_read_is_no_list(changes):
    with pytest.raises(LookUpFailed) as failed:
        pages(LISTING | changes)
    assert failed.value.reason == "platform_unreadable"


@given(count=st.integers(1, 40), size=st.integers(1, 30))
def test_every_event_is_listed_once_however_many_there_are(count, size):
    numbers = list(range(1, count + 1))
    chunks = [numbers[start : start + size] for start in range(0, count, size)]
    bodies = [{"data": [EVENT | {"id": i} for i in chunk], "meta": {"last_page": len(chunks)}} for chunk in chunks]
    listed, _, following = pages(*bodies)
    assert [int(one.event) for one in listed] == numbers
    assert following is None


# Its settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"frontend_url": "tickets.example.com"}, "frontend_url"),
        ({"frontend_url": "https://tickets.example.com/event"}, "frontend_url"),
        ({"frontend_url": "http://tickets.example.com"}, "frontend_url"),
        ({"api_url": "https://tickets.example.com/api/events"}, "api_url"),
        ({"api_url": "http://tickets.example.com/api"}, "api_url"),
        ({"api_url": "https://user:password@tickets.example.com/api"}, "api_url"),
        ({"api_url": "https://tickets.example.com/api?x"}, "api_url"),
        ({"api_url": 7}, "api_url"),
        ({"api_token": ""}, "api_token"),
        ({"organizers": ["acme"]}, "organizers"),
    ],
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    assert f"sources.it.{key}: " in faults(**changes)


@pytest.mark.parametrize(("left_out", "given_one"), [("api_url", "api_token"), ("api_token", "api_url")])
def test_the_api_needs_an_address_and_a_token(left_out, given_one):
    keys = {key: value for key, value in table("hi-events").items() if key != left_out}
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": keys}, {}, {"hi-events": PLATFORMS["hi-events"].settings})
    assert refused.value.faults == [f"sources.it.{left_out}: Is needed beside {given_one}: give both, or neither."]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://api.hi.events", "https://api.hi.events"),
        ("https://tickets.example.com/api/", "https://tickets.example.com/api"),
        ("http://127.0.0.1:8123/api", "http://127.0.0.1:8123/api"),
    ],
)
def test_the_api_has_a_host_of_its_own_or_stands_below_the_site(address, kept):
    assert api(source("hi-events", api_url=address)).base_url == kept


def test_a_sample_is_as_php_would_write_it():
    sent = sample(source("hi-events"), 3, 2)
    assert rb"Europe\/Berlin" in sent.body
    assert read(json.loads(sent.body), Headers(sent.headers), source("hi-events")).event == "4"


@given(count=st.integers(0, 10_000_000))
def test_each_sample_is_newer_than_the_one_before(count):
    versions = [
        read(json.loads(sample(source("hi-events"), 1, number).body), Headers(), source("hi-events")).version
        for number in (count, count + 1)
    ]
    assert versions[0] < versions[1]
