"""The raw bytes of a request, read once and never more than allowed; and the JSON object in them."""

from typing import Any

import orjson
from flask import Request
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


def read_body(request: Request, limit: int) -> bytes:
    """The request's bytes. Raises `Refusal` where there are more than `limit`, or fewer than announced.

    Read without Werkzeug, which cuts a chunked body silently at its limit and takes a connection closed too early for an
    end of the body.
    """
    announced = request.content_length
    if announced is not None and announced > limit:
        raise _too_large(limit)
    try:
        body = _read(request, limit + 1 if announced is None else announced)
    except OSError as error:
        raise _truncated() from error
    if len(body) > limit:
        raise _too_large(limit)
    if announced is not None and len(body) < announced:
        raise _truncated()
    return body


def _read(request: Request, most: int) -> bytes:
    """At most so many bytes: as announced, or up to the end of a chunked body, which not every server marks (PEP 3333)."""
    if request.content_length is None and not request.environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = request.environ["wsgi.input"].read(most)
    return body


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


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too_large", f"The body has more than {limit} bytes.")


def _truncated() -> Refusal:
    return Refusal(400, "truncated", "The body ended before its announced length.")
