"""What browsers may do with the operator's answers: https://owasp.org/www-project-secure-headers/."""

from collections.abc import Mapping

from flask import Flask, Response
from flask.globals import request_ctx

GUARDED = ("/operator", "/api", "/docs", "/openapi.json")
POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{what} 'self'" for what in ("script-src", "style-src", "font-src", "connect-src", "form-action")),
        "img-src 'self' data:",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
YEAR = 31_536_000


def register(app: Flask) -> None:
    """Give every answer below the operator's addresses its headers, refusals too; what an answer set itself stays."""
    app.after_request(_guard)


def _guard(answer: Response) -> Response:
    request = request_ctx.request
    if request.path.startswith(GUARDED):
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if request.is_secure:
            answer.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return answer
