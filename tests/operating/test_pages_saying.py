"""Numbers and times as a person says them."""

from zoneinfo import ZoneInfo

import pytest

from handlers.operating.pages.saying import capital, clause, counted, length, listed, moment, plain, stamp


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (1.24, "1.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.9, "1 minute"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (7200, "2 hours"),
        (86400 * 3.9, "3 days"),
    ],
)
def test_a_length_of_time_is_said_in_its_largest_unit(seconds, words):
    assert length(seconds) == words


def test_counts_have_thousands_and_a_plural():
    assert [counted(count, "event") for count in (0, 1, 1204)] == ["0 events", "1 event", "1,204 events"]


def test_a_moment_of_today_has_no_date():
    assert moment(1_795_000_000.0, ZoneInfo("Europe/Berlin"), 1_795_003_600.0) == "12:06 Europe/Berlin"


def test_a_moment_of_another_day_has_its_date():
    assert moment(1_795_000_000.0, None, 1_795_100_000.0) == "2026-11-18 11:06 UTC"


def test_a_long_list_is_cut():
    assert [listed(list("abcde"[:count])) for count in (1, 2, 3, 5)] == [
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 2 more",
    ]


def test_a_stamp_is_rfc_3339_in_utc():
    assert stamp(1_795_000_000.4) == "2026-11-18T11:06:40Z"


def test_a_kept_word_is_written_as_a_person_writes_it():
    assert capital(plain("not_in_hubspot")) == "Not in HubSpot"


def test_a_sentence_becomes_part_of_another():
    assert clause("There is no connection.") == "there is no connection"
    assert clause("HubSpot redirects.") == "HubSpot redirects"
