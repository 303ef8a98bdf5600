"""What the API tells: nothing of it changes anything."""

from collections.abc import Sequence
from typing import Any

from handlers.errors import Refusal
from handlers.inbox import audit
from handlers.inbox.browsing import attempts, dead, events, notifications
from handlers.inbox.browsing.events import Sought
from handlers.inbox.browsing.timeline import timeline
from handlers.inbox.listing import Wanted
from handlers.operating.operation import Desk, Given, Operation
from handlers.operating.overview import overview
from handlers.operating.reasons import words
from schemas.operator import NotificationPage, NotificationsQuery, NotificationView, StatusView
from schemas.operator_attempts import AttemptPage, AttemptsQuery, AttemptWithEvents
from schemas.operator_events import EventPage, EventQuery, EventsQuery, EventView
from schemas.operator_trail import AuditPage, AuditQuery, DeadGroups

MOST_EVENTS = 1000
_NOT_KEPT = {404: "It is not kept."}


def _status(desk: Desk, _given: Given) -> dict[str, Any]:
    return overview(desk.database, desk.sources, desk.tally())


def _notifications(desk: Desk, given: Given) -> Any:
    cursor, limit = given.query.pop("cursor", None), given.query.pop("limit")
    return notifications.find(desk.database, Wanted(**given.query), limit, cursor)


def _notification(desk: Desk, given: Given) -> dict[str, Any]:
    number = given.path["number"]
    row = notifications.get(desk.database, number)
    if row is None:
        raise Refusal(404, "not_found", "No such notification is kept.")
    return {**vars(row), "body": desk.actions.body(number)}


def _events(desk: Desk, given: Given) -> Any:
    cursor, limit = given.query.pop("cursor", None), given.query.pop("limit")
    return events.find(desk.database, Sought(**given.query), limit, cursor)


def _event(desk: Desk, given: Given) -> dict[str, Any]:
    detail = events.get(desk.database, given.path["source"], given.path["external_id"])
    if detail is None:
        raise Refusal(404, "not_found", "No such event is known.")
    page = timeline(desk.database, detail.row.id, given.query["limit"], given.query.get("cursor"))
    waits = words(detail.row.waits_for) if detail.row.waits_for else None
    told = words(detail.row.reason) if detail.row.reason else None
    return {**vars(detail.row), **vars(detail), "words": waits or told, "timeline": page.items, "next": page.next}


def _attempts(desk: Desk, given: Given) -> Any:
    query = given.query
    return attempts.find(desk.database, query.get("status"), query["limit"], query.get("cursor"))


def _attempt(desk: Desk, given: Given) -> dict[str, Any]:
    row = attempts.get(desk.database, given.path["number"])
    if row is None:
        raise Refusal(404, "not_found", "No such attempt is kept.")
    return {**vars(row), "events": attempts.events_of(desk.database, row.id, MOST_EVENTS)}


def _dead(desk: Desk, _given: Given) -> dict[str, Any]:
    groups = dead.groups(desk.database)
    return {"items": [{**vars(group), **words(group.reason)._asdict()} for group in groups], "next": None}


def _audit(desk: Desk, given: Given) -> dict[str, Any]:
    cursor, limit = given.query.pop("cursor", None), given.query.pop("limit")
    entries = audit.entries(desk.database, audit.Wanted(**given.query, before=cursor), limit + 1)
    return {"items": entries[:limit], "next": entries[limit - 1].id if len(entries) > limit else None}


READING: Sequence[Operation] = (
    Operation("GET", "/api/status", "Is what HubSpot shows true, and if not, why", _status, StatusView()),
    Operation(
        "GET",
        "/api/notifications",
        "Notifications, newest first",
        _notifications,
        NotificationPage(),
        NotificationsQuery(),
    ),
    Operation(
        *("GET", "/api/notifications/{number}", "A notification, with its body but for what is private", _notification),
        *(NotificationView(), None, None, _NOT_KEPT),
    ),
    Operation("GET", "/api/events", "Events, the latest known first", _events, EventPage(), EventsQuery()),
    Operation(
        *("GET", "/api/events/{source}/{external_id}", "An event and its timeline, newest first", _event),
        *(EventView(), EventQuery(), None, {404: "It is not known."}),
    ),
    Operation("GET", "/api/attempts", "Calls of HubSpot, newest first", _attempts, AttemptPage(), AttemptsQuery()),
    Operation(
        *("GET", "/api/attempts/{number}", "A call of HubSpot, and what it said of which event", _attempt),
        *(AttemptWithEvents(), None, None, _NOT_KEPT),
    ),
    Operation("GET", "/api/dead", "What died, by source and reason, and how to mend it", _dead, DeadGroups()),
    Operation("GET", "/api/audit", "Who did what and when, newest first", _audit, AuditPage(), AuditQuery()),
)
