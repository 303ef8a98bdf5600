"""Who is let in to the API and the pages, judged in one place by the address, so that no page can forget it."""

import getpass
import hmac
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode

import orjson
from flask import Flask, g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from handlers.errors import Refusal
from handlers.inbox.audit import Operator
from handlers.inbox.database import Database
from handlers.inbox.guarding import is_ended, session_key
from handlers.operating.auth_keys import match
from handlers.operating.auth_sessions import STATIC, OperatorSessions, is_page
from handlers.operating.auth_throttle import Throttle
from schemas.access import Access

LOGIN, LOGOUT = "/operator/login", "/operator/logout"
IDLE_SECONDS = 2 * 3600
SESSION_SECONDS = 12 * 3600.0
MAX_BYTES = 256 * 1024
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_IDENTITY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+\\/ -]{0,126}[A-Za-z0-9])?")
_csrf = CSRFProtect()


def current_operator() -> Operator:
    """Who makes this request. Raises `LookupError` where nobody was asked who they are."""
    operator: Operator | None = g.get("operator")
    if operator is None:
        raise LookupError("Nobody is let in here.")
    return operator


def commander() -> Operator:
    """Who gives a command: the system's user."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = str(os.getuid())
    return Operator(name, "operate", "command")


@dataclass
class Auth:
    """Judges each request below `/api` and `/operator`. `proxies`: how many stand in front, each of which is trusted.

    Made once a process; raises `InboxUnavailable`.
    """

    database: Database
    access: Access
    proxies: int = 0
    clock: Callable[[], float] = time.time

    def register(self, app: Flask) -> None:
        """Stand before everything else that the app answers."""
        app.secret_key = self.key
        app.session_interface = OperatorSessions()
        app.permanent_session_lifetime = timedelta(seconds=IDLE_SECONDS)
        # As long as its session; and no Referer is asked for, which some proxies' Host would not match.
        app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
        _csrf.init_app(app)
        app.before_request(self.admit)
        app.context_processor(lambda: {"operator": g.get("operator")})

    @cached_property
    def key(self) -> bytes:
        """Signs sessions: neither the database nor the passwords alone tell it, and another password changes it."""
        passwords = orjson.dumps([[key.name, key.secret] for key in self.access.passwords])
        return hmac.digest(session_key(self.database), passwords, "sha256")

    @cached_property
    def throttle(self) -> Throttle:
        """Counts failures over all processes."""
        return Throttle(self.database, self.key)

    def admit(self) -> ResponseReturnValue | None:
        """Let a request pass, send it to the form, or raise `Refusal`, `InboxUnavailable`."""
        path = request.path
        if path == "/api" or path.startswith("/api/"):
            request.max_content_length = MAX_BYTES
            g.operator = self._by_token()
            _limit_reader(g.operator)
        elif is_page(path):
            request.max_content_length = MAX_BYTES
            return self._admit_to_pages(path)
        return None

    def _by_token(self) -> Operator:
        if not self.access.tokens:
            raise Refusal(404, "not_found", "The API is off: set OPERATOR_TOKEN to open it.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _no_token()
        self.throttle.check("token", request.remote_addr)
        key = match(self.access.tokens, token.strip().encode("latin-1", "replace"))
        if key is None:
            self.throttle.failed("token", request.remote_addr)
            raise _no_token()
        return Operator(key.name, key.role, "api")

    def _admit_to_pages(self, path: str) -> ResponseReturnValue | None:
        if not self.access.passwords and not self.access.identity_header:
            raise Refusal(404, "not_found", "The pages are off: set OPERATOR_PASSWORD to open them.")
        if path.startswith(STATIC):
            return None
        if path != LOGIN:
            g.operator = self._by_identity() or self._by_session()
            if g.operator is None:
                return self._ask_in()
        if path not in (LOGIN, LOGOUT):
            _limit_reader(g.operator)
        if request.method not in _READS:
            _check_form()
        return None

    def _by_identity(self) -> Operator | None:
        """Only what came through all the trusted proxies is believed."""
        header = self.access.identity_header
        given = request.headers.get(header) if header else None
        hops = [hop for line in request.headers.getlist("X-Forwarded-For") for hop in line.split(",") if hop.strip()]
        if not given or not self.proxies or len(hops) < self.proxies:
            return None
        if not _IDENTITY.fullmatch(given):
            raise Refusal(401, "unauthorized", "The proxy's word for who you are is not one name.")
        return Operator(given, self.access.identity_role, "page")

    def _by_session(self) -> Operator | None:
        key = next((key for key in self.access.passwords if key.name == session.get("user")), None)
        age = self.clock() - session.get("since", 0.0)
        if key is None or not 0 <= age < SESSION_SECONDS or is_ended(self.database, session["id"]):
            return None
        return Operator(key.name, key.role, "page")

    def _ask_in(self) -> ResponseReturnValue:
        """A person who opens a page is led to the form; what a script asks for is refused."""
        is_opened = request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document"
        if not is_opened or not self.access.passwords:
            raise Refusal(401, "unauthorized", "Sign in first.")
        return redirect(f"{LOGIN}?{urlencode({'next': request.full_path.rstrip('?')})}", 303)


def _no_token() -> Refusal:
    refusal = Refusal(401, "unauthorized", "Give an operator's token: Authorization: Bearer <token>.")
    refusal.headers = {"WWW-Authenticate": "Bearer"}
    return refusal


def _limit_reader(operator: Operator) -> None:
    if request.method not in _READS and not operator.may_operate:
        raise Refusal(403, "forbidden", "You may look, but change nothing: the role operate is needed.")


def _check_form() -> None:
    try:
        _csrf.protect()
    except CSRFError as error:
        raise Refusal(400, "stale_form", "The form is too old, or came from elsewhere: open its page again.") from error
