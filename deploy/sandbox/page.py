"""The page that shows what the account holds by now."""

from collections import Counter
from typing import Any

from flask import Blueprint, Response, render_template

from deploy.sandbox import shapes
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.store import Event

FRESH_SECONDS = 5
MOST_EVENTS = 200
MOST_CALLS = 10
BUTTONS = {
    "slow": "Slow",
    "rate_limit": "429 rate limit",
    "unauthorized": "401 expired token",
    "server_error": "500 error",
    "bad_gateway": "502 gateway",
    "migration": "477 migration",
    "reset": "Connection reset",
    "silent_empty": "200 but nothing done",
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
HEADERS = {
    "Content-Security-Policy": f"{POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def page_of(sandbox: Sandbox) -> Blueprint:
    """The page, and the part of it that its script asks for every second."""
    page = Blueprint("page", __name__)

    @page.get("/")
    def whole() -> str:
        return render_template("page.html", buttons=BUTTONS, **_shown(sandbox))

    @page.get("/fragment")
    def fragment() -> str:
        return render_template("fragment.html", **_shown(sandbox))

    @page.after_request
    def keep_none(answer: Response) -> Response:
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return page


def _shown(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.store.lock:
        events = sandbox.store.all()
        latest = sorted(events, key=lambda event: event.updated)[-MOST_EVENTS:]
        rows = [_row(event, sandbox.clock()) for event in sorted(latest, key=lambda event: int(event.object_id))]
    statuses = Counter[str]()
    for entry in sandbox.calls.counts():
        statuses[str(entry["status"] or "no answer")] += entry["count"]
    calls = [{**call, "at": shapes.stamp(call["at"])} for call in reversed(sandbox.calls.last(MOST_CALLS))]
    return {
        "events": rows,
        "total": len(events),
        "faults": sandbox.faults.active(),
        "statuses": sorted(statuses.items()),
        "calls": calls,
    }


def _row(event: Event, now: float) -> dict[str, Any]:
    shown = shapes.held(event)
    fresh = bool(event.history) and event.updated > now - FRESH_SECONDS
    return {**shown, "updatedAt": shapes.stamp(event.updated), "fresh": fresh, "updates": len(event.history)}
