"""Puts the pages together; who may see and do what is judged before any of them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException, NotFound

from handlers.errors import InboxUnavailable, Refusal
from handlers.operating.pages import (
    attempts,
    charting,
    dead,
    events,
    files,
    hubspot,
    mending,
    notifications,
    now,
    replaying,
    sources,
    trail,
)
from handlers.operating.pages.office import Office, Service
from handlers.operating.pages.saying import capital, clause, counted, length, plain, stamp
from handlers.operating.reasons import state_words, words

PAGES = (now, charting, events, mending, notifications, attempts, dead, replaying, sources, hubspot, trail, files)
MENU = {
    "now": "Now",
    "events": "Events",
    "notifications": "Notifications",
    "attempts": "Attempts",
    "dead": "Dead",
    "sources": "Sources",
    "hubspot": "HubSpot",
    "trail": "Audit trail",
}


def blueprint(service: Service, clock: Callable[[], float] | None = None) -> Blueprint:
    """`/operator/…`: what an operator sees and does. `clock` tells Unix seconds instead of the database's."""
    office = Office(service, clock or service.database.now)
    pages = Blueprint("operator", __name__, url_prefix="/operator", template_folder="../templates")
    for page in PAGES:
        page.register(pages, office)
    pages.add_url_rule("/<path:_unknown>", view_func=_nowhere)
    pages.register_error_handler(Refusal, _refused)
    pages.register_error_handler(InboxUnavailable, _unavailable)
    pages.register_error_handler(HTTPException, _http)
    for function in (stamp, length, counted, plain, capital, clause):
        pages.add_app_template_filter(function, function.__name__)
    given = {"menu": MENU, "files": files.version(), "onward": _onward, "words": words, "state_words": state_words}
    pages.app_context_processor(lambda: given)
    return pages


def _onward(cursor: int | None) -> str:
    """The same list from there on; from its beginning without a cursor."""
    asked: dict[str, Any] = {name: value for name, value in request.args.items() if name != "cursor"}
    return url_for(request.endpoint or "operator.now", **(request.view_args or {}), **asked, cursor=cursor)


def _nowhere(_unknown: str) -> Response:
    raise NotFound


def _refused(refusal: Refusal) -> Response:
    answer = _problem(refusal.status, refusal.detail, refusal.errors)
    answer.headers.update(refusal.headers)
    return answer


def _unavailable(_error: InboxUnavailable) -> Response:
    answer = _problem(503, "The inbox cannot be read just now. Nothing is lost by that; look again in a moment.")
    answer.headers["Retry-After"] = "5"
    return answer


def _http(error: HTTPException) -> Response:
    return _problem(error.code or 500, "There is no such page." if error.code == 404 else error.description or "")


def _problem(status: int, detail: str, errors: object = None) -> Response:
    return make_response(render_template("operator/problem.html", status=status, detail=detail, errors=errors), status)
