"""Eventix on OpenTicket: a nonce for each webhook, events and their dates told of apart."""

import json
from contextlib import suppress

import pytest
from at_the_door import AtTheDoor
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, Refusal
from handlers.platform import Ignored, Notification
from handlers.platforms.eventix import PRIVATE, read, sample, schemes
from handlers.receiving.verifier import sign, verify
from handlers.signatures import Token
from schemas.sources import SourcesError, read_sources

CREATED, DATED = (deliveries("eventix")[number]["body"] for number in (0, 1))
EVENT = CREATED["model"]["guid"]
NONCE = "5aK2HMgcUlDCWLuC3KWa"
JSON = {"Content-Type": "application/json"}


def told(body=CREATED, settings=None, props=None, **changes):
    changed = body | {"change": {"props": body["change"]["props"] | (props or {})}} | changes
    return read(changed, Headers(), source("eventix", **(settings or {})))


def errors(*args, **changes):
    with pytest.raises(InvalidNotification) as invalid:
        told(*args, **changes)
    return list(invalid.value.errors)


def faults(**changes):
    settings = {"eventix": PLATFORMS["eventix"].settings}
    with pytest.raises(SourcesError) as refusal:
        read_sources({"it": table("eventix", **changes)}, {}, settings)
    return {fault.partition(": ")[0].removeprefix("sources.it.") for fault in refusal.value.faults}


# At the door


def proven(headers, secrets=(NONCE, "nonce-of-another-webhook")):
    verify(schemes(source("eventix")), secrets, Headers(headers), b"{}", 0, 600)


def test_each_webhooks_own_nonce_opens():
    assert schemes(source("eventix")) == [Token("OpenTicket-Identifier")]
    proven({"OpenTicket-Identifier": NONCE})
    proven({"openticket-identifier": "nonce-of-another-webhook"})
    proven(sign(Token("OpenTicket-Identifier"), NONCE, b"{}", "n-1", 0).headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"OpenTicket-Identifier": ""},
        {"OpenTicket-Identifier": NONCE.lower()},
        {"OpenTicket-Identifier": NONCE + "x"},
        {"Authorization": NONCE},
        {"OpenTicket-Dedupe-Key": NONCE},
    ],
)
def test_another_nonce_opens_nothing(headers):
    with pytest.raises(Refusal) as refused:
        proven(headers)
    assert refused.value.status == 401


def test_what_comes_twice_is_a_duplicate():
    door = AtTheDoor("eventix")
    headers = JSON | {"OpenTicket-Identifier": NONCE, "OpenTicket-Dedupe-Key": "ba7a36206f413cfcec086e8ad78449b5"}
    answers = [door.client.post("/webhooks/it", data=json.dumps(CREATED), headers=headers) for _ in range(2)]
    assert [answer.json["status"] for answer in answers] == ["accepted", "duplicate"]
    assert door.kept[0].delivery_id == "ba7a36206f413cfcec086e8ad78449b5"


@pytest.mark.parametrize(
    "body", [{}, {"model": {"type": "event"}, "type": "update"}, DATED | {"change": {"props": {}}}]
)
def test_what_makes_no_sense_is_kept_and_never_sent_again(body):
    door = AtTheDoor("eventix")
    answer = door.client.post("/webhooks/it", data=json.dumps(body), headers=JSON | {"OpenTicket-Identifier": NONCE})
    assert answer.status_code == 202
    assert door.kept[0].errors


# Events


def test_an_event_is_told_without_the_times_that_it_has_not():
    assert told().fields == {"eventName": "Some Event Name", "eventDescription": "All night.", "eventCancelled": False}


def test_where_the_properties_lack_a_name_the_model_has_it():
    assert told(props={"name": None}).fields["eventName"] == "Some Event Name"
    assert told(props={"name": "New"}).fields["eventName"] == "New"
    assert "eventName" not in told(props={"name": ""}, model={"guid": EVENT, "type": "event"}).fields


@pytest.mark.parametrize("description", [None, "", "<p> </p>", 7, {"nl": "Hallo"}, ["x"]])
def test_a_description_that_is_no_text_is_left_alone(description):
    assert "eventDescription" not in told(props={"description": description}).fields


def test_times_in_an_events_own_properties_count():
    said = told(props={"start": "2030-08-29T09:00:00+02:00", "end": "2030-08-29T10:00:00Z"})
    assert (said.fields["startDateTime"], said.fields["endDateTime"]) == (
        "2030-08-29T07:00:00Z",
        "2030-08-29T10:00:00Z",
    )


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [
        ("normal", False),
        ("Cancelled", True),
        ("canceled", True),
        ("soldout", None),
        ("", None),
        (None, None),
        (7, None),
        ([], None),
    ],
)
def test_a_status_that_nobody_knows_says_nothing(status, cancelled):
    assert told(props={"status": status}).fields.get("eventCancelled") is cancelled


@pytest.mark.parametrize("change", [{"props": [], "changes": []}, {"props": {}}, {"props": None}, {}, [], None])
def test_a_deletion_needs_no_properties(change):
    said = read(CREATED | {"type": "delete", "change": change}, Headers(), source("eventix"))
    assert (said.event, said.fields) == (EVENT, {"eventCancelled": True})


def test_a_deletion_may_be_ignored():
    assert told(settings={"on_deleted": "ignore"}, type="delete") == Ignored("event.delete")


# Dates


@pytest.mark.parametrize("kind", ["eventDate", "event_date", "EventDate", "eventdate", "event-date", "Event Date"])
def test_a_date_however_it_is_spelt_tells_its_events_times(kind):
    said = told(DATED, model=DATED["model"] | {"type": kind})
    assert said.event == EVENT
    assert said.fields == {"startDateTime": "2030-08-29T07:00:00Z", "endDateTime": "2030-08-30T11:00:00Z"}


def test_a_dates_event_may_be_shown_whole():
    assert told(DATED, props={"event_id": None, "event": {"guid": "whole", "name": "x"}}).event == "whole"


@pytest.mark.parametrize("event", [None, "only its name", 7, []])
def test_a_date_of_no_event_is_refused(event):
    assert errors(DATED, props={"event_id": None, "event": event}) == ["event_id"]


@pytest.mark.parametrize(
    ("props", "names"),
    [
        ({"start": "2030-08-29 09:00:00"}, ["start"]),
        ({"end": "2030-08-29T09:00:00"}, ["end"]),
        ({"start": 7}, ["start"]),
        ({"event_id": ["x"]}, ["event_id"]),
        ({"event_id": None, "event": {"guid": {}}}, ["event"]),
    ],
)
def test_a_date_that_makes_no_sense_is_refused_by_its_field(props, names):
    assert errors(DATED, props=props) == names


def test_a_date_that_goes_says_nothing_of_its_event():
    assert told(DATED, type="delete") == Ignored("eventDate.delete")


def test_dates_may_be_left_alone():
    assert told(DATED, settings={"dates": "ignore"}) == Ignored("eventDate.update")
    assert isinstance(told(settings={"dates": "ignore"}), Notification)


# The rest


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ticket", "scan"),
        ("order", "create"),
        ("product", "update"),
        ("eventGroup", "update"),
        ("event", "scan"),
        ("event", "relation"),
        ("scanner", "scan"),
        ("", ""),
    ],
)
def test_other_webhooks_are_ignored_whatever_they_carry(kind, change):
    body = {"model": {"type": kind, "guid": []}, "type": change, "change": 7, "time": {}}
    assert read(body, Headers(), source("eventix")) == Ignored(f"{kind}.{change}")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["model", "type"]),
        ({"model": None, "type": "update"}, ["model"]),
        ({"model": "event", "type": "update"}, ["model"]),
        ({"model": {"guid": "x"}, "type": "update"}, ["model"]),
        ({"model": {"type": "event", "guid": "x"}}, ["type"]),
        ({"model": {"type": "event"}, "type": "update"}, ["guid"]),
        ({"model": {"type": "event", "guid": ""}, "type": "update"}, ["model"]),
        ({"model": {"type": "event", "guid": "x"}, "type": "update", "change": 7}, ["change"]),
        ({"model": {"type": "event", "guid": "x"}, "type": "update", "change": {"props": 7}}, ["change"]),
        ({"model": {"type": "event", "guid": "x"}, "type": "update", "time": "noon"}, ["time"]),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_its_field(body, names):
    with pytest.raises(InvalidNotification) as invalid:
        read(body, Headers(), source("eventix"))
    assert sorted(invalid.value.errors) == names


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2023-10-02T13:07:43+02:00", 1696244863000000),
        ("2023-10-02T11:07:43Z", 1696244863000000),
        (1696244863, 1696244863),
        ("2023-10-02 13:07:43", None),
        ("2023-10-02T13:07:43", None),
        (None, None),
    ],
)
def test_a_time_without_a_zone_orders_nothing(time, version):
    assert told(time=time).version == version


def test_who_did_it_is_not_told():
    said = told()
    assert "meta" not in said.said
    assert {"user_id", "user_name"} <= PRIVATE


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"dates": "some"}, {"dates"}), ({"secrets": ["short"]}, {"secrets"}), ({"api_token": "x"}, {"api_token"})],
)
def test_settings_that_cannot_be_used_are_named(changes, names):
    assert faults(**changes) == names


def test_samples_tell_of_the_event_and_of_its_date_in_turn():
    said = []
    for count in (0, 1, 2):
        sent = sample(source("eventix"), 4, count)
        said.append(read(json.loads(sent.body), Headers(sent.headers), source("eventix")))
    assert len({one.event for one in said}) == 1
    assert ["startDateTime" in one.fields for one in said] == [False, True, False]
    assert said[0].version < said[1].version < said[2].version
    assert len({one.delivery_id for one in said}) == 3


json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)


@given(
    st.sampled_from([CREATED, DATED]),
    st.dictionaries(
        st.sampled_from(["name", "event_id", "event", "start", "end", "status", "description"]), json_values, max_size=4
    ),
)
def test_no_properties_whatever_break_the_reading(body, props):
    with suppress(InvalidNotification):
        said = told(body, props=props)
        assert isinstance(said, Notification)
        assert None not in said.fields.values()
