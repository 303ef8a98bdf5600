"""HubSpot's answers and what they mean for what was sent."""

from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import complete, error, inputs, reply

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.verdict import GoOn, Pause, Rejection, Split, judge

NOW = 1_795_506_000.0  # 2026-11-24T07:40:00Z
ZONE = ZoneInfo("Europe/Berlin")
NAMES_NOBODY = [{"ids": [""]}, {}, {"ids": ["999"]}, {"message": ["2 is wrong"]}, {"ids": "x2"}, None, "text", ["2"]]
APART = frozenset({"2"})


def verdict(answer, *ids):
    return judge(inputs(*ids), answer, NOW, ZONE)


def refusal(status, message="no", **more):
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": message, "correlationId": "c-1"}
    return reply(status, body | more)


# What is confirmed.


@pytest.mark.rule(9)
@pytest.mark.parametrize("status", [200, 201, 202, 207])
def test_what_is_listed_is_confirmed_on_any_success(status):
    told = verdict(reply(status, complete("1", "2")), "1", "2")
    assert (set(told.confirmed), told.rejected, told.unsure, told.then) == ({"1", "2"}, {}, frozenset(), GoOn())


@pytest.mark.rule(9)
def test_the_order_of_results_says_nothing():
    told = verdict(
        reply(200, complete("2", "1") | {"results": [{"objectId": 2, "eventName": "b"}, {"objectId": "1"}]}), "1", "2"
    )
    assert told.confirmed == {"1": {"objectId": "1"}, "2": {"objectId": "2", "eventName": "b"}}


@pytest.mark.rule(9)
def test_more_results_than_sent_are_nobodys():
    assert set(verdict(reply(200, complete("1", "999")), "1").confirmed) == {"1"}


@pytest.mark.rule(9)
def test_a_result_without_an_object_id_is_nobodys():
    told = verdict(
        reply(200, {"status": "COMPLETE", "results": [{"eventName": "a"}, {"objectId": None}, "1"]}), "1", "None"
    )
    assert told.unsure == {"1", "None"}


@pytest.mark.rule(9)
def test_an_answer_without_a_status_counts_by_its_results():
    assert set(verdict(reply(200, {"results": [{"objectId": "1"}]}), "1").confirmed) == {"1"}


@pytest.mark.rule(3)
def test_what_is_confirmed_and_not_shown_as_sent_is_told():
    shown = {"status": "COMPLETE", "results": [{"objectId": "1", "eventName": "other"}, {"objectId": "2"}]}
    told = verdict(reply(200, shown), "1", "2")
    assert (set(told.confirmed), told.unseen) == ({"1", "2"}, {"1": ("eventName",)})


# What is rejected for good.


@pytest.mark.rule(9)
@pytest.mark.parametrize("status", [200, 207])
@pytest.mark.parametrize("key", ["ids", "id", "objectId", "objectWriteTraceId"])
def test_an_error_that_names_an_input_rejects_it_on_200_and_207_alike(status, key):
    told = verdict(reply(status, complete("1", errors=[error("2", key=key)])), "1", "2")
    assert (set(told.confirmed), told.rejected["2"].category, told.then) == ({"1"}, "OBJECT_NOT_FOUND", GoOn())


@pytest.mark.rule(9)
def test_one_error_may_name_several_inputs():
    told = verdict(reply(207, complete("1", errors=[error("2", "3", "999")])), "1", "2", "3")
    assert (set(told.rejected), told.unsure) == ({"2", "3"}, frozenset())


@pytest.mark.rule(9)
def test_an_error_may_name_its_inputs_in_its_details():
    answer = complete("1", errors=[{"category": "X", "errors": [{"message": "words", "context": {"ids": [2]}}]}])
    assert set(verdict(reply(207, answer), "1", "2").rejected) == {"2"}


@pytest.mark.rule(9)
def test_an_input_that_is_listed_and_named_by_an_error_is_confirmed():
    told = verdict(reply(207, complete("1", errors=[error("1")])), "1")
    assert (set(told.confirmed), told.rejected) == ({"1"}, {})


@pytest.mark.rule(9)
@pytest.mark.parametrize("context", NAMES_NOBODY)
def test_an_error_that_names_nobody_rejects_nobody_and_those_missing_go_apart(context):
    told = verdict(reply(207, complete("1", errors=[error() | {"context": context}])), "1", "2")
    assert (told.rejected, told.unsure, told.then) == ({}, {"2"}, Split(APART))


@pytest.mark.rule(9)
@pytest.mark.parametrize("context", NAMES_NOBODY)
def test_an_error_about_an_input_sent_alone_is_about_that(context):
    told = verdict(reply(207, complete(errors=[error() | {"context": context}])), "2")
    assert (told.rejected["2"].message, told.then) == ("words", GoOn())


@pytest.mark.rule(9)
def test_of_several_errors_about_an_input_sent_alone_the_one_that_names_it_has_the_word():
    told = verdict(reply(207, complete(errors=[error("", category="A"), error("2", category="B")])), "2")
    assert told.rejected["2"].category == "B"


@pytest.mark.rule(11)
@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_of_many_is_split_and_of_one_is_its_own(status):
    many = verdict(refusal(status), "1", "2")
    assert (many.rejected, many.unsure, many.then) == ({}, {"1", "2"}, Split())
    one = verdict(refusal(status), "1")
    assert one.rejected["1"] == Rejection("VALIDATION_ERROR", "no", "c-1")
    assert one.then == GoOn()


@pytest.mark.rule(11)
@pytest.mark.parametrize("body", [b"<html>", {"message": "too large"}])
def test_too_much_at_once_goes_in_smaller_parts_and_alone_is_rejected(body):
    assert verdict(reply(413, body), "1", "2", "3").then == Split(most=2)
    assert verdict(reply(413, body), "1", "2").then == Split(most=1)
    assert verdict(reply(413, body), "1").rejected["1"].category == "HTTP_413"


@pytest.mark.rule(4)
@pytest.mark.parametrize(
    ("number", "most"), [("2", 2), ("2. Please reduce", 2), ("3", None), ("0", None), ("many", None)]
)
@pytest.mark.parametrize("words", ["in a batch is", "in a batch request for property histories is"])
def test_more_inputs_than_hubspot_names_go_in_parts_of_that_many(number, most, words):
    answer = refusal(400, f"The maximum number of inputs supported {words} {number}")
    assert verdict(answer, "a", "b", "c").then == Split(most=most)


@pytest.mark.rule(11)
def test_an_address_that_is_too_long_is_split_as_well():
    assert verdict(reply(414, b"<html>"), "1", "2").then == Split()
    assert verdict(reply(414, b"<html>"), "1").rejected["1"].category == "HTTP_414"


@pytest.mark.rule(11)
@pytest.mark.parametrize("status", [400, 404])
def test_a_refusal_because_objects_are_not_there_rejects_those_that_it_names(status):
    told = verdict(reply(status, error("2")), "1", "2")
    assert (set(told.rejected), told.unsure, told.then) == ({"2"}, {"1"}, Split())


@pytest.mark.rule(18)
def test_a_404_that_hubspot_says_of_an_object_sent_alone_is_about_that_object():
    body = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "No marketing event found"}
    assert verdict(reply(404, body), "1").rejected["1"].message == "No marketing event found"


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    "more",
    [
        {"message": "Duplicate IDs found in batch input: [2]. IDs must be unique", "context": {"ids": ["2"]}},
        {"context": {"objectId": ["2"]}},
        {"message": "marketing event 2 has an invalid date"},
        {"message": 'Property values were not valid: [{"isValid":false,"objectId":"2"}]'},
        {"errors": [{"message": "words", "context": {"ids": ["2"]}}]},
        {"errors": [{"message": "marketing event 2"}]},
        {"context": {"details": ["event 2 is wrong", 7, None]}},
    ],
)
def test_a_refusal_of_many_that_hints_at_one_has_it_sent_apart_and_rejects_it_not_yet(more):
    told = verdict(refusal(400, **more), "1", "2", "3")
    assert (told.rejected, told.then) == ({}, Split(APART))


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    "more",
    [
        {"message": "events 1 and 2 are wrong"},
        {"message": "event 22 or x2 is wrong"},
        {"context": {"ids": ["1", "2", "3"]}},
        {"context": {"ids": ["999"]}},
    ],
)
def test_a_refusal_that_hints_at_nobody_or_at_all_is_no_hint(more):
    assert verdict(refusal(400, **more), "1", "2", "3").then == Split()


@pytest.mark.rule(25)
def test_hubspots_words_are_kept_within_bounds():
    answer = refusal(400, "x" * 9999, category="y" * 9999, correlationId="a\nforged line")
    said = verdict(reply(400, orjson.loads(answer.body), {"X-HubSpot-Correlation-Id": "c-2"}), "1").rejected["1"]
    assert (len(said.message), len(said.category), said.correlation_id) == (500, 100, "c-2")


@pytest.mark.rule(25)
def test_without_a_body_a_refusal_is_named_by_its_status():
    said = verdict(reply(400, {}, {"X-HubSpot-Correlation-Id": "c-2"}), "1").rejected["1"]
    assert (said.category, said.message, said.correlation_id) == ("HTTP_400", None, "c-2")


# What is not known, or not yet.


@pytest.mark.rule(9)
def test_an_input_missing_without_a_word_is_unsure_and_asked_again():
    told = verdict(reply(200, complete("1")), "1", "2")
    assert (told.unsure, told.not_now, told.then) == ({"2"}, frozenset(), Split())


@pytest.mark.rule(10)
@pytest.mark.parametrize("ids", [("1",), ("1", "2")])
@pytest.mark.parametrize(
    "body", [complete(), {}, complete() | {"numErrors": 2}, {"results": None}, {"results": {"1": 1}}]
)
def test_an_empty_200_confirms_nothing_and_is_not_taken_apart(body, ids):
    told = verdict(reply(200, body), *ids)
    assert (told.confirmed, told.unsure, told.then) == ({}, set(ids), GoOn())


@pytest.mark.rule(10)
@pytest.mark.parametrize("word", ["PENDING", "PROCESSING", "CANCELED", "SOMETHING_NEW", "x" * 999])
def test_a_status_other_than_complete_confirms_nothing(word):
    told = verdict(reply(200, complete("1") | {"status": word}), "1")
    assert (told.confirmed, told.unsure, told.then, told.hubspot_status) == ({}, {"1"}, GoOn(), word[:40])


@pytest.mark.rule(10)
@pytest.mark.parametrize("status", [200, 204, 207])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"status": "COMPLETE", "resul', b"\xff", b"[" * 9999]
)
def test_a_success_that_cannot_be_read_confirms_nothing_and_pauses(status, body):
    told = verdict(reply(status, body), "1")
    assert (told.unsure, told.not_now, told.then) == ({"1"}, frozenset(), Pause("unreadable_answer"))


@pytest.mark.parametrize("category", ["INTERNAL_ERROR", "RATE_LIMITS", "MISSING_SCOPES"])
@pytest.mark.parametrize("named", [("2",), ("",)])
@pytest.mark.parametrize("sent", [("1", "2"), ("2",)])
def test_an_error_of_hubspots_own_about_an_input_is_for_later_and_kills_nobody(category, named, sent):
    told = verdict(reply(207, complete("1", errors=[error(*named, category=category)])), *sent)
    assert (told.rejected, told.unsure, told.not_now, told.then) == ({}, {"2"}, {"2"}, GoOn())


def test_a_lasting_error_about_an_input_outweighs_one_for_later():
    errors = [error("2", category="INTERNAL_ERROR"), error("2")]
    told = verdict(reply(207, complete("1", errors=errors)), "1", "2")
    assert (set(told.rejected), told.not_now) == ({"2"}, frozenset())


def test_beside_an_error_for_later_a_lasting_one_is_still_looked_for():
    errors = [error("2", category="INTERNAL_ERROR"), error("")]
    told = verdict(reply(207, complete("1", errors=errors)), "1", "2", "3")
    assert (told.not_now, told.then) == ({"2"}, Split(frozenset({"3"})))


@pytest.mark.rule(18)
@pytest.mark.parametrize(
    ("answer", "reason", "not_now"),
    [
        (reply(302, None, {"Location": "https://elsewhere.example"}), "redirected", True),
        (reply(400, b"<html>"), "unexpected_status", True),
        (refusal(400, category="EXPIRED_AUTHENTICATION"), "unexpected_status", True),
        (refusal(401, category="EXPIRED_AUTHENTICATION"), "unauthorized", True),
        (refusal(403, category="MISSING_SCOPES"), "forbidden", True),
        (reply(404, b"<html>"), "not_found", True),
        (reply(404, {"message": "resource not found"}), "not_found", True),
        (reply(405, {}), "unexpected_status", True),
        (reply(410, {"category": "VALIDATION_ERROR"}), "unexpected_status", True),
        (reply(415, {}), "unexpected_status", True),
        (reply(418), "unexpected_status", True),
        (reply(408), "unavailable", False),
        (reply(423), "locked", True),
        (reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}), "rate_limited", True),
        (reply(429, {"policyName": "DAILY"}), "daily_limit", True),
        (reply(477), "migration", True),
        *((reply(status, b"<html>"), "unavailable", False) for status in (500, 501, 502, 503, 504, 524)),
        *((reply(status, b"<html>"), "unavailable", True) for status in (521, 523)),
        (reply(522), "unreachable", False),
        *((reply(status), "unreachable", True) for status in (525, 526)),
        *((Reply(None, fault=word), "network", True) for word in ("dns", "refused", "connect_timeout")),
        *(
            (Reply(None, fault=word), "network", False)
            for word in ("read_timeout", "reset", "tls", "too_large_or_slow")
        ),
        (Reply(None, fault="reconnect"), "reconnect", True),
        (reply(101), "unexpected_status", False),
    ],
)
@pytest.mark.parametrize("ids", [("1",), ("1", "2")])
def test_what_concerns_all_of_hubspot_pauses_and_kills_nobody(answer, reason, not_now, ids):
    told = verdict(answer, *ids)
    assert told.then.reason == reason
    assert (told.confirmed, told.rejected, told.unsure) == ({}, {}, set(ids))
    assert told.not_now == (set(ids) if not_now else set())


# Whatever comes.

statuses = st.none() | st.integers(100, 599)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "X-HubSpot-RateLimit-Interval-Milliseconds"]), st.text(max_size=20)
)
ids = st.sets(st.sampled_from("123456"), min_size=1)
members = st.sampled_from(
    [
        "status",
        "results",
        "errors",
        "numErrors",
        "context",
        "ids",
        "objectId",
        "category",
        "message",
        "customProperties",
    ]
)
words = st.sampled_from([*"123456", "COMPLETE", "VALIDATION_ERROR", "OBJECT_NOT_FOUND"]) | st.text(max_size=5)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(members, inner, max_size=5),
    max_leaves=20,
)
results = st.lists(st.fixed_dictionaries({"objectId": st.sampled_from("123456789"), "new": json_values}))


def listed(body):
    found = body.get("results") if isinstance(body, dict) else None
    items = found if isinstance(found, list) else []
    return {str(item["objectId"]) for item in items if isinstance(item, dict) and "objectId" in item}


def check(told, sent, body):
    assert sorted([*told.confirmed, *told.rejected, *told.unsure]) == sorted(sent)
    assert told.not_now <= told.unsure
    assert told.confirmed.keys() <= listed(body)
    assert told.unseen.keys() <= told.confirmed.keys()


@pytest.mark.rule(9)
@pytest.mark.rule(18)
@given(statuses, json_values | st.fixed_dictionaries({"results": json_values, "errors": json_values}), headers, ids)
def test_whatever_json_comes_back_every_input_has_one_lot_and_none_is_confirmed_that_is_not_listed(
    status, body, given_headers, sent
):
    check(judge(inputs(*sent), reply(status, body, given_headers), NOW, ZONE), sent, body)


@given(statuses, st.binary(max_size=40), headers, ids)
def test_whatever_bytes_come_back_every_input_has_one_lot(status, body, given_headers, sent):
    check(judge(inputs(*sent), reply(status, body, given_headers), NOW, ZONE), sent, None)


@pytest.mark.rule(1)
@pytest.mark.rule(18)
@given(st.sampled_from([200, 207]), ids, results, st.lists(st.sampled_from("123456789")), json_values)
def test_members_that_nobody_knows_change_nothing(status, sent, shown, failed, unknown):
    plain = complete(*(item["objectId"] for item in shown), errors=[error(*failed)])
    more = plain | {"results": shown, "errors": [error(*failed) | {"new": unknown}], "new": unknown}
    assert verdict(reply(status, more), *sent) == verdict(reply(status, plain), *sent)
