"""The sandbox as a Flask app: HubSpot's endpoints, its own controls, and a page to look at."""

import time
import uuid
from collections.abc import Callable

from flask import Blueprint, Flask, Response, g, request

from deploy.sandbox import reading
from deploy.sandbox.account import account_of
from deploy.sandbox.answers import CORRELATION, Refused, unknown_address
from deploy.sandbox.batches import add_batches
from deploy.sandbox.calls import NO_ANSWER
from deploy.sandbox.controls import controls_of
from deploy.sandbox.hanging import NoAnswer
from deploy.sandbox.kinds import KINDS
from deploy.sandbox.page import HEADERS, page_of
from deploy.sandbox.sandbox import Sandbox
from deploy.sandbox.singles import add_reads, add_searches, add_writes

ROOTS = {
    "2026-03": "/marketing/marketing-events/2026-03",
    "2026-09": "/marketing/marketing-events/2026-09",
    "v3": "/marketing/v3/marketing-events",
}


def create_sandbox(clock: Callable[[], float] = time.time, *, demo: bool = False) -> Flask:
    """A sandbox of its own, at `.extensions["sandbox"]`; `demo` holds some marketing events from the start."""
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    sandbox = app.extensions["sandbox"] = Sandbox(clock, demo=demo)
    events = Blueprint("events", __name__)
    add_batches(events, sandbox)
    add_searches(events, sandbox)
    add_reads(events, sandbox)
    add_writes(events, sandbox)
    for version, root in ROOTS.items():
        app.register_blueprint(events, url_prefix=root, name=version)
    app.register_blueprint(account_of(sandbox))
    app.register_blueprint(controls_of(sandbox))
    app.register_blueprint(page_of(sandbox))
    _add_hooks(app, sandbox)
    return app


def _add_hooks(app: Flask, sandbox: Sandbox) -> None:
    @app.before_request
    def judge() -> Response | None:
        return None if _is_own() else _judge(sandbox)

    @app.after_request
    def finish(answer: Response) -> Response:
        if not _is_own():
            return _finish(answer)
        answer.headers.update(HEADERS)
        return answer

    @app.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        return refused.answer()

    app.register_error_handler(404, lambda _error: unknown_address().answer())
    app.register_error_handler(405, lambda _error: unknown_address(405, "HTTP 405 Method Not Allowed").answer())


def _is_own() -> bool:
    """Whether it is the sandbox's own page or control; everything else is HubSpot's."""
    return request.path in ("/", "/fragment") or request.path.startswith(("/sandbox/", "/static/"))


def _judge(sandbox: Sandbox) -> Response | None:
    """Before a call is carried out: who calls, how often, and what is to go wrong."""
    g.met, inputs = [], reading.inputs()
    endpoint = (request.endpoint or "unknown").rpartition(".")[2]
    query = request.query_string.decode("latin-1")
    g.calls = sandbox.calls
    g.call = g.calls.arrived(request.method, request.path, query, endpoint, inputs)
    _admit(sandbox)
    time.sleep(sandbox.settings.latency)
    g.met = sandbox.faults.meet(request.path, inputs)
    for fault in g.met:
        before = KINDS[fault["kind"]].before
        answer = before(fault) if before else None
        if answer is not None:
            return answer
    return None


def _admit(sandbox: Sandbox) -> None:
    authorization = request.headers.get("Authorization", "")
    daily = not sandbox.tokens.issued(authorization)
    g.limits = sandbox.limits.headers(daily=daily)
    if not request.path.startswith("/oauth/"):
        sandbox.tokens.check(authorization)
        sandbox.limits.take()
        g.limits = sandbox.limits.headers(daily=daily)


def _finish(answer: Response) -> Response:
    """After a call: what becomes of the answer, and what every answer tells."""
    if "call" not in g:
        return answer  # the client went away while it was sending
    for fault in g.met:
        after = KINDS[fault["kind"]].after
        answer = after(fault, answer) if after else answer
    for name, value in {**g.limits, CORRELATION: str(uuid.uuid4())}.items():
        answer.headers.setdefault(name, value)
    g.calls.answered(g.call, NO_ANSWER if isinstance(answer, NoAnswer) else answer.status_code)
    return answer
