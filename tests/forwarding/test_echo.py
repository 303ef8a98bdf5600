"""What HubSpot shows of what it was told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.echo import unseen
from schemas.hubspot import Result, understood


def sent(**values):
    return {"objectId": "1", **values}


def properties(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


@pytest.mark.rule(3)
def test_what_is_shown_as_it_was_sent_is_seen():
    entry = sent(eventName="Gala", eventCancelled=True, customProperties=properties(venue="Messe"))
    assert unseen(entry, entry | {"eventType": "CONFERENCE", "updatedAt": "2026-11-24T07:40:00Z"}) == ()


@pytest.mark.rule(3)
def test_a_custom_property_that_is_not_among_those_listed_was_dropped():
    entry = sent(customProperties=properties(venue="Messe", hall="3"))
    assert unseen(entry, {"customProperties": properties(venue="Messe", other="x")}) == ("property:hall",)


@pytest.mark.rule(3)
def test_of_a_list_without_any_custom_property_all_are_unseen():
    entry = sent(customProperties=properties(venue="Messe", hall="3"))
    assert unseen(entry, {"customProperties": []}) == ("property:venue", "property:hall")


@pytest.mark.rule(3)
def test_a_custom_property_with_another_value_is_unseen():
    entry = sent(customProperties=properties(venue="Messe"))
    assert unseen(entry, {"customProperties": properties(venue="Old hall")}) == ("property:venue",)


@pytest.mark.parametrize("result", [{}, {"customProperties": None}, {"customProperties": [{"name": "venue"}]}])
def test_a_result_that_tells_nothing_of_it_says_nothing_against_it(result):
    assert unseen(sent(eventName="Gala", customProperties=properties(venue="Messe")), result) == ()


@pytest.mark.parametrize(
    ("field", "told", "shown"),
    [
        ("eventName", "Gala", "Old name"),
        ("eventName", "Gala", None),
        ("eventType", "", "CONFERENCE"),
        ("eventCancelled", True, False),
        ("eventCancelled", True, None),
        ("eventCancelled", False, True),
        ("startDateTime", "2027-03-28T07:00:00Z", "2027-03-28T09:00:00Z"),
        ("startDateTime", "2027-03-28T07:00:00Z", "2027-03-28"),
        ("startDateTime", "2027-03-28T07:00:00Z", None),
    ],
)
def test_a_field_that_is_shown_otherwise_is_unseen(field, told, shown):
    assert unseen(sent(**{field: told}), {field: shown}) == (field,)


@pytest.mark.parametrize(
    ("field", "told", "shown"),
    [
        ("eventType", "", None),
        ("eventCancelled", False, None),
        ("startDateTime", "2027-03-28T07:00:00Z", "2027-03-28T09:00:00.000+02:00"),
        ("endDateTime", "2027-03-28T07:00:00.250Z", "2027-03-28T07:00:00.250000Z"),
    ],
)
def test_the_same_in_other_words_is_seen(field, told, shown):
    assert unseen(sent(**{field: told}), {field: shown}) == ()


def test_a_moment_in_a_custom_property_is_compared_as_one():
    entry = sent(customProperties=properties(doors="2027-03-28T07:00:00Z"))
    assert unseen(entry, {"customProperties": properties(doors="2027-03-28T09:00:00+02:00")}) == ()


texts = st.text(max_size=4)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts, st.lists, max_leaves=5
) | st.fixed_dictionaries({}, optional={"name": texts, "value": st.none() | texts | st.integers()})
entries = st.fixed_dictionaries(
    {"objectId": st.just("1")},
    optional={
        "eventName": texts,
        "startDateTime": texts,
        "eventCancelled": st.booleans(),
        "customProperties": st.dictionaries(texts, texts, max_size=3).map(lambda given: properties(**given)),
    },
)
results = st.dictionaries(
    st.sampled_from(["eventName", "startDateTime", "eventCancelled", "customProperties"]),
    json_values | st.lists(json_values, max_size=3),
)


@given(entries, results)
def test_whatever_a_result_holds_only_what_was_sent_is_unseen(entry, result):
    sent_names = {name for name in entry if name not in ("objectId", "customProperties")}
    sent_names |= {f"property:{item['name']}" for item in entry.get("customProperties", [])}
    assert set(unseen(entry, understood(Result(), result))) <= sent_names


@given(entries)
def test_an_exact_echo_has_nothing_unseen(entry):
    assert unseen(entry, understood(Result(), entry)) == ()
