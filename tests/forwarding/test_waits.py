"""What concerns all of HubSpot, in which words, and for how long."""

from datetime import UTC

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from replies import error, reply

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.tokens import WORDS
from handlers.forwarding.waits import Pause, backoff, changed_nothing, judge_call, judge_look_up, unexpected

NOW = 1_795_506_000.0  # 2026-11-24T07:40:00Z
HOUR = {"Retry-After": "3600"}


def waits(answer):
    return judge_call(answer, NOW, UTC)


def fault(word):
    return Reply(None, fault=word)


@pytest.mark.rule(14)
@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        (reply(408), "unavailable", 0),
        (reply(423), "locked", 2),
        (reply(423, None, {"Retry-After": "1"}), "locked", 2),
        (reply(425), "unavailable", 0),
        (reply(429, {"policyName": "DAILY"}), "daily_limit", 900),
        (reply(477), "migration", 60),
        (reply(477, None, HOUR), "migration", 3600),
        (reply(477, None, {"Retry-After": "86400"}), "migration", 86400),
        (reply(500, {"category": "INTERNAL_ERROR"}), "unavailable", 0),
        (reply(501), "unavailable", 0),
        (reply(502, b"<html>"), "unavailable", 0),
        (reply(503, None, {"Retry-After": "30"}), "unavailable", 30),
        (reply(504), "unavailable", 0),
        (reply(521), "unavailable", 0),
        (reply(522), "unreachable", 0),
        (reply(523), "unavailable", 0),
        (reply(524), "unavailable", 0),
        (reply(525), "unreachable", 0),
        (reply(526), "unreachable", 0),
        (reply(599), "unavailable", 0),
    ],
)
def test_what_passes_by_itself_waits_at_least_as_long_as_told(answer, reason, seconds):
    assert waits(answer) == Pause(reason, seconds)


@pytest.mark.rule(14)
@pytest.mark.parametrize(("status", "urgent"), [(521, False), (524, False), (522, True), (525, True), (526, True)])
def test_what_hubspot_wants_to_be_told_of_is_urgent(status, urgent):
    assert waits(reply(status)).urgent is urgent


@pytest.mark.rule(16)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"category": "INVALID_AUTHENTICATION", "message": "credentials not found"}, "does not know the token"),
        ({"category": "EXPIRED_AUTHENTICATION", "message": "expired 75 second(s) ago"}, "has expired"),
        ({"category": "EXPIRED_AUTHENTICATION", "message": "expired 20543 day(s) ago."}, "a wrong string"),
        (
            {"category": "EXPIRED_AUTHENTICATION", "context": {"expire time": ["1970-01-01T00:00:00Z"]}},
            "a wrong string",
        ),
        (b"<html>", "does not know the token"),
    ],
)
def test_a_401_is_explained_by_what_it_says(body, words):
    pause = waits(reply(401, body))
    assert (pause, pause.urgent) == (Pause("unauthorized", 300), True)
    assert words in pause.detail


@pytest.mark.rule(16)
@pytest.mark.parametrize("key", ["requiredGranularScopes", "missingScopes"])
def test_a_403_names_the_missing_scopes(key):
    scope = "crm.objects.marketing_events.write"
    body = {"category": "MISSING_SCOPES", "errors": [{"message": "One or more", "context": {key: [scope]}}]}
    pause = waits(reply(403, body))
    assert (pause, pause.urgent) == (Pause("forbidden", 300), True)
    assert scope in pause.detail


@pytest.mark.rule(16)
def test_without_credentials_the_pause_is_named_by_what_they_lack_and_ends_no_sooner_than_told():
    pause = waits(Reply(None, {"Retry-After": "300"}, fault="reconnect"))
    assert (pause, pause.detail, pause.urgent) == (Pause("reconnect", 300), WORDS["reconnect"], True)


@pytest.mark.rule(17)
def test_a_token_endpoint_that_is_down_is_nothing_urgent():
    pause = waits(Reply(None, {"Retry-After": "5"}, fault="token_unavailable"))
    assert (pause, pause.urgent) == (Pause("token_unavailable", 5), False)


@pytest.mark.rule(10)
@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("dns", "name"),
        ("refused", "takes no connection"),
        ("connect_timeout", "takes no connection"),
        ("read_timeout", "HUBSPOT_TIMEOUT"),
        ("too_large_or_slow", "too large"),
        ("tls", "certificate"),
        ("reset", "broke"),
        ("broken", "broke"),
        (None, "broke"),
    ],
)
def test_a_fault_of_the_network_pauses_and_says_which(word, says):
    pause = waits(fault(word))
    assert (pause, pause.urgent) == (Pause("network"), word == "tls")
    assert says in pause.detail


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed_and_urgent(status):
    pause = waits(reply(status, None, {"Location": "https://elsewhere.example"}))
    assert (pause, pause.urgent) == (Pause("redirected", 300), True)
    assert "elsewhere" not in pause.detail


def test_an_address_that_is_not_there_is_a_matter_of_the_settings():
    pause = unexpected(reply(404, {"message": "resource not found"}))
    assert (pause, pause.urgent) == (Pause("not_found", 300), True)
    assert "HUBSPOT_API_VERSION" in pause.detail


@pytest.mark.parametrize("status", [200, 207, 400, 404, 409, 422])
def test_other_answers_hold_up_no_other_call(status):
    assert waits(reply(status)) is None


@pytest.mark.rule(25)
@given(st.sampled_from([401, 403, 404, 429, 477, 500]), st.text(min_size=12), st.text(min_size=12))
@example(404, "HUBSPOT_BASE", "HUBSPOT_BASE")
def test_the_words_of_a_pause_repeat_nothing_of_the_answer(status, message, name):
    own = (waits(reply(status)) or unexpected(reply(status))).detail
    assume(message not in own and name not in own)  # hypothesis also draws from our own words
    pause = waits(reply(status, {"message": message, "context": {"x": [name]}})) or unexpected(reply(status))
    assert message not in pause.detail
    assert name not in pause.detail


@pytest.mark.rule(10)
@pytest.mark.parametrize(
    ("answer", "surely"),
    [
        *((fault(word), True) for word in ("refused", "dns", "connect_timeout", "reconnect", "token_unavailable")),
        *((fault(word), False) for word in ("read_timeout", "reset", "broken", "tls", "too_large_or_slow", None)),
        *((reply(status), True) for status in (302, 400, 401, 403, 404, 413, 423, 429, 477, 521, 523, 525, 526)),
        *((reply(status), False) for status in (200, 204, 408, 500, 502, 503, 504, 522, 524)),
    ],
)
def test_only_what_was_refused_or_never_arrived_surely_changed_nothing(answer, surely):
    assert changed_nothing(answer) is surely


@pytest.mark.rule(15)
@given(st.integers(0, 2000), st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_told(failures, at_least, chance):
    assert backoff(failures, at_least, chance) >= at_least


@pytest.mark.rule(15)
def test_waits_grow_to_five_minutes_and_chance_only_adds_to_them():
    assert [backoff(failures, 0, 0) for failures in (1, 2, 3, 8, 9, 2000)] == [2, 4, 8, 256, 300, 300]
    assert backoff(1, 0, 0.5) > backoff(1, 0, 0)


@pytest.mark.rule(18)
@pytest.mark.parametrize(
    "answer",
    [
        reply(200, {"results": []}),
        reply(404, error()),
        reply(400, {"category": "VALIDATION_ERROR", "message": "Unable to parse value"}),
        reply(414, b"<html>"),
    ],
)
def test_a_look_up_that_found_nothing_or_can_find_nothing_is_an_answer(answer):
    assert judge_look_up(answer, NOW, UTC) is None


@pytest.mark.rule(18)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(404, b"<html>"), "not_found"),
        (reply(404, {"message": "resource not found"}), "not_found"),
        (reply(200, b"<html>"), "unreadable_answer"),
        (reply(200, []), "unreadable_answer"),
        (reply(200, {"status": "error"}), "unreadable_answer"),
        (reply(400, {}), "unexpected_status"),
        (reply(400, b"<html>"), "unexpected_status"),
        (reply(204), "unexpected_status"),
        (reply(302), "redirected"),
        (reply(401), "unauthorized"),
        (reply(429), "rate_limited"),
        (reply(500), "unavailable"),
        (Reply(None, fault="dns"), "network"),
    ],
)
def test_a_look_up_without_an_answer_pauses(answer, reason):
    assert judge_look_up(answer, NOW, UTC).reason == reason
