"""An Eventbrite API of one organization; strict about the token, the method, the paths, their parameters and the paging.

Its events are the recorded one of 2023 and the recorded parent of a series, moved into the future and changed. All else
is answered as documented: https://www.eventbrite.com/platform/api#/introduction/errors and
https://www.eventbrite.com/platform/api#/reference/event/list/list-events-by-organization. What is expanded comes only
where it is asked for, and what Marquee has no business to ask is refused, whatever the real one does with it.
"""

import re
from datetime import UTC, datetime
from secrets import token_urlsafe

from loopback import Loopback
from recorded import answer as recorded

TOKEN = "private-token-of-the-test"
ORGANIZATION = "112948679745"
LIST = f"/v3/organizations/{ORGANIZATION}/events/"
MINE = "/v3/users/me/organizations/"
ON_SALE = {"sales_status": "on_sale", "message_code": None, "message": None}
CANCELLED = {"sales_status": "sales_ended", "message_code": "event_cancelled", "message": "Event Canceled"}
EXPANSIONS = {
    "event_sales_status": ON_SALE,
    "organizer": {"id": "7201076133", "name": "Science Gallery London"},
    "format": {"id": "2", "name": "Seminar or Talk"},
    "category": {"id": "102", "name": "Science & Technology"},
    "venue": {"id": "173614819", "name": "Science Gallery London"},
}
START = {"timezone": "Europe/London", "local": "2031-11-01T13:15:00", "utc": "2031-11-01T13:15:00Z"}
END = {"timezone": "Europe/London", "local": "2031-11-01T14:00:00", "utc": "2031-11-01T14:00:00Z"}
STATUSES = ("draft", "live", "started", "ended", "completed", "canceled")
MOST_PER_PAGE = 200
FIRST_CHANGE = 1_793_000_000
_CHOICES = {
    "order_by": r"(start|created|name)_(asc|desc)",
    "time_filter": "all|past|current_future",
    "show_series_parent": "true|false",
    "status": rf"all|({'|'.join(STATUSES)})(,({'|'.join(STATUSES)}))*",
    "page_size": "[1-9][0-9]{0,3}",
    "continuation": ".+",
    "expand": rf"({'|'.join(EXPANSIONS)})(,({'|'.join(EXPANSIONS)}))*",
}


def error(status, name, words):
    return status, {"status_code": status, "error": name, "error_description": words}


BAD_TOKEN = error(401, "INVALID_AUTH", "The OAuth token you provided was invalid.")
NO_TOKEN = error(401, "NO_AUTH", "Please provide authentication details.")
NO_METHOD = error(405, "METHOD_NOT_ALLOWED", "Method not allowed")
NO_PATH = error(404, "NOT_FOUND", "The path you requested does not exist.")
NO_EVENT = error(404, "NOT_FOUND", "The event you requested does not exist.")
NO_PAGE = error(400, "BAD_CONTINUATION_TOKEN", "The continuation token is invalid or expired.")
FORBIDDEN = error(403, "NOT_AUTHORIZED", "You do not have permission to list events of this organization.")


class EventbriteApi(Loopback):
    """`per_page`: so many of a list at most, however many are asked for. Without a `token` nobody is let in."""

    def __init__(self, per_page=MOST_PER_PAGE):
        self.token = TOKEN
        self.per_page = per_page
        self._events = {}
        self._places = {}
        self._changes = 0
        self._refuses_from = None
        super().__init__()

    def put(self, number, like="event-2023", **said):
        """One more event, or this one changed, which its `changed` shows; expansions among `said` are kept as those."""
        self._changes += 1
        moment = datetime.fromtimestamp(FIRST_CHANGE + self._changes, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        known = self._events.get(number) or _new(number, like) | {"created": moment}
        self._events[number] = known | said | {"changed": moment}

    def cancel(self, number):
        """In silence: nothing but what the page says of the sale is other than before."""
        self._events[number] |= {"event_sales_status": CANCELLED}

    def revoke(self, after=0):
        """Refuse the token, once so many more questions were answered."""
        self._refuses_from = len(self.asked) + after

    def restore(self):
        self._refuses_from = None

    def forget_places(self):
        """No continuation that was given is good any more."""
        self._places.clear()

    def look_ups(self, number):
        return self.paths().count(f"/v3/events/{number}/")

    def answer(self, question):
        if refused := self._refused(question):
            return refused
        if event := re.fullmatch(r"/v3/events/([0-9]+)/", question.path):
            return self._one(event[1], question.query)
        if question.path == MINE:
            return self._organizations(question.query)
        if question.path == LIST:
            return self._list(question.query)
        return FORBIDDEN if re.fullmatch(r"/v3/organizations/[0-9]+/events/", question.path) else NO_PATH

    def _refused(self, question):
        if question.authorization is None:
            return NO_TOKEN
        is_revoked = self._refuses_from is not None and len(self.asked) >= self._refuses_from
        if is_revoked or question.authorization != f"Bearer {self.token}":
            return BAD_TOKEN
        return NO_METHOD if question.method != "GET" or question.body else None

    def _one(self, number, query):
        if fault := _fault(query, {"expand"}):
            return fault
        return (200, self._shown(number, query)) if number in self._events else NO_EVENT

    def _organizations(self, query):
        whose = [{"_type": "organization", "id": ORGANIZATION, "name": "King's", "vertical": "default"}]
        return _fault(query, {"continuation"}) or (200, {"pagination": _pagination(1, 50), "organizations": whose})

    def _list(self, query):
        if fault := _fault(query, _CHOICES.keys()):
            return fault
        if "continuation" in query and query["continuation"] not in self._places:
            return NO_PAGE
        begin = self._places.get(query.get("continuation"), 0)
        numbers = [number for number in self._in_order(query) if _is_listed(self._events[number], query)]
        size = min(int(query.get("page_size", "50")), self.per_page)
        pagination = _pagination(len(numbers), size, begin)
        if pagination["has_more_items"]:
            pagination["continuation"] = token_urlsafe(24)
            self._places[pagination["continuation"]] = begin + size
        shown = [self._shown(number, query) for number in numbers[begin : begin + size]]
        return 200, {"pagination": pagination, "events": shown}

    def _in_order(self, query):
        name, _, direction = query.get("order_by", "created_asc").partition("_")
        by = {"created": lambda one: one["created"], "start": lambda one: one["start"]["utc"]}
        by["name"] = lambda one: one["name"]["text"]
        return sorted(self._events, key=lambda number: by[name](self._events[number]), reverse=direction == "desc")

    def _shown(self, number, query):
        hidden = EXPANSIONS.keys() - set(query.get("expand", "").split(","))
        return {name: value for name, value in self._events[number].items() if name not in hidden}


def _new(number, like):
    named = {"id": number, "resource_uri": f"https://www.eventbriteapi.com/v3/events/{number}/"}
    kept = {name: value for name, value in recorded("eventbrite", like).items() if name != "_source"}
    return kept | named | {"start": START, "end": END, "organization_id": ORGANIZATION} | EXPANSIONS


def _fault(query, allowed):
    """What is wrong with the parameters, all of them in one answer."""
    if query is None:
        return error(400, "ARGUMENTS_ERROR", "There are errors with your arguments: one comes twice")
    wrong = {name: ["Unknown parameter"] for name in query.keys() - set(allowed)}
    wrong |= {name: ["INVALID"] for name, value in query.items() if name in allowed and not _is_choice(name, value)}
    if not wrong:
        return None
    words = ", ".join(f"{name} - {texts[0]}" for name, texts in sorted(wrong.items()))
    status, body = error(400, "ARGUMENTS_ERROR", f"There are errors with your arguments: {words}")
    return status, body | {"error_detail": {"ARGUMENTS_ERROR": wrong}}


def _is_choice(name, value):
    return re.fullmatch(_CHOICES[name], value) is not None


def _is_listed(event, query):
    """As it does where nothing is asked for otherwise, the list shows the dates of a series and not its parent."""
    parents, status = query.get("show_series_parent") == "true", query.get("status", "all")
    if event["is_series"] and event["is_series_parent"] != parents:
        return False
    over = datetime.fromisoformat(event["end"]["utc"]) < datetime.now(UTC)
    in_time = {"all": True, "past": over, "current_future": not over}[query.get("time_filter", "all")]
    return in_time and (status == "all" or event["status"] in status.split(","))


def _pagination(count, size, begin=0):
    return {
        "object_count": count,
        "page_number": begin // size + 1,
        "page_size": size,
        "page_count": max(1, -(-count // size)),
        "has_more_items": begin + size < count,
    }
