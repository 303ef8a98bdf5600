"""Whatever the order in which notifications come, the newest word on each field stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.merging import Merged, flatten, looked_up, nest, overlay
from handlers.inbox.queue import Changed, Pending, State
from handlers.platform import Notification

EVENT = Changed(1, "own", "ev-1", 1, 0.0, 0, None, State(), None)


def pending(number):
    return Pending(number, float(number), b"{}")


def said(version, **fields):
    return Notification("event.changed", "ev-1", version=version, fields=fields)


def merged(*notifications, state=None):
    result = Merged(EVENT, state or State())
    for number, notification in enumerate(notifications, 1):
        result.add(pending(number), notification)
    return result


@pytest.mark.rule(5)
def test_of_two_versions_the_newer_stands_however_they_come():
    for order in ((said(1, a="old"), said(2, a="new")), (said(2, a="new"), said(1, a="old"))):
        assert merged(*order).state.fields == {"a": "new"}


def test_what_the_newer_did_not_say_the_older_still_does():
    assert merged(said(2, a="new"), said(1, a="old", b="only here")).state.fields == {"a": "new", "b": "only here"}


def test_without_versions_the_later_to_come_stands():
    assert merged(said(None, a=1), said(None, a=2)).state.fields == {"a": 2}


def test_one_without_a_version_is_as_new_as_the_newest_before_it():
    assert merged(said(5, a=1), said(None, a=2), said(4, a=3)).state.fields == {"a": 2}


def test_an_older_one_that_changes_nothing_is_covered_by_the_newer():
    result = merged(said(2, a="new"), said(1, a="old"))
    assert (result.newest.id, [seen.id for seen in result.older]) == (1, [2])


def test_merging_again_what_was_merged_changes_nothing():
    once = merged(said(2, a=1), said(1, b=2)).state
    assert merged(said(2, a=1), said(1, b=2), state=once).state == once


def test_what_is_older_than_the_kept_state_is_covered_by_it():
    once = merged(said(9, a=1)).state
    result = Merged(EVENT, once)
    result.add(pending(2), said(3, a=0))
    assert (result.newest, [seen.id for seen in result.older]) == (None, [2])


def test_a_thin_notification_says_nothing_but_that_it_came_and_how_new_it_is():
    result = merged(Notification("x", "ev-1", version=7, published=True))
    assert result.state == State(version=7, published=True)
    assert result.newest.id == 1


def test_a_look_up_forgets_what_is_shown_no_more():
    before = overlay(State(), {"startDateTime": 1, "endDateTime": 2}, (0, 1))
    assert looked_up(before, {"startDateTime": 3}, (0, 2)).fields == {"startDateTime": 3}


def test_a_look_up_that_says_nothing_of_cancelling_takes_no_cancellation_back():
    before = overlay(State(), {"eventCancelled": True, "eventName": "A"}, (0, 1))
    assert looked_up(before, {"eventName": "B"}, (0, 2)).fields == {"eventCancelled": True, "eventName": "B"}
    assert looked_up(before, {"eventCancelled": False}, (0, 2)).fields == {"eventCancelled": False}


def test_an_answer_older_than_the_one_before_changes_nothing():
    before = overlay(State(), {"a": 1}, (9, 1))
    assert looked_up(before, {"a": 0}, (8, 2)) == before


def test_what_comes_late_does_not_override_what_was_looked_up_after_a_newer_hint():
    asking = Merged(EVENT, State())
    asking.add(pending(1), Notification("changed", "ev-1", version=9))
    shown = looked_up(asking.state, {"a": "shown"}, (asking.state.version, 1))
    late = Merged(EVENT, shown)
    late.add(pending(2), said(8, a="older"))
    assert late.state.fields == {"a": "shown"}


def test_custom_properties_merge_one_by_one():
    first, second = ({"customProperties": {"x": "1", "y": "1"}}, {"customProperties": {"x": "2"}})
    result = merged(said(1, **flatten(first)), said(2, **flatten(second)))
    assert nest(result.state.fields) == {"customProperties": {"x": "2", "y": "1"}}


fields = st.dictionaries(st.sampled_from("abc"), st.integers(), min_size=1)
versions = st.lists(st.tuples(st.integers(1, 1000), fields), min_size=1, max_size=8, unique_by=lambda pair: pair[0])


@pytest.mark.rule(5)
@given(versions, st.randoms(use_true_random=False))
def test_any_order_of_versions_ends_in_the_same_state(notifications, chance):
    shuffled = chance.sample(notifications, len(notifications))
    states = [merged(*(said(version, **f) for version, f in order)).state for order in (notifications, shuffled)]
    assert states[0].fields == states[1].fields


@given(versions, st.randoms(use_true_random=False), st.data())
def test_merging_in_two_goes_ends_as_in_one(notifications, chance, data):
    cut = data.draw(st.integers(0, len(notifications)))
    whole = merged(*(said(version, **f) for version, f in notifications)).state
    first = merged(*(said(version, **f) for version, f in notifications[:cut])).state
    result = Merged(EVENT, first)
    for number, (version, f) in enumerate(notifications[cut:], cut + 1):
        result.add(pending(number), said(version, **f))
    assert result.state == whole


@given(st.dictionaries(st.sampled_from(["eventName", "eventUrl"]), st.text()), st.dictionaries(st.text(), st.text()))
def test_flat_and_nested_are_the_same(values, properties):
    nested = values | ({"customProperties": properties} if properties else {})
    assert nest(flatten(nested)) == nested
