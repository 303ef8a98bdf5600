"""No marketing event twice in a call, and no call longer than allowed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.batcher import batches

items = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers()), max_size=60)


def first(item):
    return item[0]


@pytest.mark.rule(4)
@pytest.mark.rule(5)
@given(items, st.integers(1, 9))
def test_no_batch_is_empty_or_too_long_or_has_one_twice(given_items, size):
    for batch in batches(given_items, size, first):
        assert 0 < len(batch) <= size
        assert len({first(item) for item in batch}) == len(batch)


@pytest.mark.rule(5)
@given(items, st.integers(1, 9))
def test_all_items_are_in_batches_and_those_of_one_event_in_their_order(given_items, size):
    made = [item for batch in batches(given_items, size, first) for item in batch]
    assert Counter(made) == Counter(given_items)
    for key in map(first, given_items):
        assert [item for item in made if first(item) == key] == [item for item in given_items if first(item) == key]


@pytest.mark.rule(4)
def test_no_items_make_no_batch():
    assert batches([], 100, first) == []
