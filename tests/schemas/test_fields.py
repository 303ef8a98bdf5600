"""How each kind of value is read, and what is said of one that cannot be."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.fields import ExternalId, Flag, Instant, Text, VersionNumber, shape
from schemas.fields import given as present


def fault(field, value):
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    return refused.value.messages[0]


@pytest.mark.rule(6)
@pytest.mark.parametrize(
    ("value", "leaves_as"),
    [
        ("2027-03-28T09:00:00+02:00", "2027-03-28T07:00:00Z"),
        ("2027-03-28T09:00:00Z", "2027-03-28T09:00:00Z"),
        ("2027-03-28t09:00:00z", "2027-03-28T09:00:00Z"),
        ("2027-03-28 09:00:00-11:00", "2027-03-28T20:00:00Z"),
        ("2022-10-19T03:27:13.673Z", "2022-10-19T03:27:13.673Z"),
        ("2027-03-28T07:00:00.000000Z", "2027-03-28T07:00:00Z"),
        ("2027-03-28T07:00:00.123456789Z", "2027-03-28T07:00:00.123Z"),
    ],
)
def test_a_time_leaves_in_utc(value, leaves_as):
    assert Instant().deserialize(value) == leaves_as


@pytest.mark.rule(6)
def test_a_naive_time_is_told_to_name_its_zone():
    assert "no time zone" in fault(Instant(), "2027-03-28T09:00:00")


@pytest.mark.parametrize(
    "value",
    [
        "2027-03-28",
        "2027-03-28T09:00Z",
        "2027-03-28T09:00:00+0200",
        "٢٠٢٧-03-28T09:00:00Z",
        "9999-12-31T23:00:00-02:00",
        "tomorrow",
        "",
        1_800_000_000,
        True,
        [],
        {},
        "2027-02-30T09:00:00Z",
        "2027-03-28T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_time_is_refused(value):
    assert fault(Instant(), value)


naive_times = st.datetimes().filter(lambda time: 1 < time.year < 9999)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.rule(6)
@given(naive_times, offsets)
def test_any_time_of_any_zone_stays_the_same_moment(naive, zone):
    moment = naive.replace(tzinfo=zone)
    back = datetime.fromisoformat(Instant().deserialize(moment.isoformat()))
    assert abs(back - moment) < timedelta(milliseconds=1)
    assert back.tzinfo == UTC


@given(naive_times, naive_times)
def test_versions_that_are_times_keep_their_order(one, other):
    read = [VersionNumber().deserialize(moment.replace(tzinfo=UTC).isoformat()) for moment in (one, other)]
    assert (read[0] < read[1]) == (one < other)


@pytest.mark.parametrize("value", [7, True, [], {}, "x\x00y", "x" * 65_537])
def test_what_is_no_text_is_refused_by_its_shape(value):
    message = fault(Text(), value)
    assert "x" * 20 not in message


def test_half_of_a_pair_of_surrogates_is_no_text():
    assert fault(Text(), "a\ud800")


def test_text_may_be_empty_unless_it_must_not():
    assert Text().deserialize("") == ""
    assert fault(Text(least=1), "  ") == "Is empty."
    assert "give 3 or more" in fault(Text(least=3), "ab")


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_text_stays_as_it_is(value):
    assert Text().deserialize(value) == value


@pytest.mark.parametrize("value", ["true", 1, 0, "", []])
def test_what_merely_looks_true_or_false_is_refused(value):
    assert "not true or false" in fault(Flag(), value)


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=255) | st.integers(-(2**63), 2**64 - 1))
def test_an_id_is_kept_to_the_letter(value):
    assert ExternalId().deserialize(value) == str(value)


@pytest.mark.parametrize("value", [True, 1.0, None, [], {}, "", " a", "a ", "a\x00", "a\tb", "x" * 256, 2**65, 2**2000])
def test_what_is_no_id_is_refused_by_its_shape(value):
    assert "x" * 20 not in fault(ExternalId(), value)


@pytest.mark.parametrize("value", [True, None, [], {}, float("nan"), float("inf"), "7", "", "2027-03-28", 2**65])
def test_what_orders_nothing_is_no_version(value):
    assert fault(VersionNumber(), value)


@pytest.mark.parametrize(
    ("value", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("2027-03-28T09:00:00.000001+02:00", 1_806_217_200_000_001),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_a_version_that_is_a_time_counts_microseconds(value, microseconds):
    assert VersionNumber().deserialize(value) == microseconds


@given(st.integers(1 - 2**64, 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_its_own_version(value):
    assert VersionNumber().deserialize(value) == value


@pytest.mark.rule(7)
def test_nulls_are_not_given():
    assert present({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("abc", "text of 3 characters"),
        (7, "a number"),
        (True, "true or false"),
        (None, "null"),
        ([], "a list"),
        ({}, "an object"),
        ((), "something else"),
    ],
)
def test_a_shape_says_what_it_is_and_not_what_is_in_it(value, words):
    assert shape(value) == words
