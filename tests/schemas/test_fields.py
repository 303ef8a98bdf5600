"""How each kind of value is read, and what is said of one that cannot be."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.fields import ExternalId, Flag, Instant, Text, Translated, VersionNumber, WebUrl, pick


def fault(field, value):
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    return refused.value.messages[0]


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


def test_a_naive_time_is_told_to_name_its_zone():
    assert "no time zone" in fault(Instant(), "2027-03-28T09:00:00")


@pytest.mark.parametrize(
    "value",
    [
        "2027-03-28",
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


aware = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9998, 1, 1))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(aware, offsets)
def test_any_time_of_any_zone_stays_the_same_moment(naive, zone):
    moment = naive.replace(tzinfo=zone)
    back = datetime.fromisoformat(Instant().deserialize(moment.isoformat()))
    assert abs(back - moment) < timedelta(milliseconds=1)
    assert back.tzinfo == UTC


@given(aware, aware)
def test_versions_that_are_times_keep_their_order(one, other):
    read = [VersionNumber().deserialize(moment.replace(tzinfo=UTC).isoformat()) for moment in (one, other)]
    assert (read[0] < read[1]) == (one < other)


@pytest.mark.parametrize(
    "value", ["https://example.com/e/1", "http://127.0.0.1:8345/acme/gala/", "https://münchen.example/?a=b#c"]
)
def test_an_address_that_a_visitor_can_follow_is_taken_as_it_is(value):
    assert WebUrl().deserialize(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *(
            "javascript:alert(1)",
            "/events/1",
            "example.com",
            "ftp://example.com",
            "https://",
            "https://user:pass@example.com",
        ),
        *(
            "https://exa mple.com",
            "https://example.com/\n",
            "https://example.com:99999",
            "https://[::1",
            "https:\\\\example.com",
        ),
        *("https://example.com/" + "x" * 2048, "", 7, None, [], "data:text/html,x"),
    ],
)
def test_an_address_that_leads_nowhere_or_elsewhere_is_refused(value):
    assert fault(WebUrl(), value)


@pytest.mark.parametrize("value", [7, True, [], {}, "x\x00y", "x" * 65_537])
def test_what_is_no_text_is_refused_by_its_shape(value):
    message = fault(Text(), value)
    assert "x" * 20 not in message


def test_text_may_be_empty_unless_it_must_not():
    assert Text().deserialize("") == ""
    assert fault(Text(least=1), "  ")


@pytest.mark.parametrize("value", ["true", 1, 0, "", []])
def test_what_merely_looks_true_or_false_is_refused(value):
    assert "not true or false" in fault(Flag(), value)


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=255) | st.integers(-(2**63), 2**64))
def test_an_id_is_kept_to_the_letter(value):
    assert ExternalId().deserialize(value) == str(value)


def test_texts_without_anything_in_them_count_as_absent():
    assert Translated().deserialize({"en": "", "de": " ", "fr": None, "it": "Sì"}) == {"it": "Sì"}


def test_plain_text_passes_for_translated():
    assert pick(Translated().deserialize("Gala"), "de") == "Gala"


@pytest.mark.parametrize("value", [7, [], {"en": 7}, {"en": {"x": "y"}}])
def test_what_is_not_text_by_language_is_refused(value):
    assert fault(Translated(), value)


@pytest.mark.parametrize(
    ("texts", "language", "picked"),
    [
        ({"en": "E", "de": "D", "de-informal": "Du"}, "de-informal", "Du"),
        ({"en": "E", "de-informal": "Du"}, "de", "Du"),
        ({"en": "E", "de": "D"}, "de-informal", "D"),
        ({"fr": "F", "en": "E"}, "it", "E"),
        ({"fr": "F", "es": "S"}, "it", "F"),
        ({}, "en", None),
    ],
)
def test_a_language_is_picked_by_kinship(texts, language, picked):
    assert pick(texts, language) == picked


@given(
    st.dictionaries(st.sampled_from(["en", "de", "de-informal", "fr"]), st.text(min_size=1)),
    st.sampled_from(["en", "de", "it"]),
)
def test_where_there_is_any_text_one_is_picked(texts, language):
    assert (pick(texts, language) in texts.values()) == bool(texts)
