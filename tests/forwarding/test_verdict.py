"""HubSpot's answers and what they mean."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import complete, error, inputs, reply

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.verdict import GoOn, Pause, Split, backoff, judge, judge_look_up, retry_after

NOW = 1_795_506_000.0  # 2026-11-24T07:40:00Z
ZONE = ZoneInfo("Europe/Berlin")


def verdict(answer, *ids):
    return judge(inputs(*ids), answer, NOW, ZONE)


@pytest.mark.parametrize("status", [200, 207])
def test_what_is_listed_is_confirmed_on_200_and_207_alike(status):
    told = verdict(reply(status, complete("1", "2")), "1", "2")
    assert (set(told.confirmed), told.rejected, told.unsure, told.then) == ({"1", "2"}, {}, frozenset(), GoOn())


@pytest.mark.parametrize("status", [200, 207])
@pytest.mark.parametrize("key", ["ids", "id", "objectId"])
def test_an_error_that_names_an_input_rejects_it_on_200_and_207_alike(status, key):
    told = verdict(reply(status, complete("1", errors=[error("2", key=key)])), "1", "2")
    assert (set(told.confirmed), told.rejected["2"].category, told.then) == ({"1"}, "OBJECT_NOT_FOUND", GoOn())


@pytest.mark.parametrize("context", [{"ids": [""]}, {}, {"ids": ["999"]}, {"message": ["2 is wrong"]}, None])
def test_an_error_that_names_nobody_rejects_nobody_and_asks_again_apart(context):
    told = verdict(reply(207, complete("1", errors=[error() | {"context": context}])), "1", "2")
    assert (told.rejected, told.unsure, told.then) == ({}, {"2"}, Split())


def test_an_error_about_an_input_sent_alone_is_about_that():
    told = verdict(reply(207, complete(errors=[error("")])), "2")
    assert told.rejected["2"].message == "words"


def test_an_input_missing_without_a_word_is_unsure_and_asked_again_apart():
    told = verdict(reply(200, complete("1")), "1", "2")
    assert (told.unsure, told.then) == ({"2"}, Split())


@pytest.mark.parametrize("ids", [("1",), ("1", "2")])
def test_an_empty_200_confirms_nothing_and_is_not_taken_apart(ids):
    told = verdict(reply(200, complete()), *ids)
    assert (told.confirmed, told.unsure, told.then) == ({}, set(ids), GoOn())


def test_results_that_nobody_asked_for_are_nobodys():
    assert set(verdict(reply(200, complete("1", "999")), "1").confirmed) == {"1"}


@pytest.mark.parametrize("word", ["PENDING", "PROCESSING", "CANCELED", "SOMETHING_NEW"])
def test_a_status_other_than_complete_confirms_nothing(word):
    told = verdict(reply(200, complete("1") | {"status": word}), "1")
    assert (told.confirmed, told.unsure, told.then, told.hubspot_status) == ({}, {"1"}, GoOn(), word)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"status": "COMPLETE", "resul', b"\xff"])
def test_a_2xx_that_cannot_be_read_confirms_nothing_and_pauses(body):
    told = verdict(reply(200, body), "1")
    assert (told.unsure, told.then) == ({"1"}, Pause("unreadable_answer"))


@pytest.mark.parametrize("status", [400, 409, 413, 414, 422])
def test_a_refusal_of_many_is_split_and_of_one_is_its_own(status):
    answer = reply(status, {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "correlationId": "c-1"})
    many = verdict(answer, "1", "2")
    assert (many.rejected, many.unsure, many.then) == ({}, {"1", "2"}, Split())
    one = verdict(answer, "1")
    assert (one.rejected["1"].message, one.rejected["1"].correlation_id, one.then) == ("no", "c-1", GoOn())


def test_a_404_that_hubspot_says_of_an_object_is_about_that_object():
    answer = reply(404, error("2"))
    assert set(verdict(answer, "1", "2").rejected) == {"2"}
    assert set(verdict(answer, "1").rejected) == {"1"}


@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        (reply(404, b"<html>"), "unexpected_status", 300),
        (reply(404, {"message": "no such path"}), "unexpected_status", 300),
        (reply(401, {"category": "EXPIRED_AUTHENTICATION"}), "unauthorized", 300),
        (reply(403, {"category": "MISSING_SCOPES"}), "forbidden", 300),
        (reply(423), "locked", 2),
        (reply(477, None, {"Retry-After": "3600"}), "migration", 3600),
        (reply(477), "migration", 60),
        (reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}), "rate_limited", 10),
        (
            reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"X-HubSpot-RateLimit-Interval-Milliseconds": "5000"}),
            "rate_limited",
            5,
        ),
        (reply(429, {"policyName": "SECONDLY"}), "rate_limited", 1),
        (reply(429, {"policyName": "SECONDLY"}, {"Retry-After": "7"}), "rate_limited", 7),
        (reply(429, b"<html>"), "rate_limited", 10),
        (reply(429, {"policyName": "DAILY"}), "daily_limit", 900),
        (reply(408), "unavailable", 0),
        (reply(500), "unavailable", 0),
        (reply(502, b"<html>"), "unavailable", 0),
        (reply(503, None, {"Retry-After": "30"}), "unavailable", 30),
        (reply(524), "unavailable", 0),
        (reply(302, None, {"Location": "https://elsewhere.example"}), "redirected", 300),
        (reply(204), "unexpected_status", 300),
        (Reply(None, fault="read_timeout"), "network", 0),
    ],
)
def test_what_concerns_all_of_hubspot_pauses_and_kills_nobody(answer, reason, seconds):
    told = verdict(answer, "1", "2")
    assert told.then == Pause(reason, seconds)
    assert (told.confirmed, told.rejected, told.unsure) == ({}, {}, {"1", "2"})


def test_a_spent_daily_limit_is_asked_again_at_the_accounts_midnight_if_that_is_sooner():
    ten_to_midnight = 1_795_560_600.0  # 2026-11-24T23:50:00 in Berlin
    told = judge(inputs("1"), reply(429, {"policyName": "DAILY"}), ten_to_midnight, ZONE)
    assert told.then.at_least == 600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("Tue, 24 Nov 2026 07:41:00 GMT", 60),
        ("Tue, 24 Nov 2020 07:41:00 GMT", 0),
        ("soon", 0),
        ("", 0),
        ("-5", 0),
        ("nan", 0),
        ("9" * 400, 0),
        ("31536000", 86400),
    ],
)
def test_retry_after_is_understood_or_counts_for_nothing(text, seconds):
    assert retry_after(reply(429, None, {"Retry-After": text}), NOW) == pytest.approx(seconds)


@given(st.integers(0, 2000), st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_told(failures, at_least, chance):
    assert backoff(failures, at_least, chance) >= at_least


def test_a_look_up_that_found_nothing_is_an_answer():
    assert judge_look_up(reply(200, {"results": []}), NOW, ZONE) is None
    assert judge_look_up(reply(404, error()), NOW, ZONE) is None


@pytest.mark.parametrize(
    "answer", [reply(404, b"<html>"), reply(200, b"<html>"), reply(400, {}), reply(500), reply(401), Reply(None)]
)
def test_a_look_up_without_an_answer_pauses(answer):
    assert isinstance(judge_look_up(answer, NOW, ZONE), Pause)


statuses = st.none() | st.integers(100, 599)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "X-HubSpot-RateLimit-Interval-Milliseconds"]), st.text(max_size=20)
)


@given(statuses, st.binary(max_size=40), headers, st.sets(st.sampled_from("123456"), min_size=1))
def test_every_input_has_exactly_one_lot_whatever_comes_back(status, body, given_headers, ids):
    told = judge(inputs(*ids), Reply(status, given_headers, body), NOW, ZONE)
    lots = [*told.confirmed, *told.rejected, *told.unsure]
    assert sorted(lots) == sorted(ids)
    assert not told.confirmed
