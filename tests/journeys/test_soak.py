"""A HubSpot that fails at random for a while: nothing is lost, nothing is called sent that is not, nobody is blamed for it.

`SOAK_SECONDS=1800 ./deploy/test tests/journeys/test_soak.py` soaks for half an hour.
"""

import json
import os
import random
import time
from collections import Counter

import pytest
from running import Marquee
from senders import SOURCES, marketing_events, post_all
from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.pauses import resume

SECONDS = float(os.environ.get("SOAK_SECONDS", "30"))
EVENTS, POISONED = 60, 3
FAULTS = [
    {"kind": "slow", "seconds": 1.0},
    {"kind": "rate_limit", "policy": "TEN_SECONDLY_ROLLING"},
    {"kind": "rate_limit", "policy": "SECONDLY", "retry_after": 2},
    {"kind": "partial", "ids": "usable"},
    {"kind": "partial", "ids": "empty"},
    {"kind": "silent_empty"},
    {"kind": "silent_empty", "status": "PENDING"},
    {"kind": "applied_empty"},
    {"kind": "locked"},
    {"kind": "migration", "retry_after": 1},
    {"kind": "bad_gateway"},
    {"kind": "bad_gateway", "status": 524},
    {"kind": "server_error"},
    {"kind": "reset"},
    {"kind": "timeout", "seconds": 3.0},
    {"kind": "late", "seconds": 3.0},
    {"kind": "not_json"},
]
LONG = [{"kind": "unauthorized"}, {"kind": "forbidden"}, {"kind": "redirect"}]  # asked again after five minutes
pytestmark = pytest.mark.timeout(SECONDS * 3 + 900)


@pytest.fixture
def marquee(tmp_path, sandbox):
    running = Marquee(tmp_path, SOURCES, sandbox.url, DEBOUNCE_SECONDS="0.3", HUBSPOT_TIMEOUT="2", LOG_LEVEL="WARNING")
    yield running
    running.stop()


def body(event, version):
    name = "poison" if event < POISONED else "fine"
    return {"id": f"ev-{event}", "version": version, "eventName": f"Event {event} is {name}, version {version}"}


def soak(marquee, sandbox, chance):
    """Notifications and faults at random; returns the newest version of each event, and how many 429s were asked for."""
    newest, throttled, end = Counter(), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        bodies = []
        for _ in range(20):
            event = chance.randrange(EVENTS)
            newest[event] += 1
            bodies.append(body(event, newest[event]))
        chance.shuffle(bodies)
        post_all(marquee.port, bodies, connections=4)
        if chance.random() < 0.5:
            fault = {"times": chance.choice([1, 1, 2]), **chance.choice(FAULTS + LONG if SECONDS >= 600 else FAULTS)}
            sandbox.fault(**fault)
            throttled += fault["times"] if fault["kind"] == "rate_limit" else 0
    return newest, throttled


def kept(marquee):
    database = Database(marquee.database_url, pool_size=1)
    note = tables.notification.c
    query = select(note.outcome, note.reason, tables.event.c.external_id, tables.body.c.content)
    rows = database.rows(query.select_from(tables.notification.join(tables.event).join(tables.body)))
    database.close()
    return [(outcome, reason, event, json.loads(content)["eventName"]) for outcome, reason, event, content in rows]


def test_a_hubspot_that_fails_at_random_ends_up_true(sandbox, marquee):
    chance = random.Random(int(os.environ.get("SOAK_SEED", "1")))
    sandbox.seed(marketing_events(EVENTS))
    sandbox.fault("poison", contains="is poison")
    marquee.start()
    newest, asked_for = soak(marquee, sandbox, chance)
    left = sum(fault["times"] for fault in sandbox.faults() if fault["kind"] == "rate_limit")
    sandbox.mend()
    sandbox.fault("poison", contains="is poison")
    outcomes = resumed(marquee).settle(240)
    rows, events = kept(marquee), {event["externalEventId"]: event for event in sandbox.events()}
    assert sum(outcomes.values()) == newest.total()
    assert {event for outcome, _, event, _ in rows if outcome == "dead"} <= {f"ev-{n}" for n in range(POISONED)}
    assert {reason for outcome, reason, _, _ in rows if outcome == "dead"} <= {"rejected_by_hubspot"}
    told = {name: {update.get("eventName") for update in event["history"]} for name, event in events.items()}
    assert all(name in told[event] for outcome, _, event, name in rows if outcome == "sent")
    expected = {f"ev-{n}": body(n, newest[n])["eventName"] for n in range(POISONED, EVENTS) if newest[n]}
    assert {name: events[name]["eventName"] for name in expected} == expected
    throttled = sum(entry["count"] for entry in sandbox.calls()["counts"] if entry["status"] == 429)
    assert throttled == asked_for - left


def resumed(marquee):
    """As an operator would who does not want to wait for the next probe."""
    database = Database(marquee.database_url, pool_size=1)
    resume(database)
    database.close()
    return marquee
