"""Dates and times by the clock of a named zone."""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.fields import parse_instant
from schemas.local_times import TimeZone, instant_at, is_date, is_local, parse_date, parse_local, parse_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "GMT", "America/Argentina/Buenos_Aires"])
def test_a_zone_is_known_by_its_name(name):
    assert TimeZone().read(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "Eastern Time", "Europe", "Europe/Nowhere", "../etc/passwd", "/etc/localtime", "a\x00b", "\ud800"),
        *("x" * 9999, None, 7, 1.5, True, [], {}, b"UTC"),
    ],
)
def test_what_is_no_zone_is_refused_and_not_repeated(name):
    with pytest.raises(ValidationError) as refused:
        TimeZone().read(name)
    assert "not a time zone" in refused.value.messages[0]
    assert not isinstance(name, str) or len(name) < 8 or name not in refused.value.messages[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2044-05-25T18:00:00.000", datetime(2044, 5, 25, 18)),
        ("2018-04-30 18:00:00.0", datetime(2018, 4, 30, 18)),
        ("2027-01-02 03:04", datetime(2027, 1, 2, 3, 4)),
    ],
)
def test_a_local_time_is_read_as_it_stands(text, moment):
    assert is_local(text)
    assert parse_local(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-02T03:04:05Z",
        "2027-01-02T03:04:05+01:00",
        "2027-01-02",
        "03:04",
        "",
        "2027-01-02T03:04:05\n",
        "٢٠٢٧-01-02 03:04",
        None,
        7,
        [],
    ],
)
def test_what_is_no_local_time_is_refused(text):
    assert not is_local(text)
    with pytest.raises(ValidationError):
        parse_local(text)


@pytest.mark.parametrize("text", ["2027-02-30 03:04", "2027-13-01 03:04", "2027-01-01 24:01", "0000-01-01 03:04"])
def test_a_day_that_never_is_is_refused(text):
    with pytest.raises(ValidationError, match="no time of the calendar"):
        parse_local(text)


@pytest.mark.parametrize("text", ["2027-02-30", "0000-01-01"])
def test_a_date_that_never_is_is_refused(text):
    assert is_date(text)
    with pytest.raises(ValidationError, match="no time of the calendar"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("00:00", 0), ("9:05", 545), ("09:05:00", 545), ("23:59:00.000", 1439)),
        *(("12:00 AM", 0), ("12:30 pm", 750), ("6:00 PM", 1080), ("6:00p.m.", 1080), ("11:59 a.m.", 719)),
    ],
)
def test_a_time_of_the_clock_is_read_in_either_way_of_counting(text, minutes):
    assert parse_time(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["24:00", "12:60", "09:05:60", "0:30 AM", "13:00 PM", "noon", "", "9", "9:5", "09:00+02:00", None, 9, []]
)
def test_what_is_no_time_of_the_clock_is_refused(text):
    with pytest.raises(ValidationError):
        parse_time(text)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        (datetime(2027, 1, 15, 9), "2027-01-15T08:00:00Z"),
        (datetime(2027, 7, 15, 9), "2027-07-15T07:00:00Z"),
        (datetime(2027, 10, 31, 2, 30), "2027-10-31T00:30:00Z"),
        (datetime(2027, 3, 28, 2, 30), "2027-03-28T01:30:00Z"),
        (datetime(1880, 1, 1), "1879-12-31T23:06:32Z"),
    ],
)
def test_a_moment_follows_the_changes_of_the_clock(local, instant):
    assert instant_at(local, BERLIN) == instant


@pytest.mark.parametrize(
    ("local", "zone"), [(datetime(1, 1, 1), "Asia/Tokyo"), (datetime(9999, 12, 31, 23), "America/Los_Angeles")]
)
def test_a_moment_beyond_the_calendar_is_refused(local, zone):
    with pytest.raises(ValidationError, match="no time of the calendar"):
        instant_at(local, ZoneInfo(zone))


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1)),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns"]),
)
def test_a_moment_is_what_clocks_there_show(local, zone):
    shown = parse_instant(instant_at(local, ZoneInfo(zone))).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert abs(shown - local) <= timedelta(hours=1)


@given(st.text(max_size=30))
def test_no_text_whatever_breaks_the_reading(text):
    for parse in (parse_local, parse_date, parse_time, TimeZone().read):
        with suppress(ValidationError):
            parse(text)
