"""What never leaves is taken out of an event, however deep it stands and however deep the event is."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.platform import without

PRIVATE = frozenset({"password"})
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "password"]), inner, max_size=2),
)


def test_it_is_taken_out_at_any_depth():
    event = {"a": [{"password": "x", "b": [[{"password": {"a": 1}, "c": 1}]]}], "password": "x"}
    assert without(event, PRIVATE) == {"a": [{"b": [[{"c": 1}]]}]}


@given(st.dictionaries(st.sampled_from(["a", "b", "password"]), JSON))
def test_the_event_itself_stays_as_it_is(event):
    before = orjson.dumps(event)
    assert b"password" not in orjson.dumps(without(event, PRIVATE))
    assert orjson.dumps(event) == before


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_as_deep_as_it_may_come_is_no_fault(opening, closing):
    event = orjson.loads(b'{"a":' + opening * 1000 + b"1" + closing * 1000 + b"}")
    inner = without(event, PRIVATE)
    for _ in range(1001):
        inner = inner["a"] if isinstance(inner, dict) else inner[0]
    assert inner == 1


def test_where_nothing_is_private_the_event_is_the_same():
    event = {"password": "x"}
    assert without(event, frozenset()) is event
