"""Real processes: a marketing event that HubSpot lacks is made once, whatever befalls the call that makes it."""

import pytest
import requests
from running import Marquee, wait_until
from senders import HEADERS, SECRET

SOURCES = f"""
[sources.load]
platform = "generic"
signature = "token"
secrets = ["{SECRET}"]
account_id = "acme"
on_missing = "create"
organizer = "Acme"
"""


@pytest.fixture
def marquee(tmp_path, sandbox):
    settings = {"LINK_GRACE_SECONDS": "1", "DEBOUNCE_SECONDS": "0.1", "HUBSPOT_TIMEOUT": "1", "WEB_CONCURRENCY": "1"}
    running = Marquee(tmp_path, SOURCES, sandbox.url, **settings).start()
    yield running
    running.stop()


def tell(marquee, number, version=1, **fields):
    said = {"id": f"ev-{number}", "version": version, "eventName": f"Event {number}, version {version}", **fields}
    answer = requests.post(f"{marquee.url}/webhooks/load", json=said, headers=HEADERS, timeout=10)
    assert answer.status_code == 202


def upserts(sandbox):
    return [call for call in sandbox.calls()["last"] if call["path"].endswith("/events/upsert")]


def names(sandbox):
    return sorted(event["eventName"] for event in sandbox.events())


def test_what_hubspot_lacks_is_made_in_few_calls_and_updated_from_then_on(marquee, sandbox):
    for number in range(20):
        tell(marquee, number, startDateTime="2027-05-01T09:00:00Z")
    assert marquee.settle() == {"sent": 20}
    assert len(upserts(sandbox)) <= 4
    tell(marquee, 7, version=2)
    assert marquee.settle() == {"sent": 21}
    assert len(sandbox.events()) == 20
    assert "Event 7, version 2" in names(sandbox)


def test_what_was_made_while_nobody_waited_for_the_answer_is_not_made_again(marquee, sandbox):
    sandbox.fault("late", path="/events/upsert", seconds=2, times=1)
    tell(marquee, 1)
    assert marquee.settle() == {"sent": 1}
    assert (len(upserts(sandbox)), names(sandbox)) == (1, ["Event 1, version 1"])


def test_a_kill_in_the_middle_of_making_it_makes_no_second(marquee, sandbox):
    sandbox.fault("late", path="/events/upsert", seconds=3, times=1)
    tell(marquee, 1)
    wait_until(lambda: upserts(sandbox), "it is being made")
    marquee.kill()
    marquee.start()
    assert marquee.settle() == {"sent": 1}
    assert (len(upserts(sandbox)), names(sandbox)) == (1, ["Event 1, version 1"])
