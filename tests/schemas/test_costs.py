"""A JMESPath that would cost much is refused at start, and one that costs much for what was sent is ended."""

import time

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.costs import growth, levels
from schemas.expressions import MOST_LEVELS, MOST_STEPS, Expression, evaluate


def grown(expression):
    return growth(jmespath.compile(expression).parsed)


@pytest.mark.parametrize(
    "expression",
    [
        " | ".join(["[@, @]"] * 18),
        "|".join(["[@,@][]"] * 18),
        "map(&[@, @], " * 9 + "@" + ")" * 9,
        "to_string([" * 9 + "@" + "])" * 9,
        "join('" + "-" * 200 + "', @)",
        "join(separator, parts)",
    ],
    ids=["doubled", "doubled and flattened", "mapped", "quoted", "joined by much", "joined by what was sent"],
)
def test_an_expression_that_makes_much_out_of_little_is_refused_at_start(expression):
    with pytest.raises(ValidationError, match="may make 100 times"):
        Expression().deserialize(expression)


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("data.event.title", 1),
        ("a[0].b[1:2] || c", 2),
        ("[name, city, country]", 3),
        ("join(', ', [name, city])", 6),
        ("{a: b, c: d} | [@, @]", 4),
        ("events[?a == 'x' && b == 'y' && c].{name: n, at: t} | [0]", 2),
        ("map(&[a, b], events)", 2),
        ("sort_by(events, &start)[-1].start", 1),
    ],
)
def test_how_much_an_expression_may_make_is_told_by_its_shape(expression, times):
    assert grown(expression) == times


def test_as_many_filters_and_conditions_as_people_write_are_taken():
    assert Expression().deserialize("a[?b == 'x' || c == 'y' || d == 'z'] | [?e && f && g] | [0].{h: i, j: k}.h")


def test_how_deep_it_is_counts_from_one():
    assert levels(jmespath.compile("a").parsed) == 1
    assert levels(jmespath.compile("a | b | c").parsed) == 3


def test_what_takes_too_many_steps_for_what_was_sent_is_ended():
    costly, began = Expression().deserialize("@" + "[*] | @" * (MOST_LEVELS // 2 - 2)), time.thread_time()
    with pytest.raises(ValueError, match="TooCostly"):
        evaluate(costly, [1] * (MOST_STEPS // 10))
    assert time.thread_time() - began < 10


STEPS = st.sampled_from(
    ["[@, @]", "[]", "[*]", "{a: @, b: @}", "*", "[0]", "map(&[@], @)", "to_array(@)", "reverse(@)"]
)


@given(st.lists(STEPS, min_size=1, max_size=6).map(" | ".join), st.lists(st.integers(0, 9), max_size=4))
def test_nothing_makes_more_than_its_shape_tells(expression, value):
    found = jmespath.compile(expression)
    try:
        made = found.search(value)
    except jmespath.exceptions.JMESPathError:
        return
    assert _leaves(made) <= growth(found.parsed) * max(1, len(value))


def _leaves(value):
    inner = value.values() if isinstance(value, dict) else value
    return sum(map(_leaves, inner)) if isinstance(value, dict | list) else 1
