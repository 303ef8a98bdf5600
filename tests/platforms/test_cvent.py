"""Cvent: a longer address, a token, several events in one message, and times by the clock of a zone with a name of its own."""

import json
from contextlib import suppress

import pytest
from at_the_door import AtTheDoor
from hypothesis import example, given
from hypothesis import strategies as st
from recorded import PLATFORMS, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.content import parse_json
from handlers.errors import InvalidNotification, Refusal
from handlers.platform import Ignored, Knock, Notification, Welcome
from handlers.platforms.cvent import PLATFORM, PRIVATE, handshake, read, sample, schemes, unpack
from handlers.receiving.verifier import sign, verify
from handlers.signatures import Token
from schemas.sources import SourcesError, read_sources

SYNCED = deliveries("cvent")[0]["body"]
ENTRY = SYNCED["message"][0]
JSON = {"Content-Type": "application/json"}
OPENS = JSON | {"Authorization": "token-given-to-cvent"}
ADDRESS = "/webhooks/it/EventModified/78d89240-e36b-45bf-b324-a65869380a9e"


def told(settings=None, kind="EventModified", **changes):
    body = SYNCED | {"eventType": kind, "message": [ENTRY | changes]}
    return read(body, Headers(), source("cvent", **(settings or {})))


def errors(settings=None, **changes):
    with pytest.raises(InvalidNotification) as invalid:
        told(settings, **changes)
    return list(invalid.value.errors)


def faults(**changes):
    settings = {"cvent": PLATFORMS["cvent"].settings}
    with pytest.raises(SourcesError) as refusal:
        read_sources({"it": table("cvent", **changes)}, {}, settings)
    return {fault.partition(": ")[0].removeprefix("sources.it.") for fault in refusal.value.faults}


def several(*entries, **changes):
    return json.dumps(SYNCED | {"message": list(entries)} | changes).encode()


# At the door


@pytest.mark.parametrize("path", ["/webhooks/it", ADDRESS])
def test_a_message_comes_in_at_the_address_and_at_what_cvent_makes_of_it(path):
    door = AtTheDoor("cvent")
    answer = door.client.post(path, data=several(ENTRY), headers=OPENS)
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert door.kept[0].delivery_id == SYNCED["messageStub"]


@pytest.mark.parametrize("path", ["/webhooks/it", ADDRESS])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "any"}])
def test_the_activation_is_answered_and_opens_nothing(path, headers):
    door = AtTheDoor("cvent")
    answer = door.client.get(path, headers=headers)
    assert (answer.status_code, answer.data, door.kept) == (200, b"", [])
    assert door.client.post(path, data=several(ENTRY), headers=JSON).status_code == 401


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT"])
def test_nothing_else_is_a_handshake(method):
    assert handshake(Knock(method, {}, b"{}"), source("cvent")) is None
    assert handshake(Knock("GET", {}), source("cvent")) == Welcome()


@pytest.mark.parametrize("path", ["/webhooks/it/a/b/c", "/webhooks/it/a/b/c/d", "/webhooks/it/a", "/webhooks/it/"])
def test_no_other_address_leads_in(path):
    assert AtTheDoor("cvent").client.post(path, data=several(ENTRY), headers=OPENS).status_code == 404


def test_several_events_in_one_message_are_several_notifications():
    door = AtTheDoor("cvent")
    other = ENTRY | {"eventStub": "FE0450D8-6BA9-4208-9965-362E0F5A883C"}
    answer = door.client.post(ADDRESS, data=several(ENTRY, other), headers=OPENS)
    assert answer.status_code == 202
    assert [one["status"] for one in answer.json["notifications"]] == ["accepted", "accepted"]
    assert [one.event for one in door.kept] == [ENTRY["eventStub"], other["eventStub"]]
    assert [one.delivery_id for one in door.kept] == [f"{SYNCED['messageStub']}:{place}" for place in (0, 1)]
    again = door.client.post(ADDRESS, data=several(ENTRY, other), headers=OPENS)
    assert again.json["status"] == "duplicate"


def test_one_event_that_makes_no_sense_does_not_hide_the_other():
    door = AtTheDoor("cvent")
    answer = door.client.post(ADDRESS, data=several(ENTRY, {"eventTitle": "whose?"}, 7), headers=OPENS)
    assert answer.status_code == 202
    assert [list(one.errors or []) for one in door.kept] == [[], ["eventStub"], ["message"]]


@pytest.mark.parametrize("message", [[], {}, None, "x", 7, [ENTRY], ENTRY])
def test_what_is_not_several_is_left_as_it_came(message):
    assert unpack(Headers(JSON), several(message=message)) == [SYNCED | {"message": message}]


def test_each_part_keeps_the_envelope():
    parts = unpack(Headers(JSON), several(ENTRY, ENTRY | {"eventStub": "2"}))
    assert [part["messagePart"] for part in parts] == [0, 1]
    assert all(part["messageTime"] == SYNCED["messageTime"] and len(part["message"]) == 1 for part in parts)
    assert [read(part, Headers(), source("cvent")).event for part in parts] == [ENTRY["eventStub"], "2"]


@pytest.mark.parametrize(
    ("headers", "raw", "status"),
    [
        (JSON, b"[]", 400),
        (JSON, b"", 400),
        (JSON, b"\xff", 400),
        ({"Content-Type": "text/xml"}, b"{}", 415),
        (JSON | {"Content-Encoding": "gzip"}, b"{}", 415),
    ],
)
def test_what_is_no_json_object_is_refused(headers, raw, status):
    with pytest.raises(Refusal) as refused:
        unpack(Headers(headers), raw)
    assert refused.value.status == status


def proven(headers, secrets):
    verify(schemes(source("cvent")), secrets, Headers(headers), b"{}", 0, 600)


def test_the_token_comes_as_it_is_and_either_opens_while_they_change():
    assert schemes(source("cvent")) == [Token("Authorization")]
    for given_as in ("newer-token", "older-token", "Bearer older-token"):
        proven({"Authorization": given_as}, ["newer-token", "older-token"])
    proven(sign(Token(), "newer-token", b"{}", "n-1", 0).headers, ["newer-token"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "newer-toke"},
        {"authorization": "NEWER-TOKEN"},
        {"Request-ID": "newer-token"},
    ],
)
def test_another_token_opens_nothing(headers):
    with pytest.raises(Refusal) as refused:
        proven(headers, ["newer-token"])
    assert refused.value.status == 401


# What happened


@pytest.mark.parametrize("kind", ["EventModified", "EventManualSynced", "eventmodified"])
def test_a_change_is_told_whole(kind):
    assert told(kind=kind).fields["eventName"] == "Conference 2024"


@pytest.mark.parametrize("kind", ["EventCancelled", "EventCanceled", "EventDeleted"])
def test_an_end_is_told_without_anything_else_that_could_be_wrong(kind):
    said = told(kind=kind, timezoneName="nowhere", eventStartDate="never", eventTitle=["?"])
    assert said.fields == {"eventCancelled": True}
    assert said.event == ENTRY["eventStub"]


def test_a_deletion_may_be_ignored_and_a_cancellation_not():
    assert told({"on_deleted": "ignore"}, kind="EventDeleted") == Ignored("EventDeleted")
    assert told({"on_deleted": "ignore"}, kind="EventCancelled").fields == {"eventCancelled": True}


@pytest.mark.parametrize(
    "kind",
    [
        "InviteeOrGuestCancelled",
        "InviteeOrGuestEmailSent",
        "SessionModified",
        "SpeakerDeleted",
        "ContactCreated",
        "EventCreated",
        "",
    ],
)
def test_other_messages_are_ignored_whatever_they_carry(kind):
    assert read({"eventType": kind, "message": None}, Headers(), source("cvent")) == Ignored(kind)


@pytest.mark.parametrize(
    ("status", "cancelled", "published"),
    [
        *(("Active", False, True), ("Closed", False, True), ("Completed", False, True), ("ACTIVE ", False, True)),
        *(("Cancelled", True, None), ("Deleted", True, None), ("Pending", None, False)),
        *(("No Registration Required", None, None), ("Teleported", None, None), ("", None, None)),
    ],
)
def test_a_status_tells_whether_it_is_on(status, cancelled, published):
    said = told(eventStatusName=status)
    assert (said.fields.get("eventCancelled"), said.published) == (cancelled, published)


# When it is


@pytest.mark.parametrize(
    ("start", "zone", "instant"),
    [
        ("2044-05-25T18:00:00.000", "Eastern Time", "2044-05-25T22:00:00Z"),
        ("2044-01-25T18:00:00.000", "Eastern Time", "2044-01-25T23:00:00Z"),
        ("2044-05-25 18:00:00.0", "Central Time", "2044-05-25T23:00:00Z"),
        ("2044-05-25T18:00:00.000", "Mountain Time", "2044-05-26T00:00:00Z"),
        ("2044-05-25T18:00:00.000", "Pacific Time", "2044-05-26T01:00:00Z"),
        ("2044-05-25T18:00:00.000", "Europe/Berlin", "2044-05-25T16:00:00Z"),
        ("2044-05-25T18:00:00.000", "GMT", "2044-05-25T18:00:00Z"),
        ("2044-05-25T18:00:00.000+02:00", "nowhere", "2044-05-25T16:00:00Z"),
    ],
)
def test_a_start_is_what_the_clocks_of_its_zone_show(start, zone, instant):
    assert told(eventStartDate=start, eventEndDate="", timezoneName=zone).fields["startDateTime"] == instant


def test_the_settings_say_what_else_a_zone_is_called():
    zones = {"Central European Time": "Europe/Paris", "Eastern Time": "America/Toronto"}
    said = told({"time_zones": zones}, timezoneName="Central European Time")
    assert said.fields["startDateTime"] == "2044-05-25T16:00:00Z"


@pytest.mark.parametrize("zone", ["", None, "Central European Time", "Sometime", "../UTC"])
def test_a_zone_that_nobody_knows_is_named_and_not_guessed(zone):
    assert errors(timezoneName=zone) == ["timezoneName"]


def test_without_times_no_zone_is_needed():
    assert told(eventStartDate="", eventEndDate=None, timezoneName="").fields["eventName"] == "Conference 2024"


# The rest


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"eventStub": ""}, ["eventStub"]),
        ({"eventStub": None}, ["eventStub"]),
        ({"eventStub": ["x"]}, ["eventStub"]),
        ({"eventTitle": 7}, ["eventTitle"]),
        ({"eventStartDate": "tomorrow"}, ["eventStartDate"]),
        ({"eventEndDate": 2044}, ["eventEndDate"]),
        ({"eventEndDate": "2044-02-30T10:00:00"}, ["eventEndDate"]),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(changes, names):
    assert errors(**changes) == names


@pytest.mark.parametrize("message", [[], None, 7, "x", [7], [None], [[]], [ENTRY, ENTRY]])
def test_a_message_without_exactly_one_event_is_refused(message):
    with pytest.raises(InvalidNotification) as invalid:
        read(SYNCED | {"message": message}, Headers(), source("cvent"))
    assert list(invalid.value.errors) == ["message"]


def test_a_message_may_be_one_object():
    assert read(SYNCED | {"message": ENTRY}, Headers(), source("cvent")).event == ENTRY["eventStub"]


def test_a_guid_is_the_same_however_its_letters_are_written():
    assert told(eventStub=ENTRY["eventStub"].lower()).event == ENTRY["eventStub"]
    assert told(eventStub="not-a-Guid").event == "not-a-Guid"


def test_without_an_event_url_none_is_told():
    bare = {key: value for key, value in table("cvent").items() if key != "event_url"}
    settings = read_sources({"it": bare}, {}, {"cvent": PLATFORM.settings})["it"]
    assert "eventUrl" not in read(SYNCED, Headers(), settings).fields


def test_a_description_loses_its_markup():
    assert told(eventDescription="<P>One &amp; two</P><P>Three</P>").fields["eventDescription"] == "One & two\n\nThree"


def test_what_is_said_for_custom_properties_is_the_event():
    assert told().said["eventLocation"] == "Conference Center"
    assert {"plannerFirstName", "plannerLastName", "fromAcctEmailStub", "stakeholderEmailAddr"} <= PRIVATE


def test_neither_time_nor_stub_is_needed():
    said = read({"eventType": "EventModified", "message": [ENTRY]}, Headers(), source("cvent"))
    assert (said.delivery_id, said.version) == (None, None)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"time_zones": {"Home": "Nowhere"}}, {"time_zones.Home"}),
        ({"time_zones": {"": "UTC"}}, {"time_zones."}),
        ({"time_zones": "UTC"}, {"time_zones"}),
        ({"event_url": "https://web.cvent.com/event/"}, {"event_url"}),
        ({"event_url": "{eventStub}"}, {"event_url"}),
        ({"secrets": ["short"]}, {"secrets"}),
        ({"secrets": ["x" * 151]}, {"secrets"}),
        ({"api_token": "x"}, {"api_token"}),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes, names):
    assert faults(**changes) == names


def test_a_later_sample_is_newer_and_each_event_its_own():
    said = [
        read(json.loads(sample(source("cvent"), event, count).body), Headers(), source("cvent"))
        for event, count in ((0, 1), (0, 2), (1, 2))
    ]
    assert said[0].event == said[1].event != said[2].event
    assert said[0].version < said[1].version
    assert len({one.delivery_id for one in said}) == 3


json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(sorted(ENTRY)), json_values, max_size=5))
def test_no_entry_whatever_breaks_the_reading(changes):
    with suppress(InvalidNotification):
        assert isinstance(told(**changes), Notification)


@given(st.lists(json_values | st.just(ENTRY), max_size=4))
@example([None, -(2**63) - 1])
def test_no_message_whatever_breaks_the_unpacking(entries):
    body = several(*entries)
    said = parse_json(body)["message"]  # a whole number of more than 64 bits is read as a float
    parts = unpack(Headers(JSON), body)
    assert [part["message"][0] for part in parts if "messagePart" in part] == (said if len(said) > 1 else [])
