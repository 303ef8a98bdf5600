"""What a request's bytes are: media type and encoding judged, JSON parsed. Pure, for the door and for platforms."""

from typing import Any

import orjson
from werkzeug.http import parse_options_header

from handlers.errors import Refusal

PLAIN = "application/json"
_KINDS = {
    list: "a list",
    dict: "an object",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def parse_object(content_type: str | None, content_encoding: str | None, body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises `Refusal`. Of a name given twice the last value counts, as in most parsers.

    A missing Content-Type is taken for JSON: some senders leave it out.
    """
    if content_type != PLAIN or content_encoding is not None:
        check_json(content_type, content_encoding)
    value = parse_json(body)
    if not isinstance(value, dict):
        raise not_wanted(value, "a JSON object")
    return value


def parse_json(body: bytes) -> Any:
    """The JSON value in `body`. Raises `Refusal`."""
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise Refusal(400, "not_json", "The body is not JSON in UTF-8, or is nested too deeply.") from error


def write_json(value: Any) -> bytes:
    """A value that came as JSON, as JSON again. Raises `Refusal`: what may be read is deeper than what may be written."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise Refusal(400, "not_json", "The body is nested too deeply, or holds text that UTF-8 has not.") from error


def not_wanted(value: Any, wanted: str) -> Refusal:
    """The refusal of a body whose JSON is of another kind than `wanted`."""
    return Refusal(400, "not_json", f"The body is {_KINDS[type(value)]}, not {wanted}.")


def check_json(content_type: str | None, content_encoding: str | None) -> None:
    """Raise a `Refusal` unless they tell of JSON in UTF-8 as it is; none tells of nothing else."""
    media_type, charset = media_type_of(content_type)
    if not is_json(media_type):
        raise _unsupported()
    check_charset(charset)
    check_encoding(content_encoding)


def check_charset(charset: str) -> None:
    """Raise a `Refusal` unless it is UTF-8, or within it."""
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported()


def check_encoding(content_encoding: str | None) -> None:
    """Raise a `Refusal` unless the body comes as it is."""
    if (content_encoding or "identity").strip().lower() != "identity":
        raise Refusal(415, "unsupported_media_type", "A compressed body is not understood: send it as it is.")


def media_type_of(content_type: str | None) -> tuple[str, str]:
    """The media type, empty if there is none, and the charset, UTF-8 if none is named; both in small letters."""
    written, options = parse_options_header(content_type)
    return written.lower(), options.get("charset", "utf-8").lower()


def is_json(media_type: str) -> bool:
    """Whether it is a kind of JSON; none at all stands for JSON."""
    return media_type in ("", PLAIN) or media_type.endswith("+json")


def _unsupported() -> Refusal:
    return Refusal(415, "unsupported_media_type", "Only JSON in UTF-8 is understood: send application/json.")
