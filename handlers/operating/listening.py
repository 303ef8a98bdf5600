"""Health and metrics of a process that has no web half: a worker of its own."""

from threading import Thread

from flask import Blueprint, Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from handlers.receiving import refusals

SLOW_CLIENT_SECONDS = 5


class _Quiet(WSGIRequestHandler):
    """Says nothing of those that ask, and lets go of those that stall."""

    timeout = SLOW_CLIENT_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave no line."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class calls it
        """Nor one of those that stall: there may be many, and an address is theirs to choose."""


def listen(health: Blueprint, host: str, port: int) -> BaseWSGIServer:
    """Answer by that blueprint alone, in threads of this process, from now on; the caller shuts it down.

    Ends the process with a word about it where the port is taken.
    """
    app = Flask("marquee.worker", static_folder=None)
    app.register_blueprint(health)
    refusals.register(app)
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
