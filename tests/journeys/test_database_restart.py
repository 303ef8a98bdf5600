"""The database goes away in mid-run and comes back: senders are told to come again, nothing is lost, all goes on by itself."""

import json
import time

import pytest
import requests
from postgres import Postgres, binaries
from replicas import Site, Traffic, is_at_least
from running import wait_until
from senders import HEADERS, marketing_events

EVENTS = [f"ev-{number}" for number in range(6)]
pytestmark = pytest.mark.skipif(not binaries(), reason="no PostgreSQL on this machine")


@pytest.fixture
def server():
    """One of its own, whose commits are on disk: it may end as by a power cut."""
    made = Postgres(durable=True).start()
    yield made
    made.remove()


@pytest.fixture
def site(server, sandbox, tmp_path):
    sandbox.seed(marketing_events(len(EVENTS)))
    made = Site(tmp_path, server.url(), sandbox)
    yield made
    made.remove()


def answer(port):
    body = json.dumps({"id": EVENTS[0], "version": 0})
    return requests.post(f"http://127.0.0.1:{port}/webhooks/load", body, headers=HEADERS, timeout=30)


@pytest.mark.parametrize("fast", [True, False], ids=["restarted by an operator", "cut off from power"])
def test_a_database_that_restarts_costs_nothing_but_time(site, server, fast):
    worker, port = site.worker(), site.web()
    site.wait_for_leader([worker])
    with Traffic([port], EVENTS) as traffic:
        wait_until(lambda: all(site.told().values()), "all is told", 20)
        server.stop(fast=fast)
        refused, ready = answer(port), requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
        assert (refused.status_code, refused.json()["reason"]) == (503, "inbox_unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert ready.status_code == 503
        taken = dict(traffic.versions)
        server.start()
        began = time.monotonic()
        wait_until(lambda: all(traffic.versions[event] > taken[event] for event in EVENTS), "all is taken again", 20)
        seen = dict(traffic.versions)
        wait_until(lambda: is_at_least(site, seen), "all is told again", 20)
        print(f"taken and told again {time.monotonic() - began:.1f} s after the start")
    outcomes = site.settle()
    assert sum(outcomes.values()) == traffic.taken
    assert outcomes.keys() <= {"sent", "superseded"}
    assert {event: history[-1] for event, history in site.told().items()} == traffic.names()
    assert all(child.is_running() for child in site.children)
