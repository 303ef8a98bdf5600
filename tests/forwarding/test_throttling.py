"""Never earlier than HubSpot says."""

import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import reply

from handlers.forwarding.throttling import DAY, limit_reached, retry_after

NOW = 1_795_506_000.0  # 2026-11-24T07:40:00Z
TEN_TO_MIDNIGHT = 1_795_560_600.0  # 2026-11-24T23:50:00 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
INTERVAL = "X-HubSpot-RateLimit-Interval-Milliseconds"


def throttled(policy=None, retry=None, **more):
    headers = {} if retry is None else {"Retry-After": retry}
    return reply(429, {"errorType": "RATE_LIMIT", "policyName": policy} | more, headers)


@pytest.mark.rule(12)
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("0", 0),
        ("Tue, 24 Nov 2026 07:41:00 GMT", 60),
        ("Tue, 24 Nov 2026 07:41:00 -0000", 60),
        ("Tuesday, 24-Nov-26 07:41:00 GMT", 60),
        ("Tue, 24 Nov 2020 07:41:00 GMT", 0),
        ("soon", 0),
        ("", 0),
        ("-5", 0),
        ("nan", 0),
        ("inf", 0),
        ("²", 0),
        ("9" * 400, 0),
        ("31536000", DAY),
        ("Wed, 24 Nov 2027 07:40:00 GMT", DAY),
        ("Tue, 99 Nov 2026 07:41:00 GMT", 0),
    ],
)
def test_retry_after_is_understood_or_counts_for_nothing(text, seconds):
    assert retry_after(reply(429, None, {"Retry-After": text}), NOW) == pytest.approx(seconds)


@pytest.fixture
def machine_in_new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_a_date_means_the_same_wherever_the_machine_is(machine_in_new_york, zone):
    answer = reply(429, None, {"Retry-After": f"Tue, 24 Nov 2026 07:41:00 {zone}"})
    assert retry_after(answer, NOW) == pytest.approx(60)


@given(st.text(max_size=40))
def test_whatever_retry_after_holds_it_is_between_nothing_and_a_day(text):
    assert 0 <= retry_after(reply(429, None, {"Retry-After": text}), NOW) <= DAY


@pytest.mark.rule(12)
@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        (throttled("TEN_SECONDLY_ROLLING"), "rate_limited", 10),
        (throttled("TEN_SECONDLY_ROLLING", "25"), "rate_limited", 25),
        (throttled("TEN_SECONDLY_ROLLING", "1"), "rate_limited", 10),
        (throttled("TEN_SECONDLY_ROLLING", "Tue, 24 Nov 2026 07:41:00 GMT"), "rate_limited", 60),
        (throttled("TEN_SECONDLY_ROLLING", "Tue, 24 Nov 2020 07:41:00 GMT"), "rate_limited", 10),
        (throttled("TEN_SECONDLY_ROLLING", "soon"), "rate_limited", 10),
        (throttled("TEN_SECONDLY_ROLLING", "31536000"), "rate_limited", DAY),
        (throttled("SECONDLY"), "rate_limited", 1),
        (throttled("SECONDLY", "7"), "rate_limited", 7),
        (throttled("DAILY"), "daily_limit", 900),
        (throttled("daily"), "daily_limit", 900),
        (throttled("DAILY", "3600"), "daily_limit", 3600),
        (throttled("A_NEW_ONE"), "rate_limited", 10),
        (throttled(message="You have reached your daily limit."), "daily_limit", 900),
        (throttled(message="You have reached your secondly limit."), "rate_limited", 1),
        (throttled(message="You have reached your ten_secondly_rolling limit."), "rate_limited", 10),
        (reply(429, b"<html>"), "rate_limited", 10),
        (reply(429), "rate_limited", 10),
    ],
)
def test_each_limit_waits_as_it_deserves_and_never_less_than_told(answer, reason, seconds):
    assert limit_reached(answer, NOW, BERLIN) == (reason, pytest.approx(seconds))


@pytest.mark.rule(12)
@pytest.mark.parametrize(("text", "seconds"), [("5000", 5), ("", 10), ("-1", 10), ("many", 10), ("9" * 9, 10)])
def test_a_rolling_limit_waits_for_as_long_as_its_header_says(text, seconds):
    assert limit_reached(reply(429, {}, {INTERVAL: text}), NOW, BERLIN) == ("rate_limited", seconds)


@pytest.mark.rule(12)
@pytest.mark.parametrize(("zone", "seconds"), [("Europe/Berlin", 600), ("UTC", 900), ("America/New_York", 900)])
def test_a_spent_day_is_asked_about_again_at_the_accounts_midnight_if_that_is_sooner(zone, seconds):
    assert limit_reached(throttled("DAILY"), TEN_TO_MIDNIGHT, ZoneInfo(zone)) == ("daily_limit", seconds)


@given(st.floats(NOW, NOW + 400 * DAY), st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]))
def test_a_spent_day_is_asked_about_every_fifteen_minutes_at_most_and_never_at_once(moment, zone):
    _, seconds = limit_reached(throttled("DAILY"), moment, ZoneInfo(zone))
    assert 0 < seconds <= 900
