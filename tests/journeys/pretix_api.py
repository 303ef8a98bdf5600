"""A pretix REST API that answers from recorded states; strict about the token, the method and the paths."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

FOLDER = Path(__file__).with_name("pretix-tour")
TOKEN = "pretix-token-of-the-test"
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NO_DATE = {"detail": "No SubEvent matches the given query."}


def recorded(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


class PretixApi:
    """Serves the last state of the tour; `asked` holds the paths in the order of the questions."""

    def __init__(self):
        self.answers = recorded("api")["answers"]
        self.asked = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urlsplit(self.path).path
                api.asked.append(path)
                status, body = api.answer(path, self.headers.get("Authorization"))
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, path, authorization):
        if authorization != f"Token {TOKEN}":
            return 401, {"detail": "Invalid token."}
        if path in self.answers:
            return self.answers[path]["status"], self.answers[path]["body"]
        date = re.fullmatch(r"(/api/v1/organizers/acme/events/[^/]+/)subevents/\d+/", path)
        known = date and self.answers.get(date[1], {}).get("status") == 200
        return (404, NO_DATE) if known else (403, FORBIDDEN)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
