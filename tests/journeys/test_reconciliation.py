"""Every second webhook of pretix's tour is lost, and one comparison with its list makes up for them."""

import os
import subprocess
import sys

import pytest
import requests
from pretix_api import TOKEN, PretixApi, recorded
from running import PROJECT, Marquee, Sandbox
from test_pretix_tour import DATES, EVENTS, SECRET, SOURCES, expected, replay, shown

pytestmark = pytest.mark.timeout(180)
ON_SALE = "/api/v1/organizers/acme/events/preexisting/"
UNTIL = 9  # so many webhooks came while it was on sale, the last of them a change
# It never was on sale. All that tells of it is that its namesake was deleted: without that it waits unsent.
NEVER_SEEN = {"the even ones": set(), "the odd ones": {"gala-2028"}}


@pytest.fixture
def api():
    serving = PretixApi()
    yield serving
    serving.close()


@pytest.fixture
def sandbox():
    """As a restart would find it: HubSpot knows every event by an older name."""
    running = Sandbox().start()
    before = {"externalAccountId": "acme", "eventName": "before", "eventOrganizer": "Acme"}
    running.seed([{"externalEventId": f"acme:{name}", **before} for name in EVENTS + DATES])
    yield running
    running.stop()


def backfill(marquee, *words):
    """The command in a process of its own, beside the service and on the same inbox."""
    command = [sys.executable, "-m", "flask", "--app", "app:create_app()", "backfill", "box-office", *words]
    environment = {"PATH": os.environ["PATH"], **marquee._environment}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def ended(sandbox):
    events = {event["externalEventId"].removeprefix("acme:"): event for event in sandbox.events()}
    return {name: shown(event) for name, event in events.items() if event["history"]}


@pytest.mark.parametrize("lost", NEVER_SEEN)
def test_with_every_second_webhook_lost_the_end_is_what_pretix_shows(tmp_path, api, sandbox, lost):
    sources = SOURCES.format(api=api.url, token=TOKEN, secret=SECRET, on_unpublished="cancel")
    marquee = Marquee(tmp_path, sources, sandbox.url, DEBOUNCE_SECONDS="0.5").start()
    tell(marquee, api, kept=0 if lost == "the odd ones" else 1)
    compared = backfill(marquee)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    marquee.settle(30)
    wanted = {name: event for name, event in expected().items() if name not in NEVER_SEEN[lost]}
    assert {name: event for name, event in ended(sandbox).items() if name in expected()} == wanted
    assert [name for name, event in ended(sandbox).items() if name not in expected() and not event["cancelled"]] == []
    again = backfill(marquee, "--dry-run")
    assert (again.returncode, " 0 differing, 0 missing" in again.stdout) == (0, True), again.stdout
    check_what_is_told(marquee)
    marquee.stop()


def tell(marquee, api, kept):
    """Every second webhook, while pretix shows what it showed then."""
    deliveries = list(enumerate(recorded("requests")["requests"]))
    shown_then = api.answers[ON_SALE]["body"]
    shown_then["live"] = True
    replay(marquee, [one for number, one in deliveries[:UNTIL] if number % 2 == kept])
    marquee.settle(30)
    shown_then["live"] = False
    replay(marquee, [one for number, one in deliveries[UNTIL:] if number % 2 == kept])
    marquee.settle(30)


def check_what_is_told(marquee):
    headers = {"Authorization": "Bearer operators-token-of-tests"}
    status = requests.get(f"{marquee.url}/api/status", headers=headers, timeout=10).json()
    told = status["sources"]["box-office"]["reconciliation"]
    assert (told["running"], told["doubted"], told["missing"]) == (False, False, 0)
    runs = 'marquee_reconciliation_runs_total{result="finished",source="box-office"} 1.0'
    assert runs in requests.get(f"{marquee.url}/metrics", timeout=10).text
