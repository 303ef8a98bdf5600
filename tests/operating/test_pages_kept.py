"""What takes long to count is kept for fifty times as long."""

import pytest

from handlers.operating.pages.kept import Kept


class Counting:
    """Counts how often it is asked; each time takes `seconds` of a clock that only it moves."""

    def __init__(self, seconds):
        self.seconds, self.moment, self.asked = seconds, 100.0, 0

    def __call__(self):
        self.moment += self.seconds
        self.asked += 1
        return self.asked


def kept(counting):
    return Kept(counting, lambda: counting.moment)


def test_it_is_counted_once_while_it_is_kept():
    counting = Counting(2.0)
    counts = kept(counting)
    assert [counts.now(), counts.now()] == [1, 1]
    counting.moment += 99.0
    assert counts.now() == 1
    counting.moment += 1.0
    assert counts.now() == 2


def test_what_is_counted_at_once_is_not_kept():
    counts = kept(Counting(0.0))
    assert [counts.now(), counts.now()] == [1, 2]


def test_a_count_that_fails_is_not_kept():
    def fails():
        raise OSError("away")

    counts = Kept(fails)
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            counts.now()
