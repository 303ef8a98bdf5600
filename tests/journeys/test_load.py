"""Ten thousand notifications about a hundred events, and the plug pulled in the middle of them."""

import threading
import time

import pytest
from running import Marquee
from senders import SOURCES, final_names, marketing_events, notifications, post_all
from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.database import Database

EVENTS = 100
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def marquee(tmp_path, sandbox):
    running = Marquee(tmp_path, SOURCES, sandbox.url)
    yield running
    running.stop()


def names(sandbox):
    return {event["externalEventId"]: event["eventName"] for event in sandbox.events()}


def versions_written(event):
    """The versions in the order in which HubSpot got them."""
    names = [update["eventName"] for update in event["history"] if "eventName" in update]
    return [int(name.rpartition(" ")[2]) for name in names if "version" in name]


def assert_no_older_state_after_a_newer(sandbox):
    for event in sandbox.events():
        written = versions_written(event)
        assert written == sorted(written), event["externalEventId"]


def test_ten_thousand_notifications_cost_thirty_batch_updates_and_end_in_one_outcome_each(sandbox, marquee):
    sandbox.seed(marketing_events(EVENTS))
    sandbox.configure(latency=0.15)
    marquee.start()
    taken = post_all(marquee.port, list(notifications(10_000, EVENTS)))
    settled = marquee.settle(120)
    assert len(set(taken)) == 10_000
    assert settled.keys() <= {"sent", "superseded", "unchanged"}
    assert sum(settled.values()) == 10_000
    assert names(sandbox) == final_names(10_000, EVENTS)
    assert_no_older_state_after_a_newer(sandbox)
    calls = sandbox.calls()["counts"]
    assert sum(n for (endpoint, n) in by_endpoint(calls) if endpoint == "batch/update") <= 30
    assert (
        sum(n for (endpoint, n) in by_endpoint(calls) if endpoint not in ("batch/update", "account/details")) == EVENTS
    )


def by_endpoint(counts):
    return [(entry["endpoint"], entry["count"]) for entry in counts]


def test_kill_nine_three_times_loses_nothing_that_was_answered(sandbox, marquee):
    sandbox.seed(marketing_events(EVENTS))
    sandbox.configure(latency=0.15)
    marquee.start()
    bodies = list(notifications(10_000, EVENTS))
    taken = []
    load = threading.Thread(target=lambda: taken.extend(post_all(marquee.port, bodies)))
    load.start()
    for _ in range(3):
        time.sleep(2)
        marquee.kill()
        marquee.start()
    load.join()
    marquee.settle(120)
    database = Database(marquee.database_url)
    kept = {str(number) for (number,) in database.rows(select(tables.notification.c.id))}
    assert set(taken) <= kept
    assert len(set(taken)) == 10_000
    assert names(sandbox) == final_names(10_000, EVENTS)
    assert_no_older_state_after_a_newer(sandbox)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    database.close()


def test_a_thousand_notifications_cost_as_many_batch_updates_as_there_are_debounce_windows(sandbox, marquee):
    sandbox.seed(marketing_events(EVENTS))
    marquee.start()
    post_all(marquee.port, list(notifications(EVENTS, EVENTS)))
    marquee.settle()
    before = updates(sandbox)
    bodies = [body | {"version": body["version"] + 1} for body in notifications(1000, EVENTS)]
    started = time.monotonic()
    for first in range(0, 1000, 50):
        time.sleep(max(0.0, started + first / 500 - time.monotonic()))
        post_all(marquee.port, bodies[first : first + 50])
    took = time.monotonic() - started
    marquee.settle()
    assert updates(sandbox) - before <= max(3, took + 1)


def test_what_changes_nothing_that_hubspot_can_see_costs_no_call(sandbox, marquee):
    sandbox.seed(marketing_events(EVENTS))
    marquee.start()
    bodies = list(notifications(EVENTS, EVENTS))
    post_all(marquee.port, bodies)
    marquee.settle()
    before = len(sandbox.calls()["last"])
    post_all(marquee.port, [body | {"version": 2, "seatsLeft": 7} for body in bodies])
    assert marquee.settle() == {"sent": EVENTS, "unchanged": EVENTS}
    assert len(sandbox.calls()["last"]) == before


def updates(sandbox):
    return sum(entry["count"] for entry in sandbox.calls()["counts"] if entry["endpoint"] == "batch/update")
