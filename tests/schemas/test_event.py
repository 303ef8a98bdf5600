"""The normal form between all platforms and HubSpot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.event import EventSchema, check, property_value
from schemas.text import html_to_text, markdown_to_text


def errors(**values):
    with pytest.raises(ValidationError) as refused:
        EventSchema().load(values)
    return refused.value.messages_dict


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


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], float("inf")])
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


def test_html_becomes_what_a_reader_sees():
    html = "<h1>Gala</h1><P>Tom &amp; Jerry<br>again</P><style>p{}</style><ul><li>one</li><li>two</li></ul>"
    assert html_to_text(html) == "Gala\n\nTom & Jerry\nagain\n\none\n\ntwo"


def test_markdown_becomes_what_a_reader_sees():
    assert (
        markdown_to_text("# Gala\n\n**Hello** [you](https://x.example)\n\n<script>alert(1)</script>")
        == "Gala\n\nHello you"
    )


@given(st.text(max_size=300))
def test_no_markup_whatever_breaks_the_reading(text):
    assert isinstance(html_to_text(text), str)
    assert isinstance(markdown_to_text(text), str)
