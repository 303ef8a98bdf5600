"""Whoever leads is killed at every point between the claim, the call and its settlement: the other one makes it all good."""

import itertools
import json

import pytest
from dying import Workers
from replicas import name, version_of
from running import Sandbox, wait_until
from senders import SOURCES
from sqlalchemy import func, select

from handlers.inbox import reports, tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.writer import Writer

DEBOUNCE = 0.05
POINTS = [
    "before announcing is committed",
    "after announcing",
    "before the call",
    "after the answer",
    "while settling",
    "after settling",
]


@pytest.fixture(scope="module")
def account():
    """A HubSpot stand-in for all tests; the events of each have names of their own in it."""
    running = Sandbox().start()
    yield running
    running.stop()


@pytest.fixture
def events(account, request):
    """Known to HubSpot."""
    names = [f"{request.node.name}-{number}" for number in range(3)]
    fixed = {"externalAccountId": "acme", "eventName": "before", "eventOrganizer": "Acme"}
    account.seed([{**fixed, "externalEventId": name} for name in names])
    return names


@pytest.fixture
def workers(request, account, database, database_url, tmp_path):
    """Two, of which the one that leads will die at the point that the test asks for."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    settings = {
        "SOURCES_FILE": str(tmp_path / "sources.toml"),
        "DATABASE_URL": database_url,
        "HUBSPOT_BASE_URL": account.url,
        "HUBSPOT_ACCESS_TOKEN": "sandbox",
        "DEBOUNCE_SECONDS": str(DEBOUNCE),
        "LOG_LEVEL": "CRITICAL",
    }
    both = Workers(request.getfixturevalue("point"), settings)
    yield both
    both.remove()


def hear(database, events, version):
    bodies = [json.dumps({"id": event, "version": version, "eventName": name(event, version)}) for event in events]
    heard = [
        Arrival("load", body.encode(), None, "event.changed", event) for body, event in zip(bodies, events, strict=True)
    ]
    Writer(database, DEBOUNCE).store_all(heard)


def told(account, events):
    """The versions that HubSpot was told of each of these events, in their order."""
    histories = {one["externalEventId"]: one["history"] for one in account.events()}
    return [[version_of(update["eventName"]) for update in histories[event]] for event in events]


def settled(database):
    """The outcomes of all notifications, once nothing is to be done any more."""
    note, event = tables.notification.c, tables.event.c
    waiting = select(func.count()).where(event.due_at.is_not(None))
    outcomes = select(note.outcome).order_by(note.id)
    wait_until(lambda: database.rows(waiting) == [(0,)], "nothing waits any more", 30)
    return [outcome for (outcome,) in database.rows(outcomes)]


@pytest.mark.parametrize("point", POINTS)
def test_a_leader_that_dies_there_loses_nothing_and_nothing_old_overwrites_what_is_new(
    workers, point, database, account, events
):
    hear(database, events, 1)
    assert settled(database) == ["sent"] * 3
    workers.arm()
    hear(database, events, 2)
    wait_until(workers.dead, f"the leader dies {point}", 20)
    hear(database, events[:1], 3)
    assert len(workers.dead()) == 1
    first, *others = settled(database)[3:6]
    assert (first in ("sent", "superseded"), others, settled(database)[6:]) == (True, ["sent"] * 2, ["sent"])
    histories = told(account, events)
    assert [history[-1] for history in histories] == [3, 2, 2]
    assert all(earlier <= later for history in histories for earlier, later in itertools.pairwise(history))
    (holder,) = [process for process in workers.processes if process.is_alive()]
    assert reports.leader(database).split(":")[1] == str(holder.pid)
