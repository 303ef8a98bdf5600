"""The disk is lost, and yesterday's copy is put back: HubSpot ends with what the platform shows, and with nothing twice."""

import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest
from pretix_api import TOKEN, PretixApi, recorded
from running import PROJECT, Marquee, Sandbox, wait_until
from test_pretix_tour import SECRET, SOURCES, expected, replay, shown

pytestmark = pytest.mark.timeout(120)
BEFORE, AFTER = slice(42, 43), slice(43, 48)  # of the tour's webhooks: about one date, then about that one and another
RENAMED = "/api/v1/organizers/acme/events/weekly/subevents/1/"


@pytest.fixture
def api():
    serving = PretixApi()
    yield serving
    serving.close()


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    yield running
    running.stop()


def flask(marquee, *words):
    command = [sys.executable, "-m", "flask", "--app", "app:create_app()", *words]
    environment = {"PATH": os.environ["PATH"], **marquee._environment}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ended(sandbox):
    return {one["externalEventId"].removeprefix("acme:"): shown(one) for one in sandbox.events()}


def test_after_an_older_copy_is_put_back_hubspot_is_brought_to_the_truth_without_duplicates(tmp_path, api, sandbox):
    made = SOURCES.format(api=api.url, token=TOKEN, secret=SECRET, on_unpublished="cancel") + 'on_missing = "create"\n'
    settings = {"DEBOUNCE_SECONDS": "0.2", "LINK_GRACE_SECONDS": "1"}
    marquee = Marquee(tmp_path, made, sandbox.url, **settings).start()
    deliveries, name = recorded("requests")["requests"], api.answers[RENAMED]["body"]["name"]
    replay(marquee, deliveries[BEFORE])
    marquee.settle(40)
    flask(marquee, "backup", str(tmp_path / "yesterday.db"))
    then, real = ended(sandbox), name["en"]
    name["en"] = "for one day"
    replay(marquee, deliveries[AFTER])
    marquee.settle(40)
    lost = ended(sandbox)
    assert lost["weekly:1"]["eventName"] == "for one day"
    assert lost.keys() > then.keys()
    marquee.stop()
    name["en"] = real  # just as the copy knows it
    put_back(tmp_path)
    assert "count as unconfirmed" in flask(marquee, "restored")
    marquee.start()
    wanted = {name: event for name, event in expected().items() if name in lost and not event["cancelled"]}
    wait_until(lambda: wanted.items() <= ended(sandbox).items(), "HubSpot shows the truth", 40)
    marquee.settle(40)
    assert wanted.items() <= ended(sandbox).items()
    assert [
        one for one, count in Counter(one["externalEventId"] for one in sandbox.events()).items() if count > 1
    ] == []
    marquee.stop()


def put_back(folder):
    for beside in ("", "-wal", "-shm"):
        (folder / f"marquee.db{beside}").unlink(missing_ok=True)
    shutil.copy(folder / "yesterday.db", folder / "marquee.db")
