"""Sessions of the pages: signed cookies that are there below `/operator` only, so that webhooks never touch them."""

import hashlib

from flask import Flask, Request
from flask.globals import request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

PAGES = "/operator"
STATIC = f"{PAGES}/static/"
NAME = "marquee_operator"


def is_page(path: str) -> bool:
    """Whether a path leads to the pages."""
    return path == PAGES or path.startswith(f"{PAGES}/")


class OperatorSessions(SecureCookieSessionInterface):
    """Flask's own, narrowed: `HttpOnly`, `SameSite=Lax`, `Secure` wherever the request came by https."""

    digest_method = staticmethod(hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None outside of the pages, and for what they share with everybody."""
        if not is_page(request.path) or request.path.startswith(STATIC):
            return None
        return super().open_session(app, request)

    def get_cookie_name(self, app: Flask) -> str:
        """Over https no page that came by http can have set it: RFC 6265bis, 4.1.3.1."""
        return f"__Secure-{NAME}" if request.is_secure else NAME

    def get_cookie_path(self, app: Flask) -> str:
        """The pages."""
        return PAGES

    def get_cookie_secure(self, app: Flask) -> bool:
        """As the request came, which a trusted proxy tells."""
        return request.is_secure

    def get_cookie_httponly(self, app: Flask) -> bool:
        """No script reads it."""
        return True

    def get_cookie_samesite(self, app: Flask) -> str:
        """Links lead in, forms of other sites do not."""
        return "Lax"

    def get_cookie_domain(self, app: Flask) -> None:
        """This host alone."""
