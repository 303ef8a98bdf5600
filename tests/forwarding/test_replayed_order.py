"""Promise 2 for replays: whatever is looked at again, and however often, an older state never overwrites a newer one."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.merging import Merged
from handlers.inbox.queue import Changed, Pending, State
from handlers.platform import Notification

EVENT = Changed(1, "own", "ev-1", 1, 0.0, 0, None, State(), None)
FIELDS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1)
VERSIONED = st.tuples(st.integers(1, 5), FIELDS)
ANY = st.tuples(st.none() | st.integers(1, 5), FIELDS)


def take(state, numbers, told):
    """The state after these notifications waited together, in the order of their arrival."""
    result = Merged(EVENT, state)
    for number in sorted(numbers):
        version, fields = told[number]
        result.add(Pending(number, float(number), b"{}"), Notification("changed", "ev-1", None, version, None, fields))
    return result.state


def in_order(told):
    state = State()
    for number in told:
        state = take(state, [number], told)
    return state


@given(st.lists(ANY, max_size=8), st.lists(ANY, max_size=3), st.data())
def test_replaying_what_was_merged_changes_nothing_now_nor_for_what_comes_later(before, after, data):
    told = dict(enumerate([*before, *after], 1))
    state = take(State(), [], told)
    for number in range(1, len(before) + 1):
        state = take(state, [number], told)
    replays = (
        data.draw(st.lists(st.sets(st.sampled_from(range(1, len(before) + 1)), max_size=4), max_size=4))
        if before
        else []
    )
    for numbers in replays:
        state = take(state, numbers, told)
    for number in range(len(before) + 1, len(told) + 1):
        state = take(state, [number], told)
    assert state.fields == in_order(told).fields


@given(st.lists(VERSIONED, min_size=1, max_size=8), st.data())
def test_what_died_and_is_mended_takes_the_place_that_its_version_gives_it(heard, data):
    told = dict(enumerate(heard, 1))
    died = data.draw(st.sets(st.sampled_from(sorted(told))))
    state = State()
    for number in told.keys() - died:
        state = take(state, [number], told)
    for number in data.draw(st.permutations(sorted(died))):
        state = take(state, [number], told)
    assert state.fields == in_order(told).fields


@given(st.lists(FIELDS, min_size=1, max_size=8), st.data())
def test_without_versions_what_died_takes_the_place_that_its_arrival_gives_it(heard, data):
    told = dict(enumerate([(None, fields) for fields in heard], 1))
    died = data.draw(st.sets(st.sampled_from(sorted(told))))
    state = State()
    for number in told.keys() - died:
        state = take(state, [number], told)
    for number in data.draw(st.permutations(sorted(died))):
        state = take(state, [number], told)
    assert state.fields == in_order(told).fields


def test_one_without_a_version_is_not_made_newer_by_what_came_after_it():
    told = {1: (1, {"a": "first"}), 2: (None, {"a": "second"}), 3: (None, {"a": "third"}), 4: (9, {"b": "fourth"})}
    assert take(in_order(told), [2], told).fields == {"a": "third", "b": "fourth"}
