"""The pages' own files, and Bootstrap's style out of its package: nothing is loaded from another host."""

import hashlib
from pathlib import Path

import flask_bootstrap
from flask import Blueprint, Response, send_file
from werkzeug.exceptions import NotFound

from handlers.operating.pages.office import Office

_OWN = Path(__file__).resolve().parents[1] / "static"
_BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
FILES = {
    "bootstrap.css": _BOOTSTRAP / "css" / "bootstrap.min.css",
    "operator.css": _OWN / "operator.css",
    "operator.js": _OWN / "operator.js",
    "icon.svg": _OWN / "icon.svg",
}
KEPT_SECONDS = 3600


def version() -> str:
    """Changes with any of the files, so that after an upgrade no browser goes on with an old one."""
    digest = hashlib.sha256()
    for file in FILES.values():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def register(pages: Blueprint, _office: Office) -> None:
    """`/operator/static/…`, for the login page too."""

    @pages.get("/static/<name>")
    def static(name: str) -> Response:
        if name not in FILES:
            raise NotFound
        answer = send_file(FILES[name], conditional=True, max_age=KEPT_SECONDS)
        answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
        return answer
