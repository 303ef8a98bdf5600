"""Every refusal as problem+json (RFC 9457), whoever raised it."""

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from handlers.errors import InboxUnavailable, Refusal

RETRY_SECONDS = 5
_log = structlog.get_logger()


def problem(refusal: Refusal) -> Response:
    """The refusal as an answer: `title`, `status`, `detail`, `reason`, and `errors` by field where there are any."""
    content: dict[str, Any] = {
        "title": HTTP_STATUS_CODES[refusal.status],
        "status": refusal.status,
        "detail": refusal.detail,
        "reason": refusal.reason,
    }
    if refusal.errors is not None:
        content["errors"] = refusal.errors
    written = orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)  # errors of a list go by place
    return Response(written, refusal.status, refusal.headers, content_type="application/problem+json")


def unavailable(error: InboxUnavailable) -> Response:
    """The sender is asked to come again: nothing was kept."""
    _log.error("the inbox cannot be used", action="inbox.unavailable", detail=str(error))
    answer = problem(Refusal(503, "inbox_unavailable", "It cannot be stored just now: send it again later."))
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def register(app: Flask) -> None:
    """Answer so wherever something is refused or fails; an address is never redirected, only unknown."""
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.register_error_handler(Refusal, problem)
    app.register_error_handler(InboxUnavailable, unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, failed)


def _http(error: HTTPException) -> Response:
    status = error.code if error.code is not None and error.code >= 400 else 404
    answer = problem(Refusal(status, _reason(status), _detail(status)))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _reason(status: int) -> str:
    """By werkzeug's names, since Python's own differ from one version to the next."""
    return HTTP_STATUS_CODES[status].lower().replace(" ", "_").replace("-", "_")


def _detail(status: int) -> str:
    return HTTPStatus(status).description or HTTPStatus(status).phrase


def failed(error: Exception, request_id: str | None = None) -> Response:
    """Whatever nobody foresaw is told to the log, and to the sender only that it is not its fault."""
    about = {"error": type(error).__name__, "request_id": request_id}
    _log.error("a request failed", action="request.failed", **about, exc_info=error)
    return problem(Refusal(500, "internal_error", "This is Marquee's fault, and has been logged."))
