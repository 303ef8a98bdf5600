"""Serves the whole service from this process, and tells with each answer how long the server worked for it."""

import time
from threading import Thread

from flask import request
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from app import create_app

PASSWORD, VIEWER = "a-password-of-tests", "a-viewer-of-tests"
SOURCES = """
[sources.tickets]
platform = "generic"
signature = "standard-webhooks"
secrets = ["whsec_bmV3IHNlY3JldCBvZiB0ZXN0cw==", "whsec_b2xkIHNlY3JldCBvZiB0ZXN0cw=="]
account_id = "acme"

[sources.box-office]
platform = "pretix"
api_url = "https://pretix.example"
api_token = "a-token-of-tests"
secrets = ["a-secret-of-tests"]
organizers = ["acme"]

[sources.shop]
platform = "eventbrite"
api_token = "another-token-of-tests"
secrets = ["another-secret-of-tests"]
"""


class Quiet(WSGIRequestHandler):
    """Says nothing: what is answered is what counts. A connection that is silent for `timeout` seconds ends."""

    timeout = 5

    def log(self, *_args):
        pass


class Answers:
    """Those that were not closed: the server forgets to where the client has reset the connection."""

    def __init__(self, app):
        self._app, self._open = app, {}

    def __call__(self, environ, start_response):
        answer = self._app(environ, start_response)
        self._open[id(answer)] = answer
        return ClosingIterator(answer, lambda: self._open.pop(id(answer)))

    def close(self):
        for answer in self._open.values():
            answer.close()


class Served:
    """The service at `url`, without a worker; settings are those of the environment."""

    def __init__(self):
        self.app = create_app()
        self.marquee = self.app.extensions["marquee"]
        _measure(self.app)
        self._answers = self.app.wsgi_app = Answers(self.app.wsgi_app)
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        self._server.daemon_threads = False  # so that closing it waits for them
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._answers.close()
        self.marquee.stop()


def _measure(app):
    """Of the thread's own time, since others on the machine say nothing; all that is done before and after is in it."""
    inner = app.wsgi_app

    def begin(environ, start_response):
        environ["tests.begun"] = time.thread_time()
        return inner(environ, start_response)

    @app.after_request
    def tell(answer):
        took = (time.thread_time() - request.environ["tests.begun"]) * 1000
        answer.headers["Server-Timing"] = f"app;dur={took:.1f}"
        return answer

    app.wsgi_app = begin
