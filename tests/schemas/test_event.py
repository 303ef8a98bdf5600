"""The normal form between all platforms and HubSpot."""

import pytest
from marshmallow import ValidationError

from schemas.event import EventSchema, check, property_value


def errors(**values):
    with pytest.raises(ValidationError) as refused:
        EventSchema().load(values)
    return refused.value.messages_dict


@pytest.mark.rule(6)
def test_an_end_before_the_start_names_the_end():
    times = {"startDateTime": "2027-03-28T09:00:00+02:00", "endDateTime": "2027-03-28T08:00:00+01:30"}
    assert errors(**times) == {"endDateTime": ["Is before startDateTime."]}


def test_an_end_at_the_start_is_no_fault():
    assert check({"startDateTime": "2027-03-28T07:00:00Z", "endDateTime": "2027-03-28T07:00:00Z"}) == {}


def test_times_are_compared_as_moments_and_not_as_text():
    assert check({"startDateTime": "2027-03-28T07:00:00.500Z", "endDateTime": "2027-03-28T07:00:01Z"}) == {}


def test_every_fault_is_told_at_once():
    assert errors(eventName="", startDateTime="x", eventUrl="y").keys() == {"eventName", "startDateTime", "eventUrl"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("M", "M"),
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, None),
        (["a", 1, None], "a;1"),
        ([], ""),
    ],
)
def test_a_custom_property_leaves_as_text(value, text):
    assert property_value(value) == text


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], [["a"]], float("inf"), float("nan")])
def test_a_custom_property_without_a_text_is_refused(value):
    with pytest.raises(ValueError, match="not text"):
        property_value(value)


def test_a_custom_property_at_fault_is_named():
    assert errors(customProperties={"venue": {}, "city": "B"}) == {
        "customProperties": {"venue": ["Is an object, not text, a number, true, false, or a list of them."]}
    }
    assert "customProperties" in errors(customProperties=["venue"])


def test_custom_properties_that_are_null_are_left_alone():
    assert EventSchema().load({"customProperties": {"venue": None, "city": "B"}}) == {"customProperties": {"city": "B"}}


def test_a_list_nested_a_thousand_deep_is_a_fault_and_no_crash():
    deep = []
    for _ in range(1000):
        deep = [deep]
    assert "a list" in errors(customProperties={"venue": deep})["customProperties"]["venue"][0]


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb"])
def test_a_custom_property_has_a_usable_name(name):
    assert "no name" in errors(customProperties={name: "M"})["customProperties"][name[:255]][0]


@pytest.mark.parametrize("value", ["a\x00b", "x" * 65_537, ["x" * 40_000, "x" * 40_000]])
def test_a_custom_property_that_cannot_be_kept_is_refused(value):
    assert errors(customProperties={"venue": value})


def test_what_an_error_says_never_repeats_the_value():
    said = str(
        errors(eventName=["Ada Lovelace"], eventUrl="Ada Lovelace", startDateTime="Ada Lovelace", eventCancelled="Ada")
    )
    assert "Ada" not in said


@pytest.mark.rule(7)
@pytest.mark.parametrize("field", ["eventType", "eventOrganizer", "eventDescription", "eventUrl"])
def test_empty_text_clears_a_field(field):
    assert EventSchema().load({field: ""}) == {field: ""}


@pytest.mark.rule(7)
def test_null_is_as_good_as_absent():
    assert EventSchema().load(dict.fromkeys(EventSchema().fields)) == {}


def test_what_hubspot_does_not_show_is_left_out_quietly():
    assert EventSchema().load({"eventName": "A", "seatsLeft": 7}) == {"eventName": "A"}


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_what_is_no_object_is_a_fault_and_no_crash(value):
    with pytest.raises(ValidationError):
        EventSchema().load(value)


def test_a_merged_event_is_checked_as_it_is():
    assert check({"eventName": "A", "customProperties": {"venue": "M"}}) == {}
    assert check({"eventName": " "}) == {"eventName": ["Is empty."]}
