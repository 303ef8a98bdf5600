"""What is a usable body, and what is not."""

import pytest

from handlers.content import parse_object, write_json
from handlers.errors import Refusal


def reason(*arguments):
    with pytest.raises(Refusal) as refused:
        parse_object(*arguments)
    return refused.value.status, refused.value.reason


@pytest.mark.parametrize(
    "media_type", [None, "", "application/json", "Application/JSON; charset=UTF-8", "application/cloudevents+json"]
)
def test_json_comes_under_these_media_types(media_type):
    assert parse_object(media_type, None, b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "x"]
)
def test_other_media_types_are_not_understood(media_type):
    assert reason(media_type, None, b"{}") == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_not_understood(encoding):
    assert reason("application/json", encoding, b"{}") == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"true",
        b"\xff",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b"{" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"a": ' + b"9" * 1_000_000 + b"}",
        b'{"a": 1',
        b'{"a": 1} {"b": 2}',
        b"{'a': 1}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_object_is_refused(body):
    assert reason("application/json", None, body) == (400, "not_json")


def test_of_a_name_given_twice_the_last_counts():
    assert parse_object("application/json", None, b'{"a": 1, "a": 2}') == {"a": 2}


def test_what_was_read_is_written_again():
    value = parse_object("application/json", None, b'{"a": [1.5, null, "\xc3\xa4"], "b": 99999999999999999999}')
    assert parse_object("application/json", None, write_json(value)) == value


@pytest.mark.parametrize("value", ["\ud800", [2**64], {"a": {1, 2}}, {1: 2}], ids=str)
def test_what_is_no_json_cannot_be_written(value):
    with pytest.raises(Refusal) as refused:
        write_json({"a": value})
    assert (refused.value.status, refused.value.reason) == (400, "not_json")


def test_what_is_deeper_than_can_be_written_is_refused():
    deep = parse_object("application/json", None, b'{"a":' * 300 + b"1" + b"}" * 300)
    with pytest.raises(Refusal, match="deeply"):
        write_json(deep)
