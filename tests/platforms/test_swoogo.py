"""Swoogo: JSON and forms, the fields that an operator chose, and what set a webhook off."""

import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from at_the_door import AtTheDoor
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, Refusal
from handlers.platform import Ignored, Notification
from handlers.platforms.swoogo import MOST_FIELDS, PRIVATE, read, sample, schemes, unpack
from handlers.signatures import PathToken, Token
from schemas.sources import SourcesError, read_sources

EVENT = deliveries("swoogo")[0]["body"]
FORM = "application/x-www-form-urlencoded"
OPENS = {"Authorization": "secret-of-the-header"}


def told(settings=None, drop=(), **changes):
    body = {name: value for name, value in (EVENT | changes).items() if name not in drop}
    return read(body, Headers(), source("swoogo", **(settings or {})))


def errors(settings=None, drop=(), **changes):
    with pytest.raises(InvalidNotification) as invalid:
        told(settings, drop, **changes)
    return invalid.value.errors


def unpacked(headers, raw):
    (said,) = unpack(Headers(headers), raw)
    return said


def refused(headers, raw):
    with pytest.raises(Refusal) as refusal:
        unpack(Headers(headers), raw)
    return refusal.value.status, refusal.value.reason


def faults(**changes):
    settings = {"swoogo": PLATFORMS["swoogo"].settings}
    with pytest.raises(SourcesError) as refusal:
        read_sources({"it": table("swoogo", **changes)}, {}, settings)
    return {fault.partition(": ")[0].removeprefix("sources.it.") for fault in refusal.value.faults}


# JSON or a form


def test_json_is_as_it_came():
    assert unpacked({"Content-Type": "application/json"}, json.dumps(EVENT).encode()) == EVENT
    assert unpacked({}, b'{"id": 1}') == {"id": 1}


@pytest.mark.parametrize("content_type", [FORM, FORM.upper(), FORM + "; charset=UTF-8"])
def test_a_form_is_one_object_of_texts(content_type):
    raw = b"id=11&name=Caf%C3%A9+%26+Bar&description=&location%5Bname%5D=Hall&flag"
    assert unpacked({"Content-Type": content_type}, raw) == {
        "id": "11",
        "name": "Café & Bar",
        "description": "",
        "location[name]": "Hall",
        "flag": "",
    }


def test_of_a_name_that_comes_twice_the_last_value_counts():
    assert unpacked({"Content-Type": FORM}, b"id=1&id=2&tags[]=a&tags[]=b") == {"id": "2", "tags[]": "b"}


@pytest.mark.parametrize(
    "raw", [b"", b"&", b"name=%FF", b"name=%ED%A0%80", b"name=\xff", b"=".join([b"a"] * 2) + b"&b=c" * MOST_FIELDS]
)
def test_what_is_no_form_in_utf_8_is_refused(raw):
    assert refused({"Content-Type": FORM}, raw) == (400, "not_json")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": FORM + "; charset=iso-8859-1"},
        {"Content-Type": FORM, "Content-Encoding": "gzip"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
    ],
)
def test_other_media_types_are_not_understood(headers):
    assert refused(headers, b"id=1") == (415, "unsupported_media_type")


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"id=1", b"\xff", b'{"a": NaN}'])
def test_what_is_no_json_object_is_refused(raw):
    assert refused({"Content-Type": "application/json"}, raw) == (400, "not_json")


def test_a_form_says_the_same_as_json():
    raw = urlencode({name: value for name, value in EVENT.items() if value is not None}).encode()
    assert read(unpacked({"Content-Type": FORM}, raw), Headers(), source("swoogo")) == told()


@given(st.binary(max_size=60))
def test_no_form_whatever_breaks_the_door(raw):
    with suppress(Refusal):
        assert all(isinstance(value, str) for value in unpacked({"Content-Type": FORM}, raw).values())


# At the door


def test_a_form_is_kept_as_json_with_what_its_header_says():
    door = AtTheDoor("swoogo")
    headers = OPENS | {"Content-Type": FORM, "X-Marquee-Action": "delete"}
    answer = door.client.post("/webhooks/it", data=b"id=11&name=Summit", headers=headers)
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert json.loads(door.kept[0].body) == {"id": "11", "name": "Summit", "action": "delete"}
    assert (door.kept[0].action, door.kept[0].event) == ("event.delete", "11")


def test_what_makes_no_sense_is_kept_and_not_refused():
    door = AtTheDoor("swoogo")
    answer = door.client.post("/webhooks/it", data=b"name=Summit", headers=OPENS | {"Content-Type": FORM})
    assert answer.status_code == 202
    assert list(door.kept[0].errors) == ["id"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "another"},
        {"Authorization": "Basic c2VjcmV0LW9mLXRoZS1oZWFkZXI="},
        {"X-Secret": OPENS["Authorization"]},
    ],
)
def test_another_header_opens_nothing(headers):
    door = AtTheDoor("swoogo")
    assert door.client.post("/webhooks/it", data=b"id=1", headers=headers | {"Content-Type": FORM}).status_code == 401
    assert door.kept == []


def test_while_secrets_rotate_both_open():
    door = AtTheDoor("swoogo", secrets=["newer-secret", "older-secret"])
    for secret in ("newer-secret", "Bearer older-secret"):
        answer = door.client.post("/webhooks/it", data=b"id=1", headers={"Authorization": secret, "Content-Type": FORM})
        assert answer.status_code == 202


def test_the_address_may_hold_the_secret_instead():
    door = AtTheDoor("swoogo", signature="path-token", secrets=["secret-of-the-address"])
    headers = {"Content-Type": FORM}
    assert door.client.post("/webhooks/it/secret-of-the-address", data=b"id=1", headers=headers).status_code == 202
    assert door.client.post("/webhooks/it/another", data=b"id=1", headers=headers).status_code == 404
    assert door.client.post("/webhooks/it", data=b"id=1", headers=headers | OPENS).status_code == 404


def test_the_header_may_have_any_name():
    assert schemes(source("swoogo")) == [Token("Authorization")]
    assert schemes(source("swoogo", token_header="Authentication")) == [Token("Authentication")]
    assert schemes(source("swoogo", signature="path-token")) == [PathToken()]


# What set it off


@pytest.mark.parametrize("word", ["insert", "create", "created", "update", "Updated", " UPDATE ", ""])
def test_what_is_new_or_changed_is_told_whole(word):
    assert told(action=word).fields["eventName"] == "Spring Summit"


@pytest.mark.parametrize("word", ["delete", "Deleted", "DELETE"])
def test_what_is_deleted_is_cancelled_and_nothing_else_of_it_counts(word):
    assert told(action=word, start_date="nonsense", timezone=None).fields == {"eventCancelled": True}
    assert told({"on_deleted": "ignore"}, action=word) == Ignored(f"event.{word}")


@pytest.mark.parametrize("word", ["archive", "teleport", "null", "deleted?"])
def test_other_words_are_ignored(word):
    assert told(action=word) == Ignored(f"event.{word}")


@pytest.mark.parametrize("word", [None, 7, True, ["delete"], {"delete": True}])
def test_what_is_no_word_is_refused(word):
    assert list(errors(action=word)) == ["action"]


def test_the_header_goes_before_the_field():
    said = unpacked({"Content-Type": FORM, "x-marquee-action": "delete"}, b"id=1&action=update")
    assert said["action"] == "delete"


@pytest.mark.parametrize("body", [{"id": 101, "event_id": 11, "email": "a@example.com"}, {"id": 5, "event_id": "11"}])
def test_what_is_below_an_event_is_none(body):
    assert isinstance(read(body, Headers(), source("swoogo")), Ignored)


def test_a_map_may_find_the_event_in_something_below_it():
    said = read({"event_id": 11, "name": "x"}, Headers(), source("swoogo", map={"id": "event_id"}))
    assert said.event == "11"


# Fields


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({}, "2027-04-01T13:00:00Z"),
        ({"start_time": "9:00 AM"}, "2027-04-01T13:00:00Z"),
        ({"start_date": "2027-03-01"}, "2027-03-01T14:00:00Z"),
        ({"timezone": "Europe/Berlin"}, "2027-04-01T07:00:00Z"),
        ({"start_date": "2027-04-01T09:00:00-04:00", "timezone": "nowhere", "end_date": None}, "2027-04-01T13:00:00Z"),
    ],
)
def test_a_start_is_what_the_clocks_of_its_zone_show(changes, start):
    assert told(**changes).fields["startDateTime"] == start


@pytest.mark.parametrize(
    ("drop", "changes", "names"),
    [
        (("timezone",), {}, {"timezone"}),
        ((), {"timezone": ""}, {"timezone"}),
        ((), {"timezone": None}, {"timezone"}),
        ((), {"timezone": "EST5EDT or so"}, {"timezone"}),
        ((), {"timezone": {"name": "UTC"}}, {"timezone"}),
        (("start_time",), {}, {"start_time"}),
        (("end_time",), {}, {"end_time"}),
        (("start_time", "end_time"), {}, {"start_time", "end_time"}),
        ((), {"start_time": "noon"}, {"start_time"}),
        ((), {"start_date": "04/01/2027"}, {"start_date"}),
        ((), {"start_date": "2027-02-30"}, {"start_date"}),
        ((), {"start_date": "2027-04-01 09:00:00"}, {"start_date"}),
        ((), {"start_date": 20270401}, {"start_date"}),
        ((), {"end_date": "9999-12-31", "end_time": "23:00"}, {"end_date"}),
        ((), {"end_date": "2027-03-01"}, {"endDateTime"}),
        ((), {"updated_at": "yesterday"}, {"updated_at"}),
        ((), {"id": None}, {"id"}),
        ((), {"id": ""}, {"id"}),
        ((), {"id": True}, {"id"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(drop, changes, names):
    assert set(errors(drop=drop, **changes)) == names


def test_errors_do_not_repeat_what_was_sent():
    assert "secret zone" not in str(errors(timezone="secret zone", start_time="secret time"))


@pytest.mark.parametrize("name", ["start_date", "end_date", "name", "description", "url", "status", "updated_at"])
@pytest.mark.parametrize("value", ["", None])
def test_what_is_empty_says_nothing(name, value):
    said = told(**{name: value})
    assert isinstance(said, Notification)
    assert None not in said.fields.values()
    assert "" not in said.fields.values()


def test_an_event_without_a_time_of_day_has_none():
    assert told(start_time="", end_time=None).fields.keys().isdisjoint({"startDateTime", "endDateTime"})


@pytest.mark.parametrize(
    ("domain", "url", "address"),
    [
        ("acme.swoogo.com", "summit", "https://acme.swoogo.com/summit"),
        ("acme.swoogo.com/", "/summit", "https://acme.swoogo.com/summit"),
        (None, "https://acme.swoogo.com/summit", "https://acme.swoogo.com/summit"),
        ("1234", "summit", None),
        (None, "summit", None),
        ("acme.swoogo.com", "", None),
        ("acme.swoogo.com", "with a space", None),
        ("user@evil.example", "summit", None),
        (None, "javascript:alert(1)", None),
        (7, ["summit"], None),
    ],
)
def test_an_address_is_told_where_there_is_one(domain, url, address):
    assert told(domain=domain, url=url).fields.get("eventUrl") == address


@pytest.mark.parametrize(
    ("status", "cancelled", "published"),
    [
        ("live", False, True),
        ("LIVE", False, True),
        ("draft", None, False),
        ("canceled", True, None),
        ("archived", None, None),
    ],
)
def test_a_status_tells_whether_it_is_on(status, cancelled, published):
    said = told(status=status)
    assert (said.fields.get("eventCancelled"), said.published) == (cancelled, published)


def test_without_a_zone_for_it_the_last_change_orders_nothing():
    assert told().version == 1767603600000000
    bare = {key: value for key, value in table("swoogo").items() if key != "time_zone"}
    settings = read_sources({"it": bare}, {}, {"swoogo": PLATFORMS["swoogo"].settings})["it"]
    assert read(EVENT, Headers(), settings).version is None


# The map


def test_a_map_tells_what_the_names_do_not_and_goes_before_them():
    paths = {
        "eventName": "title",
        "eventCancelled": "state == 'off'",
        "version": "revision",
        "eventType": '"type[name]"',
        "customProperties": "{venue: venue}",
        "notificationId": "delivery",
    }
    more = {"title": "New", "state": "off", "revision": 8, "type[name]": "Gala", "venue": "Hall", "delivery": "d-1"}
    said = told({"map": paths}, **more)
    assert (said.version, said.delivery_id) == (8, "d-1")
    assert said.fields["eventName"] == "New"
    assert said.fields["eventCancelled"] is True
    assert said.fields["eventType"] == "Gala"
    assert said.fields["customProperties"] == {"venue": "Hall"}
    assert said.fields["startDateTime"] == "2027-04-01T13:00:00Z"


def test_what_a_map_tells_is_not_looked_for_under_swoogos_names():
    paths = {"startDateTime": "begins", "endDateTime": "ends"}
    said = told({"map": paths}, drop=("timezone",), begins="2027-04-01T09:00:00Z", ends=None)
    assert said.fields["startDateTime"] == "2027-04-01T09:00:00Z"


def test_errors_of_a_map_name_its_fields():
    assert list(errors({"map": {"startDateTime": "start_date"}})) == ["startDateTime"]
    assert list(errors({"map": {"eventName": "to_number(id) && length(id)"}})) == ["eventName"]


@pytest.mark.parametrize(
    "path",
    ["webinar_url", "deep.webinar_url", "deep.list[0].webinar_url", "values(deep) | [?type(@) == 'string'] | [0]"],
)
def test_not_even_a_map_reaches_what_is_private(path):
    secret = "https://webinar.example/secret"
    deep = {"webinar_url": secret, "list": [{"webinar_url": secret}]}
    said = told({"map": {"eventUrl": path}}, webinar_url=secret, deep=deep)
    assert "eventUrl" not in said.fields
    assert "webinar_url" in PRIVATE


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"map": {"title": "x"}}, {"map.title"}),
        ({"map": {"eventName": "a["}}, {"map.eventName"}),
        ({"map": "x"}, {"map"}),
        ({"signature": "hmac"}, {"signature"}),
        ({"token_header": "not a header"}, {"token_header"}),
        ({"signature": "path-token", "token_header": "X-Secret"}, {"token_header"}),
        ({"signature": "path-token", "secrets": ["no/place/for/it"]}, {"secrets"}),
        ({"secrets": ["short"]}, {"secrets"}),
        ({"time_zone": "Somewhere"}, {"time_zone"}),
        ({"api_token": "x"}, {"api_token"}),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes, names):
    assert faults(**changes) == names


# Samples


def test_a_later_sample_is_newer_and_each_event_its_own():
    said = [
        read(json.loads(sample(source("swoogo"), event, count).body), Headers(), source("swoogo"))
        for event, count in ((0, 1), (0, 2), (1, 2))
    ]
    assert [one.event for one in said] == ["1", "1", "2"]
    assert said[0].version < said[1].version


def test_no_sample_is_made_up_for_a_map_that_would_not_understand_it():
    assert sample(source("swoogo", map={"id": "id"}), 0, 1)
    with pytest.raises(ValueError, match="elsewhere"):
        sample(source("swoogo", map={"id": "data.event"}), 0, 1)


@given(
    st.dictionaries(
        st.sampled_from([*EVENT, "action", "event_id"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just([]),
        max_size=4,
    )
)
def test_no_body_whatever_breaks_the_reading(changes):
    with suppress(InvalidNotification):
        said = told(**changes)
        assert isinstance(said, Notification | Ignored)
