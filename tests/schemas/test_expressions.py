"""JMESPath: compiled at start, and harmless whatever it meets."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.expressions import Expression, evaluate

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def fault(value):
    with pytest.raises(ValidationError) as refused:
        Expression().deserialize(value)
    return refused.value.messages[0]


def found(expression, value):
    return evaluate(Expression().deserialize(expression), value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("data..title", "Not a JMESPath: it breaks off at character 6."),
        ("a[", "Not a JMESPath: it breaks off at character 3."),
        ("foo bar", "Not a JMESPath: it breaks off at character 5."),
        ("'abc", "Not a JMESPath: it breaks off at character 1."),
        ("", "Not a JMESPath: it is empty."),
        ("title | uper(@)", "Not a JMESPath: there is no function uper()."),
        (7, "Not a JMESPath: give it as a string."),
    ],
)
def test_what_does_not_compile_is_told_in_one_line(value, words):
    assert fault(value) == words


def test_a_slice_compiles_as_any_other():
    assert found("a[1:2]", {"a": [1, 2, 3]}) == [2]


def test_nothing_found_is_none():
    assert found("a.b.c", {"a": 7}) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("contains(@, `1`)", "secret"),
        ("sum(a)", {"a": ["secret"]}),
        ("a[::0]", {"a": ["secret"]}),
        ("length(a, b)", {"a": "secret"}),
        ("ceil(to_number(a))", {"a": "1e999"}),
        ("join(',', a)", {"a": ["secret", 1]}),
    ],
)
def test_a_value_that_it_was_not_made_for_is_an_error_that_does_not_repeat_it(expression, value):
    with pytest.raises(ValueError, match="Cannot be taken out") as refused:
        found(expression, value)
    assert "secret" not in str(refused.value)


def test_a_value_nested_too_deep_is_an_error_and_no_crash():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="RecursionError"):
        found("to_string(@)", deep)


@given(
    st.sampled_from(
        ["a.b", "contains(a, b)", "sort(a)", "max_by(a, &b)", "a[?b > `1`]", "a[0]", "avg(a)", "abs(a)", "keys(a)"]
    ),
    json_values,
)
def test_whatever_it_meets_there_is_a_value_or_that_error(expression, value):
    with suppress(ValueError):
        found(expression, {"a": value, "b": value})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a" * 1001, "more than 1000 characters"),
        ("a[?" * 60 + "a" + "]" * 60, "more than 40 levels"),
        ("!" * 990 + "a", "more than 40 levels"),
        ("sort_by(" * 60 + "@" + ", &a)" * 60, "more than 40 levels"),
    ],
)
def test_an_expression_that_would_cost_much_is_refused_before_anything_is_taken(value, words):
    with pytest.raises(ValidationError, match=words):
        Expression().deserialize(value)


def test_an_expression_as_long_as_people_write_is_taken():
    assert Expression().deserialize("data.event.dates[?start > '2027'] | sort_by(@, &start)[0].location.address.city")
