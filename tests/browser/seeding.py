"""An inbox as it is after a busy week: 100,000 notifications about 2,000 events, made in seconds."""

import json

from sqlalchemy import insert

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NOTIFICATIONS, EVENTS, CALLS = 100_000, 2_000, 3_000
WEEK = 7 * 86400.0
CHUNK = 5_000
SOURCES = ("tickets", "box-office", "shop")
NAMES = ("Spring Summit", "Product Day", "Jazz on the River", "Open House", "Design Workshop", "Founders' Breakfast")
STATUSES = (*[200] * 45, 207, 429, 400, 500, None)
REJECTED, MISSING, UNLISTED = range(70, 76), range(10, 34), range(40, 50)  # events that are not well, by number
INVALID = 40
DETAILS = {
    "invalid": {"startDateTime": ["Is text of 3 characters, not an RFC 3339 time."]},
    "rejected_by_hubspot": {"category": "VALIDATION_ERROR", "message": "The name is not allowed."},
}
EVIL = "<script>alert(1)</script>"


def seed(url, now):
    """Fill the database at `url` as of `now` (Unix seconds)."""
    database = Database(url)
    migrate(database)
    with database.write() as connection:
        for table, rows in {
            tables.lease: [{"name": "worker", "holder": "host:1", "fence": 1, "expires_at": now + WEEK}],
            tables.event: [event(number, now) for number in range(1, EVENTS + 1)],
            tables.state: [state(number) for number in range(1, EVENTS + 1)],
            tables.link: [link(number, now) for number in range(1, EVENTS + 1) if is_linked(number)],
            tables.attempt: [attempt(number, now) for number in range(1, CALLS + 1)],
            tables.notification: [notification(number, now) for number in range(1, NOTIFICATIONS + 1)],
            tables.body: [body(number) for number in range(1, NOTIFICATIONS + 1)],
            tables.told: told(),
        }.items():
            for begin in range(0, len(rows), CHUNK):
                connection.execute(insert(table), rows[begin : begin + CHUNK])
    database.close()


def source_of(number):
    return SOURCES[0] if number % 10 < 6 or number < 100 else SOURCES[1 + number % 2]


def name_of(number):
    return EVIL if number == 99 else f"{NAMES[number % len(NAMES)]} {number}"


def is_linked(number):
    return number not in MISSING and number not in UNLISTED


def fields(number):
    return {
        "eventName": name_of(number),
        "startDateTime": "2027-03-28T07:00:00Z",
        "endDateTime": "2027-03-28T16:00:00Z",
        "eventUrl": f"https://tickets.example/{number}",
        "eventCancelled": number % 50 == 0,
        "property:venue": "Messe",
    }


def event(number, now):
    waits = now - 40.0 if number in (7, 8, 9) else None
    return {
        "id": number,
        "source": source_of(number),
        "external_id": f"ev-{number}",
        "changes": 50,
        "changed_at": waits,
        "due_at": waits and now + 5.0,
    }


def state(number):
    standing = ("sent", None)
    if number in REJECTED:
        standing = ("dead", "rejected_by_hubspot")
    if number in MISSING:
        standing = ("dead", "not_in_hubspot")
    if number in UNLISTED:
        standing = ("unchanged", "not_published")
    return {
        "event_id": number,
        "fields": fields(number),
        "stamps": {name: [50.0, 50] for name in fields(number)},
        "version": 50.0,
        "published": number not in UNLISTED,
        "words": name_of(number).casefold(),
        "standing": standing[0],
        "reason": standing[1],
    }


def link(number, now):
    confirmed = fields(number) | ({"eventName": "Before"} if number in REJECTED else {})
    found = {"found_by": "external_id", "confirmed": confirmed, "confirmed_at": now - number}
    return {"event_id": number, "object_id": str(58_237_000_000 + number), **found}


def attempt(number, now):
    status = STATUSES[number % len(STATUSES)]
    taken = 30 if status == 200 else 28 if status == 207 else 0
    return {
        "id": number,
        "batch": f"{number:032x}",
        "sent_at": moment(number / CALLS, now),
        "seconds": 0.1 + number % 7 / 50,
        "status": status,
        "fault": None if status else "read_timeout",
        "hubspot_status": "COMPLETE" if status == 200 else None,
        "inputs": 30,
        "updated": taken,
        "failed": 2 if status == 207 else 0,
        "correlation_id": f"{number:08x}-0000-4000-8000-000000000000" if status else None,
    }


def notification(number, now):
    about, received = number % EVENTS + 1, moment(number / NOTIFICATIONS, now)
    call = max(1, number * CALLS // NOTIFICATIONS)
    fate = {"outcome": "superseded"} if number % 3 else {"outcome": "sent", "attempt_id": call}
    reason = None
    if number > NOTIFICATIONS - EVENTS:  # the newest one of each event says how it stands
        fate = {"outcome": state(about)["standing"]}
        fate |= {"attempt_id": CALLS} if fate["outcome"] == "sent" else {}
        reason = state(about)["reason"]
    if about in (7, 8, 9) and number > NOTIFICATIONS - EVENTS:
        fate = {"outcome": "pending"}
    if number <= INVALID:
        fate, reason = {"outcome": "dead"}, "invalid"
    return {
        "id": number,
        "source": source_of(about),
        "event_id": None if reason == "invalid" else about,
        "delivery_id": f"delivery-{number}",
        "action": "event.changed",
        "received_at": received,
        "reason": reason,
        "detail": json.dumps(DETAILS[reason]) if reason in DETAILS else None,
        "settled_at": None if fate["outcome"] == "pending" else received + 0.4 + number % 11 / 5,
        "attempt_id": None,
    } | fate


def body(number):
    about = number % EVENTS + 1
    said = {"id": f"ev-{about}", "version": number, "eventName": name_of(about), "contactEmail": "ann@people.example"}
    return {"notification_id": number, "content": json.dumps(said).encode()}


def told():
    """What the calls said of the first events, so that their timelines are whole."""
    carried = [number for number in range(1, 101) if is_linked(number)]
    rows = [
        {
            "attempt_id": CALLS,
            "event_id": number,
            "fields": {"eventName": name_of(number)},
            "result": "rejected" if number in REJECTED else "confirmed",
        }
        for number in carried
    ]
    before = [
        {
            "attempt_id": call,
            "event_id": 1,
            "fields": {"eventName": "Before", "property:venue": venue},
            "result": "confirmed",
        }
        for call, venue in ((CALLS - 20, "Halle"), (CALLS - 10, "Messe"))
    ]
    return rows + before


def moment(share, now):
    """Evenly over the week, and the last of them some seconds ago."""
    return now - 3.0 - (1 - share) * WEEK
