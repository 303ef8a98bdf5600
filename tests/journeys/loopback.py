"""A server of JSON on loopback, for platforms that a journey needs and nobody can have."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Question(NamedTuple):
    """One request. `query` is None where a parameter comes twice, which no platform of ours is asked."""

    method: str
    path: str
    query: dict[str, str] | None
    authorization: str | None
    body: bytes


class Loopback:
    """`answer(question)` is the status and what becomes JSON; `asked` holds each question and its status, in order."""

    def __init__(self):
        self.asked = []
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, question):
        raise NotImplementedError

    def serve(self, question):
        with self._lock:
            status, body = self.answer(question)
            self.asked.append((question, status))
        return status, body

    def paths(self, status=None):
        """What was asked; only what was answered so, if a status is given."""
        return [question.path for question, answered in self.asked if status in (None, answered)]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(loopback):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, said = loopback.serve(_question(self, body))
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    return Handler


def _question(handler, body):
    parts = urlsplit(handler.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(pairs) if len(dict(pairs)) == len(pairs) else None
    return Question(handler.command, parts.path, query, handler.headers.get("Authorization"), body)
