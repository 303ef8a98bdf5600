"""The raw bytes of a request, read once and never more than allowed."""

from flask import Request
from gunicorn.http.errors import ParseException

from handlers.errors import Refusal


def read_body(request: Request, limit: int) -> bytes:
    """The request's bytes. Raises `Refusal` where there are more than `limit`, fewer than announced, or chunks that are none.

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
    except ParseException as error:
        raise Refusal(400, "truncated", "The body is not cut into chunks as HTTP says (RFC 9112, 7.1).") from error
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


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too_large", f"The body has more than {limit} bytes.")


def _truncated() -> Refusal:
    return Refusal(400, "truncated", "The body ended before its announced length.")
