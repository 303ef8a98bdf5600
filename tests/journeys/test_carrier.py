"""The process that carries the worker serves nobody, and another one takes its place."""

import os
import signal

import pytest
from running import Marquee, wait_until
from senders import SOURCES, marketing_events, post_all
from sockets import LISTENING, held_of

from handlers.inbox import reports
from handlers.inbox.database import Database

TAKEN_OVER_SECONDS = 20


@pytest.fixture
def marquee(tmp_path, sandbox):
    sandbox.seed(marketing_events(5))
    running = Marquee(tmp_path, SOURCES, sandbox.url, LOG_LEVEL="WARNING", DEBOUNCE_SECONDS="0.1").start()
    yield running
    running.stop()


def carrier(marquee):
    """The number of the process that leads; None where none does."""
    database = Database(marquee.database_url, pool_size=1)
    leader = reports.leader(database)
    database.close()
    return int(leader.split(":")[-2]) if leader else None


def tell(marquee, name):
    post_all(marquee.port, [{"id": f"ev-{n}", "eventName": name} for n in range(5)])


def test_it_leads_and_serves_nobody(marquee):
    wait_until(lambda: carrier(marquee) in marquee.processes(), "one of them leads", 10)
    serve = [process for process in marquee.processes() if held_of(marquee.port, LISTENING, process)]
    assert sorted([carrier(marquee), *serve]) == sorted(marquee.processes())


def test_killed_it_is_replaced_and_what_came_meanwhile_is_told(marquee, sandbox):
    wait_until(lambda: carrier(marquee), "one leads", 10)
    killed = carrier(marquee)
    os.kill(killed, signal.SIGKILL)
    tell(marquee, "Another name")
    assert marquee.settle(TAKEN_OVER_SECONDS) == {"sent": 5}
    assert carrier(marquee) in marquee.processes() - {killed}
    assert [event["eventName"] for event in sandbox.events()] == ["Another name"] * 5


def test_told_to_have_fewer_processes_it_still_carries_the_worker(marquee):
    wait_until(lambda: carrier(marquee), "one leads", 10)
    leads = carrier(marquee)
    os.kill(marquee._process.pid, signal.SIGTTOU)
    wait_until(lambda: len(marquee.processes()) == 2, "one of those that serve has ended", 10)
    tell(marquee, "Yet another")
    assert marquee.settle() == {"sent": 5}
    assert carrier(marquee) == leads
