"""What a list lacks is looked up; too much of it is doubted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.forwarding.missing import is_in, listed_as, missing
from handlers.inbox.known import Known


def lacking(gone, kept, cancelled=0):
    events = [Known(f"gone-{n}", False) for n in range(gone)] + [Known(f"kept-{n}", False) for n in range(kept)]
    events += [Known(f"off-{n}", True) for n in range(cancelled)]
    return missing(events, lambda event: event.startswith("kept"))


@pytest.mark.parametrize(
    ("gone", "kept", "doubtful"),
    [(0, 0, False), (1, 0, False), (2, 0, False), (3, 0, True), (3, 6, False), (3, 5, True), (34, 66, True)],
)
def test_more_than_two_and_more_than_a_third_missing_is_doubted(gone, kept, doubtful):
    found = lacking(gone, kept)
    assert (len(found.events), found.is_doubtful) == (gone, doubtful)


def test_what_is_cancelled_already_neither_misses_nor_counts():
    found = lacking(3, 5, cancelled=90)
    assert (found.known, found.is_doubtful) == (8, True)
    assert "off-1" not in found.events


@pytest.mark.parametrize(
    ("event", "remains"),
    [
        ("acme:weekly", True),
        ("acme:weekly:5", True),
        ("acme:weekly2", False),
        ("acme:gala", False),
        ("acme", False),
        ("", False),
    ],
)
def test_a_part_remains_with_its_whole(event, remains):
    assert is_in({"acme:weekly"}, event) is remains


@given(st.sets(st.text(min_size=1)), st.text())
def test_what_is_listed_itself_always_remains(events, event):
    assert is_in({*events, event}, event)


@pytest.mark.parametrize(
    ("event", "whole"), [("acme:gala", "acme:gala"), ("acme:weekly:5", "acme:weekly"), ("acme:", "acme:")]
)
def test_a_date_goes_by_its_series(event, whole):
    assert listed_as("acme:", event) == whole


def test_a_series_counts_as_one_however_many_its_dates_are():
    events = [Known(f"acme:weekly:{number}", False) for number in range(50)]
    events += [Known(f"acme:ev-{number}", False) for number in range(3)]
    found = missing(events, lambda event: "weekly" not in event, lambda event: listed_as("acme:", event))
    assert (len(found.events), found.is_doubtful) == (50, False)
