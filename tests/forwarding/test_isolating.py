"""Every bad input is found in few calls, and no good one is held up by it."""

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import HubSpot, complete, error, inputs, reply

from handlers.forwarding.isolating import Isolation
from handlers.forwarding.verdict import judge

NOW = 1_795_506_000.0


def isolate(hubspot, sent):
    """All verdicts, with HubSpot called as the isolation wants."""
    isolation, verdicts = Isolation(inputs(*sent)), []
    while part := isolation.next_part():
        verdicts.append(judge(part, hubspot.batch_update(part), NOW, None))
        isolation.heed(part, verdicts[-1])
    return verdicts


def lot(verdicts, name):
    return sorted(object_id for verdict in verdicts for object_id in getattr(verdict, name))


def account(poison, words=lambda bad: {}, limit=1000):
    """A HubSpot that refuses a call with poison in it, and one over its limit."""

    def answer(entries):
        sent = [entry["objectId"] for entry in entries]
        bad = [object_id for object_id in sent if object_id in poison]
        if len(sent) > limit:
            return reply(413, b"<html>")
        if not bad:
            return reply(200, complete(*sent))
        return reply(400, {"category": "VALIDATION_ERROR", "message": "Property values were not valid", **words(bad)})

    return HubSpot(answer)


def partial(poison, context):
    """A HubSpot that takes the good ones of a call and names the bad ones as `context` makes it."""

    def answer(entries):
        sent = [entry["objectId"] for entry in entries]
        bad = [object_id for object_id in sent if object_id in poison]
        errors = [{"category": "VALIDATION_ERROR", "message": "no", "context": context(bad)}] if bad else None
        return reply(207, complete(*(each for each in sent if each not in poison), errors=errors))

    return HubSpot(answer)


ids = st.sets(st.integers(10**10, 10**12).map(str), min_size=1, max_size=100)
poisons = st.data()


def poison_of(data, sent):
    return data.draw(st.sets(st.sampled_from(sorted(sent)), max_size=3))


def check(hubspot, sent, poison):
    verdicts = isolate(hubspot, sorted(sent))
    assert lot(verdicts, "confirmed") == sorted(sent - poison)
    assert lot(verdicts, "rejected") == sorted(poison)
    assert all(0 < len(told) == len(set(told)) for told in hubspot.told)
    return len(hubspot.told) - 1


@pytest.mark.rule(11)
@given(ids, poisons)
def test_each_bad_one_costs_at_most_two_calls_for_each_halving(sent, data):
    poison = poison_of(data, sent)
    further = check(account(poison), sent, poison)
    assert further <= len(poison) * 2 * ceil(log2(len(sent)))


@pytest.mark.rule(11)
@pytest.mark.parametrize("place", range(100))
def test_one_bad_one_among_a_hundred_costs_nine_further_calls_at_most(place):
    sent = [str(1000 + number) for number in range(100)]
    assert check(account({sent[place]}), set(sent), {sent[place]}) <= 9


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("a", ["abcdefgh", "abcd", "ab", "a", "bcdefgh"]),
        ("b", ["abcdefgh", "abcd", "ab", "a", "b", "cdefgh"]),
        ("d", ["abcdefgh", "abcd", "ab", "c", "d", "efgh"]),
        ("h", ["abcdefgh", "abcd", "ef", "g", "h"]),
        ("ah", ["abcdefgh", "abcd", "ab", "a", "bcdefgh", "bcde", "fg", "h"]),
    ],
)
def test_the_half_that_must_hold_the_bad_one_is_not_sent_whole_and_all_that_is_untested_goes_together(bad, told):
    hubspot = account(set(bad))
    isolate(hubspot, "abcdefgh")
    assert ["".join(part) for part in hubspot.told] == told


@pytest.mark.rule(11)
@given(ids)
def test_where_all_are_bad_each_costs_about_two_calls(sent):
    assert check(account(sent), sent, sent) <= 2 * len(sent) + ceil(log2(len(sent)))


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    "words",
    [
        lambda bad: {"context": {"ids": bad}},
        lambda bad: {"message": f"event {bad[0]} is not valid"},
        lambda bad: {"message": f'Property values were not valid: [{{"objectId":"{bad[0]}"}}]'},
    ],
)
@given(ids, poisons)
def test_where_hubspot_names_it_each_bad_one_costs_two_calls(words, sent, data):
    poison = poison_of(data, sent)
    assert check(account(poison, words), sent, poison) <= 2 * len(poison)


@pytest.mark.rule(11)
@given(ids, poisons)
def test_a_hint_at_a_good_one_costs_calls_and_nothing_else(sent, data):
    poison = poison_of(data, sent)
    wrong = data.draw(st.sampled_from(sorted(sent)))
    check(account(poison, lambda bad: {"context": {"ids": [wrong]}}), sent, poison)


@pytest.mark.rule(11)
@given(ids, poisons)
def test_what_hubspot_finds_not_there_is_not_sent_a_second_time(sent, data):
    gone = poison_of(data, sent)
    hubspot = account(gone, lambda bad: {"category": "OBJECT_NOT_FOUND", "context": {"ids": bad}})
    assert check(hubspot, sent, gone) <= 1


@pytest.mark.rule(11)
@given(ids, st.integers(1, 40))
def test_too_much_at_once_goes_in_parts_that_are_taken(sent, limit):
    hubspot = account(frozenset(), limit=limit)
    check(hubspot, sent, frozenset())
    refused = [told for told in hubspot.told if len(told) > limit]
    assert len(refused) <= ceil(log2(max(2, len(sent) / limit))) + 1


@pytest.mark.rule(11)
@pytest.mark.parametrize("place", [0, 50, 99])
def test_one_that_is_too_large_by_itself_leaves_the_others_together(place):
    sent = [str(1000 + number) for number in range(100)]

    def answer(entries):
        told = [entry["objectId"] for entry in entries]
        return reply(413, b"<html>") if sent[place] in told else reply(200, complete(*told))

    hubspot = HubSpot(answer)
    assert lot(isolate(hubspot, sent), "rejected") == [sent[place]]
    assert len(hubspot.told) <= 1 + 2 * ceil(log2(len(sent)))


@pytest.mark.rule(11)
@given(ids)
def test_where_all_are_too_large_each_is_refused_about_once(sent):
    assert check(account(sent, limit=0), sent, sent) <= len(sent) + ceil(log2(len(sent)))


@pytest.mark.rule(4)
@given(ids, st.integers(1, 40))
def test_a_limit_that_hubspot_names_costs_one_call(sent, limit):
    def answer(entries):
        told = [entry["objectId"] for entry in entries]
        words = f"The maximum number of inputs supported in a batch is {limit}."
        return reply(400, {"message": words}) if len(told) > limit else reply(200, complete(*told))

    hubspot = HubSpot(answer)
    assert check(hubspot, sent, frozenset()) <= ceil(len(sent) / limit)


@pytest.mark.rule(4)
def test_a_limit_that_is_known_costs_none():
    isolation = Isolation(inputs(*"abcde"), 2)
    assert [len(isolation.next_part()) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.rule(11)
@given(ids, poisons, st.integers(1, 40))
def test_too_much_at_once_hides_no_bad_one(sent, data, limit):
    poison = poison_of(data, sent)
    check(account(poison, limit=limit), sent, poison)


@pytest.mark.rule(9)
@given(ids, poisons)
def test_what_a_partial_success_names_costs_no_further_call(sent, data):
    poison = poison_of(data, sent)
    assert check(partial(poison, lambda bad: {"ids": bad}), sent, poison) == 0


@pytest.mark.rule(9)
@pytest.mark.parametrize("context", [lambda bad: {"ids": [""]}, lambda bad: {}, lambda bad: {"ids": ["999"]}])
@given(ids, poisons)
def test_what_a_partial_success_leaves_out_and_does_not_name_is_sent_alone(context, sent, data):
    poison = poison_of(data, sent)
    assert check(partial(poison, context), sent, poison) <= len(poison)


@pytest.mark.rule(10)
def test_what_is_for_later_is_not_sent_again_now():
    errors = [error("2", category="INTERNAL_ERROR"), error("")]
    hubspot = HubSpot(reply(207, complete("1", errors=errors)), reply(207, complete(errors=[error("3")])))
    isolate(hubspot, ["1", "2", "3"])
    assert hubspot.told == [["1", "2", "3"], ["3"]]


def test_what_is_missing_without_a_word_goes_again_together_and_no_third_time():
    hubspot = HubSpot(reply(200, complete("1", "2")), reply(200, complete()))
    verdicts = isolate(hubspot, ["1", "2", "3", "4"])
    assert hubspot.told == [["1", "2", "3", "4"], ["3", "4"]]
    assert verdicts[-1].unsure == {"3", "4"}


answers = st.one_of(
    st.builds(lambda: lambda sent: reply(400, {"category": "VALIDATION_ERROR"})),
    st.builds(lambda: lambda sent: reply(413, b"")),
    st.builds(lambda: lambda sent: reply(400, error(sent[0], category="X"))),
    st.builds(lambda: lambda sent: reply(404, error(sent[-1]))),
    st.builds(lambda: lambda sent: reply(200, complete(*sent[::2]))),
    st.builds(lambda: lambda sent: reply(207, complete(*sent[1:], errors=[error("")]))),
    st.builds(lambda: lambda sent: reply(207, complete(errors=[error("")]))),
    st.builds(lambda: lambda sent: reply(200, complete())),
    st.builds(lambda: lambda sent: reply(207, complete(errors=[error(sent[0], category="INTERNAL_ERROR")]))),
)


@given(st.integers(1, 20), st.lists(answers, min_size=1, max_size=20))
def test_it_comes_to_an_end_whatever_hubspot_says_and_nothing_is_sent_after_its_lot_is_known(count, script):
    turns = iter(range(10**6))
    hubspot = HubSpot(lambda entries: script[next(turns) % len(script)]([entry["objectId"] for entry in entries]))
    sent = [str(number) for number in range(100, 100 + count)]
    verdicts = isolate(hubspot, sent)
    assert len(verdicts) <= 3 * count + 1
    settled = set()
    for told, verdict in zip(hubspot.told, verdicts, strict=True):
        assert settled.isdisjoint(told)
        settled |= {*verdict.confirmed, *verdict.rejected}


@pytest.mark.rule(4)
def test_no_inputs_make_no_call():
    assert Isolation([]).next_part() == []
