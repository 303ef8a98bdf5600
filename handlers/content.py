"""What a request's bytes are: media type and encoding judged, JSON parsed. Pure, for the door and for platforms."""

from typing import Any

import orjson
from werkzeug.http import parse_options_header

from handlers.errors import Refusal

_KINDS = {
    list: "a list",
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
    _check_media_type(content_type, content_encoding)
    try:
        value = orjson.loads(body)
    except ValueError as error:
        raise Refusal(400, "not_json", "The body is not JSON in UTF-8, or is nested too deeply.") from error
    if not isinstance(value, dict):
        raise Refusal(400, "not_json", f"The body is {_KINDS[type(value)]}, not a JSON object.")
    return value


def _check_media_type(content_type: str | None, content_encoding: str | None) -> None:
    written, options = parse_options_header(content_type)
    media_type = written.lower()
    known = not media_type or media_type == "application/json" or media_type.endswith("+json")
    if not known or options.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal(415, "unsupported_media_type", "Only JSON in UTF-8 is understood: send application/json.")
    if (content_encoding or "identity").strip().lower() != "identity":
        raise Refusal(415, "unsupported_media_type", "A compressed body is not understood: send it as it is.")
