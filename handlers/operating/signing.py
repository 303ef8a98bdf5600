"""Signing in to the pages, and out again."""

from secrets import token_hex
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from handlers.errors import Refusal
from handlers.inbox.audit import About, Operator, record_alone
from handlers.inbox.guarding import end_session
from handlers.operating.auth import LOGIN, LOGOUT, SESSION_SECONDS, Auth
from handlers.operating.auth_keys import match
from handlers.operating.auth_sessions import PAGES
from handlers.operating.auth_throttle import Throttled
from schemas.access import Key

_HOME = f"{PAGES}/"
_WRONG = "The user or the password is wrong."
_log = structlog.get_logger()


def blueprint(auth: Auth) -> Blueprint:
    """The form to sign in by, and the way out."""
    signing = Blueprint("signing", __name__, template_folder="templates")

    @signing.get(LOGIN)
    def form() -> ResponseReturnValue:
        _require_passwords(auth)
        return _form(_following(request.args.get("next", "")))

    @signing.post(LOGIN)
    def sign_in() -> ResponseReturnValue:
        _require_passwords(auth)
        following = _following(request.form.get("next", ""))
        try:
            key = _judged(auth)
        except Throttled as throttled:
            return _form(following, throttled.detail), 429, throttled.headers
        if key is None:
            return _form(following, _WRONG), 401
        _begin(auth, key)
        return redirect(following, 303)

    @signing.post(LOGOUT)
    def sign_out() -> ResponseReturnValue:
        _end(auth)
        return redirect(LOGIN if auth.access.passwords else _HOME, 303)

    return signing


def _require_passwords(auth: Auth) -> None:
    if not auth.access.passwords:
        raise Refusal(404, "not_found", "Nobody signs in here: the proxy in front says who you are.")


def _form(following: str, fault: str | None = None) -> str:
    return render_template("operator/login.html", following=following, fault=fault)


def _judged(auth: Auth) -> Key | None:
    """Whose password it is. Raises `Throttled`, whether it is right or not."""
    auth.throttle.check("password", request.remote_addr)
    user, password = (request.form.get(name, "").encode() for name in ("user", "password"))
    key = match(auth.access.passwords, password, user)
    if key is None:
        auth.throttle.failed("password", request.remote_addr)
    return key


def _begin(auth: Auth, key: Key) -> None:
    """A session of its own: nothing of what was there before goes into it."""
    record_alone(auth.database, Operator(key.name, key.role, "page"), "signed_in", About("session"))
    session.clear()
    session.permanent = True
    session.update(user=key.name, since=auth.clock(), id=token_hex(16))
    _log.info("an operator signed in", action="operator.signed_in", operator=key.name)


def _end(auth: Auth) -> None:
    """Whoever kept a copy of the cookie cannot use it any more."""
    if "id" in session:
        end_session(auth.database, session["id"], SESSION_SECONDS)
        record_alone(auth.database, g.operator, "signed_out", About("session"))
    session.clear()


def _following(given: str) -> str:
    """Where to go from the form: a page of this host, and nowhere else."""
    parts = urlsplit(given) if given.isprintable() and "\\" not in given else urlsplit("")
    is_ours = (
        not parts.scheme and not parts.netloc and parts.path.startswith(_HOME) and parts.path not in (LOGIN, LOGOUT)
    )
    return given if is_ours else _HOME
