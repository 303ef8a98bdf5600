"""The short way to the door, without what Flask does for every request: that costs more than the door itself."""

import re
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Request, Response
from flask.sansio.app import App

# As it stands between slashes in a source's name and in a token; what is written in another way takes the usual way.
_PLAIN = re.compile(r"/webhooks/([A-Za-z0-9._-]+)(?:/([!-.0-~]+))?")


def put_in_front(app: App, answer: Callable[[Request, str, str | None], Response]) -> None:
    """Have `answer` called at once with the source and the token of each address that plainly may be one.

    Whether there is such a source is not looked at here: else how long an answer takes would tell it. Every other address takes
    the usual way, which leads to the same answer.
    """
    usual_way = app.wsgi_app  # type: ignore[attr-defined]

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        plain = _PLAIN.fullmatch(environ.get("PATH_INFO", ""))
        if plain is None:
            others: Iterable[bytes] = usual_way(environ, start_response)
            return others
        return answer(Request(environ), plain[1], plain[2])(environ, start_response)

    app.wsgi_app = serve  # type: ignore[attr-defined]
