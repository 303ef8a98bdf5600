"""A delivery's fingerprint tells apart whatever differs."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.digests import digest

parts = st.lists(st.binary(max_size=4), max_size=4)


def test_it_is_sha256_over_each_parts_length_and_bytes():
    assert digest(b"ab", b"") == hashlib.sha256(b"\0\0\0\0\0\0\0\2ab" + b"\0" * 8).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"), [([b"1", b"23"], [b"12", b"3"]), ([b"", b"a"], [b"a", b""]), ([b"a"], [b"a", b""]), ([], [b""])]
)
def test_where_one_part_ends_makes_a_difference(one, other):
    assert digest(*one) != digest(*other)


@given(parts, parts)
def test_only_the_same_parts_have_the_same(one, other):
    assert (digest(*one) == digest(*other)) is (one == other)
