"""The short way to the door: the same answers, without what Flask does for every request."""

import statistics
import time

import pytest
from doors import TOKEN, Doors
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from werkzeug.test import EnvironBuilder

from handlers.signatures import PathToken

BODY = b'{"id": "ev-1"}'


@pytest.fixture
def doors():
    return Doors()


def usual(doors):
    """The same door, with nothing in front of Flask."""
    del doors.client.application.wsgi_app
    return doors


def by_flask(doors):
    """The addresses that Flask itself is asked about from now on."""
    asked = []
    doors.client.application.before_request_funcs.setdefault(None, []).append(lambda: asked.append(1))
    return asked


def test_a_plain_address_of_a_source_is_answered_without_flask(doors):
    asked = by_flask(doors)
    assert doors.post(BODY).status_code == 202
    assert asked == []


@pytest.mark.parametrize(
    "path",
    ["/webhooks/it/", "/webhooks//it", "/webhooks/it/a/b", "/webhooks/it/%C3%A4", "/webhook/it"],
)
def test_any_other_address_takes_the_usual_way(doors, path):
    asked = by_flask(doors)
    assert doors.post(BODY, path).status_code == 404
    assert asked == [1]


@pytest.mark.parametrize("path", ["/webhooks/other", "/webhooks/other/token", "/webhooks/IT", "/webhooks/.."])
def test_a_source_that_there_is_not_takes_the_same_way_as_one_that_there_is(doors, path):
    asked = by_flask(doors)
    assert doors.post(BODY, path).status_code == 404
    assert asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_methods_are_judged_alike_on_both_ways(doors, method):
    short, long = doors.open(method), usual(Doors()).open(method)
    assert (short.status_code, short.data, short.headers["Allow"]) == (long.status_code, long.data, "POST")


def test_what_nobody_foresaw_is_told_as_marquees_own_fault(doors):
    def fails(_arrivals):
        raise ZeroDivisionError

    doors.inbox.store_all = fails
    answer = doors.post(BODY)
    assert (answer.status_code, answer.json["reason"]) == (500, "internal_error")


@pytest.mark.no_cover  # which slows each line down
def test_how_long_an_answer_takes_does_not_tell_an_unknown_source_from_a_wrong_token():
    door = Doors(schemes=lambda _source: [PathToken()]).client.application.wsgi_app
    with capture_logs():  # a line on a terminal takes longer than all the rest
        ratios = [_ratio(door, "/webhooks/it/a-wrong-token", "/webhooks/nobody/a-wrong-token") for _ in range(5)]
    assert 0.95 < statistics.median(ratios) < 1.05


def _ratio(door, *paths):
    """Of the work for two addresses, by what it mostly is."""
    took = [[_took(door, path) for path in paths] for _ in range(600)]
    one, other = (statistics.median(times) for times in zip(*took, strict=True))
    return one / other


def _took(door, path):
    environment = EnvironBuilder(path=path, method="POST", data=BODY).get_environ()
    started = time.perf_counter_ns()
    b"".join(door(environment, lambda *_: None))
    return time.perf_counter_ns() - started


PARTS = st.sampled_from(["it", "own", "webhooks", "the-secret", "", ".", "..", "%2F", "%C3%A4", "%0A", "it%00", "a b"])


@given(st.lists(PARTS, max_size=4).map("/".join))
@settings(max_examples=80, deadline=None)
def test_whatever_the_address_both_ways_end_in_the_same_answer(end):
    short, long = (door.post(BODY, f"/webhooks/{end}", TOKEN) for door in (SHORT, LONG))
    assert (short.status_code, _without_number(short.json)) == (long.status_code, _without_number(long.json))


def _without_number(answer):
    return answer and {name: value for name, value in answer.items() if name != "notification"}


SHORT, LONG = Doors(), usual(Doors())
