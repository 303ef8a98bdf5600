"""A Zoom of one account: where tokens are granted, and the API of webinars that they open; each strict about everything.

Answers are the recorded and documented ones, changed: https://developers.zoom.us/docs/internal-apps/s2s-oauth/ and
https://developers.zoom.us/docs/api/meetings/ (webinars). What Marquee has no business to ask is refused, whatever the real
one does with it.
"""

import re
import time
from base64 import b64encode
from secrets import token_urlsafe

from loopback import Loopback
from recorded import answer as recorded

ACCOUNT, CLIENT, CLIENT_SECRET = "account-of-the-test", "client-of-the-test", "client-secret-of-the-test"
HOSTS = ("first@example.com", "second@example.com")
MOST_PER_PAGE = 300
GRANT = {"grant_type": "account_credentials", "account_id": ACCOUNT}
SCOPE = "webinar:read:list_webinars:admin webinar:read:webinar:admin webinar:read:list_past_instances:admin"
BAD_CLIENT = (400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
BAD_REQUEST = (400, {"reason": "Bad Request", "error": "invalid_request"})
BAD_TOKEN = (401, {"code": 124, "message": "Invalid access token."})
NO_PATH = (404, {"code": 404, "message": "This API endpoint is not recognized."})
BAD_PARAMETER = (400, {"code": 300, "message": "Validation Failed."})
NO_PAGE = (400, {"code": 300, "message": "The next page token is invalid or expired."})
NO_USER = (404, {"code": 1001, "message": "User does not exist."})
_PARAMETERS = {
    "one": {"show_previous_occurrences": "true|false", "occurrence_id": "[0-9]+"},
    "list": {"type": "scheduled|upcoming", "page_size": "[1-9][0-9]{0,2}", "next_page_token": ".*"},
    "instances": {},
}
_PATHS = {
    "one": r"/v2/webinars/([0-9]+)",
    "list": r"/v2/users/([^/]+)/webinars",
    "instances": r"/v2/past_webinars/([0-9]+)/instances",
}


class ZoomLogin(Loopback):
    """Grants tokens that live for `lifetime` seconds."""

    def __init__(self):
        self.lifetime, self.client_secret = 3599, CLIENT_SECRET
        self._ends = {}
        super().__init__()

    def end_tokens(self):
        """None that was granted opens anything any more."""
        self._ends.clear()

    def opens(self, authorization):
        scheme, _, token = (authorization or "").partition(" ")
        return scheme == "Bearer" and self._ends.get(token, 0) > time.monotonic()

    def answer(self, question):
        if (question.method, question.path) != ("POST", "/oauth/token"):
            return NO_PATH
        credentials = b64encode(f"{CLIENT}:{self.client_secret}".encode()).decode()
        if question.authorization != f"Basic {credentials}":
            return BAD_CLIENT
        if question.query != GRANT or question.body:
            return BAD_REQUEST
        token = token_urlsafe(40)
        self._ends[token] = time.monotonic() + self.lifetime
        told = {"token_type": "bearer", "expires_in": self.lifetime, "scope": SCOPE, "api_url": "https://api.zoom.us"}
        return 200, {"access_token": token, **told}


class ZoomApi(Loopback):
    """`per_page`: so many of a list at most, however many are asked for."""

    def __init__(self, login):
        self.login, self.per_page = login, MOST_PER_PAGE
        self._webinars, self._hosts, self._held, self._places = {}, {}, {}, {}
        super().__init__()

    def put(self, number, host=HOSTS[0], **said):
        """One more webinar, or this one changed."""
        known = self._webinars.get(number) or _new(number)
        self._hosts.setdefault(number, host)
        self._webinars[number] = known | said

    def delete(self, number):
        del self._webinars[number]

    def forget(self, number):
        """As Zoom does a month after a webinar was held."""
        self._held[number] = [{"uuid": "4444AAAiAAAAAiAiAiiAii==", "start_time": "2026-10-01T09:00:00Z"}]
        self.delete(number)

    def answer(self, question):
        kind, about = _asked_for(question.path)
        if not self.login.opens(question.authorization):
            return BAD_TOKEN
        if kind is None or question.method != "GET" or question.body:
            return NO_PATH
        if not _is_fitting(_PARAMETERS[kind], question.query):
            return BAD_PARAMETER
        return getattr(self, f"_{kind}")(about, question.query)

    def _one(self, number, _query):
        return (200, self._webinars[number]) if number in self._webinars else _no_webinar(number)

    def _instances(self, number, _query):
        if number in self._webinars or number in self._held:
            return 200, {"webinars": self._held.get(number, [])}
        return _no_webinar(number)

    def _list(self, host, query):
        if host not in HOSTS:
            return NO_USER
        place = query.get("next_page_token", "")
        if place and self._places.get(place, ("", 0))[0] != host:
            return NO_PAGE
        begin = self._places[place][1] if place else 0
        numbers = sorted(number for number in self._webinars if self._hosts[number] == host)
        size = min(int(query.get("page_size", "30")), self.per_page)
        following = token_urlsafe(24) if begin + size < len(numbers) else ""
        if following:
            self._places[following] = host, begin + size
        told = {"page_size": size, "total_records": len(numbers), "next_page_token": following}
        shown = [_as_listed(self._webinars[number]) for number in numbers[begin : begin + size]]
        return 200, {**told, "page_count": -(-len(numbers) // size), "webinars": shown}


def _new(number):
    return recorded("zoom", "webinar") | {
        "id": int(number),
        "join_url": f"https://example.zoom.us/j/{number}?pwd=secret-of-the-join-url",
        "start_url": f"https://example.zoom.us/s/{number}?zak=secret-of-the-start-url",
        "password": "password-4711",
        "encrypted_passcode": "encrypted-passcode-4711",
        "h323_passcode": "h323-passcode-4711",
        "registration_url": f"https://example.zoom.us/webinar/register/WN_{number}",
        "start_time": "2031-05-04T09:00:00Z",
    }


def _as_listed(webinar):
    """A list tells fewer members, and of a long agenda the beginning."""
    names = recorded("zoom", "listing")["webinars"][0].keys()
    return {name: webinar[name] for name in names if name in webinar} | {"agenda": webinar["agenda"][:250]}


def _asked_for(path):
    for kind, pattern in _PATHS.items():
        if found := re.fullmatch(pattern, path):
            return kind, found[1]
    return None, None


def _is_fitting(parameters, query):
    return query is not None and all(re.fullmatch(parameters.get(name, "(?!)"), value) for name, value in query.items())


def _no_webinar(number):
    return 404, {"code": 3001, "message": f"Webinar does not exist: {number}."}
