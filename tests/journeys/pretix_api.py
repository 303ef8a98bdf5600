"""A pretix REST API that answers from recorded states; strict about the token, the method, the paths and the paging.

What was not recorded is answered as pretix documents it. An event's settings: 403, as for a token without the right "Can
change event settings", unless `settings` are given, which are then everybody's. The organizer: its documented three
members, with a made-up name. Lists are cut into pages of 50, or of `page_size`, out of what was recorded as one.
"""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(__file__).with_name("pretix-tour")
TOKEN = "pretix-token-of-the-test"
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NO_DATE = {"detail": "No SubEvent matches the given query."}
NO_PAGE = {"detail": "Invalid page."}
ORGANIZER = "/api/v1/organizers/acme/"
EVENTS = f"{ORGANIZER}events/"
# https://docs.pretix.eu/dev/api/resources/subevents.html; the real one leaves out of account what it does not know
PARAMETERS = {"events": {"page"}, "subevents": {"page", "ordering"}}


def recorded(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


class PretixApi:
    """Serves the last state of the tour; `asked` holds the paths, with their queries, in the order of the questions."""

    def __init__(self, settings=None, page_size=50):
        self.answers = recorded("api")["answers"]
        self.answers[ORGANIZER] = {
            "status": 200,
            "body": {"name": "Acme Events", "slug": "acme", "public_url": "http://127.0.0.1:8345/acme/"},
        }
        self.settings = settings
        self.page_size = page_size
        self.asked = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, address, authorization):
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        self.asked.append(address)
        if authorization != f"Token {TOKEN}":
            return 401, {"detail": "Invalid token."}
        if not is_fitting(path, query):
            return 400, {"detail": "Not what the real one is asked."}
        if slug := re.fullmatch(rf"{EVENTS}([^/]+)/settings/", path):
            has_right = self.settings is not None and self.has(slug[1])
            return (200, self.settings) if has_right else (403, FORBIDDEN)
        status, body = self._recorded(path)
        return self._page(path, body, query) if status == 200 and "results" in body else (status, body)

    def has(self, slug):
        return self.answers.get(f"{EVENTS}{slug}/", {}).get("status") == 200

    def put(self, slug, like, dates=()):
        """One more event, or series with these dates, which but for slug and numbers is as one that was recorded."""
        event = self._recorded(f"{EVENTS}{like}/")[1] | {
            "slug": slug,
            "public_url": f"http://127.0.0.1:8345/acme/{slug}/",
        }
        first = self._recorded(f"{EVENTS}weekly/subevents/1/")[1]
        answers = [first | {"id": number, "event": slug, "name": {"en": f"Date {number}"}} for number in dates]
        self.answers |= {f"{EVENTS}{slug}/subevents/{one['id']}/": {"status": 200, "body": one} for one in answers}
        self.answers[f"{EVENTS}{slug}/subevents/"] = {"status": 200, "body": listing(answers)}
        self.answers[f"{EVENTS}{slug}/"] = {"status": 200, "body": event}
        others = [one for one in self.answers[EVENTS]["body"]["results"] if one["slug"] != slug]
        self.answers[EVENTS]["body"] = listing(sorted([*others, event], key=lambda one: one["slug"]))

    def delete(self, slug):
        """As pretix forgets an event with all its dates."""
        self.answers = {path: one for path, one in self.answers.items() if not path.startswith(f"{EVENTS}{slug}/")}
        left = [one for one in self.answers[EVENTS]["body"]["results"] if one["slug"] != slug]
        self.answers[EVENTS]["body"] = listing(left)

    def _recorded(self, path):
        if path in self.answers:
            return self.answers[path]["status"], self.answers[path]["body"]
        date = re.fullmatch(rf"{EVENTS}([^/]+)/subevents/\d+/", path)
        return (404, NO_DATE) if date and self.has(date[1]) else (403, FORBIDDEN)

    def _page(self, path, body, query):
        number = int(query.get("page", "1"))
        results = sorted(body["results"], key=lambda one: one["id"]) if "ordering" in query else body["results"]
        before, after = (number - 1) * self.page_size, number * self.page_size
        if number > 1 and before >= len(results):
            return 404, NO_PAGE
        follows = f"{self.url}{path}?page={number + 1}" if after < len(results) else None
        return 200, {**body, "count": len(results), "next": follows, "results": results[before:after]}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def listing(results):
    return {"count": len(results), "next": None, "previous": None, "results": results}


def is_fitting(path, query):
    """Whether a list is asked for its pages by number, in an order that pretix knows, and anything else for nothing."""
    allowed = PARAMETERS.get(path.rstrip("/").rpartition("/")[2], set())
    page, ordering = query.get("page", "1"), query.get("ordering", "id")
    numbered = re.fullmatch("[1-9][0-9]*", page) is not None
    return query.keys() <= allowed and numbered and ordering in ("id", "date_from", "last_modified")


def handler(api):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = api.answer(self.path, self.headers.get("Authorization"))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler
