"""What a platform's answer means for the next call."""

from email.utils import formatdate

import pytest

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.trouble import trouble_of

NOON = 1_800_000_000.0


def trouble(status, headers=None, expects=(200,)):
    return trouble_of(Reply(status, headers or {}), expects, NOON)


@pytest.mark.parametrize(("status", "expects"), [(200, (200,)), (404, (200, 404)), (401, (200, 401)), (429, (429,))])
def test_what_is_expected_is_no_trouble(status, expects):
    assert trouble(status, expects=expects) is None


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 422, 204, 206])
def test_what_is_about_one_event_stops_nobody_else(status):
    assert trouble(status).about_event


@pytest.mark.parametrize("status", [None, 301, 302, 308, 408, 425, 500, 502, 503, 504, 599])
def test_what_is_about_the_platform_stops_others_only_when_it_comes_again(status):
    said = trouble(status)
    assert (said.about_event, said.closes) == (False, False)


@pytest.mark.parametrize("status", [401, 429])
def test_a_refused_token_and_a_spent_limit_stop_everything_at_once(status):
    assert trouble(status).closes


def test_a_refused_token_is_tried_again_after_five_minutes():
    assert (trouble(401).reason, trouble(401).at_least) == ("platform_refuses_token", 300.0)


@pytest.mark.parametrize("status", [429, 500, 503, 408])
@pytest.mark.parametrize("text", ["90", formatdate(NOON + 90, usegmt=True)])
def test_what_the_platform_tells_to_wait_is_taken_in_seconds_and_as_a_date(status, text):
    said = trouble(status, {"Retry-After": text})
    assert (said.told, said.closes) == (90.0, True)


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "1e400", formatdate(NOON - 90, usegmt=True)])
def test_nonsense_and_the_past_count_as_nothing_told(text):
    said = trouble(503, {"Retry-After": text})
    assert (said.told, said.closes) == (0.0, False)


def test_what_is_told_is_believed_for_a_day_at_most():
    assert trouble(429, {"Retry-After": "99999999"}).told == 86400.0
