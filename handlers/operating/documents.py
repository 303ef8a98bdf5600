"""`/openapi.json`, and `/docs` to browse it: the viewer's files come out of an installed package, without any other host."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import orjson
from flask import Blueprint, Response

from handlers.errors import Refusal
from handlers.operating.describing import describe
from handlers.operating.operation import Operation

_OURS, _VIEWERS = files(__package__) / "viewer", files("flask_swagger_ui") / "dist"
_FILES: dict[str, tuple[Traversable, str]] = {
    "begin.js": (_OURS, "text/javascript"),
    "swagger-ui-bundle.js": (_VIEWERS, "text/javascript"),
    "swagger-ui.css": (_VIEWERS, "text/css"),
    "favicon-32x32.png": (_VIEWERS, "image/png"),
}
_DAY = "public, max-age=86400"


def blueprint(operations: Sequence[Operation]) -> Blueprint:
    """Both, open to everybody: they tell how to ask, and nothing of what is kept."""
    documents = Blueprint("documents", __name__)

    @cache
    def written() -> bytes:
        return orjson.dumps(describe(operations))

    @documents.get("/openapi.json")
    def openapi() -> Response:
        return Response(written(), content_type="application/json")

    @documents.get("/docs")
    def docs() -> Response:
        return Response((_OURS / "index.html").read_bytes(), content_type="text/html; charset=utf-8")

    @documents.get("/docs/<name>")
    def file(name: str) -> Response:
        if name not in _FILES:
            raise Refusal(404, "not_found", "The viewer has no such file.")
        place, kind = _FILES[name]
        answer = Response((place / name).read_bytes(), content_type=kind)
        answer.headers["Cache-Control"] = _DAY
        return answer

    return documents
