"""The sandbox's page shows what it holds, and trusts none of it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from deploy.sandbox.app import create_sandbox
from deploy.sandbox.page import BUTTONS

ROOT = "/marketing/marketing-events/2026-03"
EVIL = "<script>alert('x')</script>\"'&"
STATIC = Path(__file__).resolve().parents[2] / "deploy" / "sandbox" / "static"


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


class Page(HTMLParser):
    """Its text, its tags and their attributes."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    def having(self, name):
        return [(tag, found[name]) for tag, found in self.tags if name in found]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(clock):
    client = create_sandbox(clock, demo=True).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


@pytest.fixture
def sandbox(client):
    return client.application.extensions["sandbox"]


def fragment(client):
    return Page(client.get("/fragment").text)


def update(client, **changes):
    event = client.application.extensions["sandbox"].events()[0]
    inputs = [{"objectId": event["objectId"], **changes}]
    assert client.post(f"{ROOT}/batch/update", json={"inputs": inputs}).status_code == 200


def test_the_page_shows_the_events_that_are_held(client):
    text = Page(client.get("/").text).text
    for shown in ("Spring Summit", "2027-04-12T08:00:00Z", "2027-04-12T16:00:00Z", "demo / event-1", "58237132001"):
        assert shown in text


def test_the_fragment_shows_what_changed(client):
    properties = [{"name": "venue", "value": "Messe"}]
    update(client, eventName="Moved", eventCancelled=True, customProperties=properties)
    text = fragment(client).text
    assert "Moved" in text
    assert "venue: Messe" in text
    assert text.count("cancelled") == 1


def test_a_row_that_changed_is_marked_for_some_seconds(client, clock):
    update(client, eventName="Moved")
    assert ("tr", "fresh") in fragment(client).having("class")
    clock.now += 5
    assert ("tr", "fresh") not in fragment(client).having("class")


def test_calls_are_shown_by_status(client, sandbox):
    sandbox.fault({"kind": "server_error", "times": 1})
    for _ in range(3):
        client.get(ROOT)
    text = fragment(client).text
    assert "200 × 2" in text
    assert "500 × 1" in text


def test_active_faults_are_shown(client, sandbox):
    sandbox.fault({"kind": "locked", "times": 3, "path": "batch/update"})
    shown = fragment(client)
    assert "locked on batch/update, 3 more" in shown.text
    assert ("div", "locked") in shown.having("data-kinds")


def test_each_button_switches_a_fault_that_there_is(client):
    kinds = [kind for _tag, kind in Page(client.get("/").text).having("data-kind")]
    assert kinds == list(BUTTONS)
    for kind in kinds:
        assert client.post("/sandbox/faults", json={"kind": kind}).status_code == 200


def test_only_the_last_changed_of_very_many_events_are_shown(client, sandbox, clock):
    clock.now += 1
    sandbox.seed([{"externalAccountId": "a", "externalEventId": str(number)} for number in range(250)])
    clock.now += 1
    update(client, eventName="Moved")
    shown = fragment(client)
    assert "the 200 last changed of 255" in shown.text
    assert "Moved" in shown.text
    assert "Open House" not in shown.text


def test_whatever_is_held_is_shown_as_text(client, sandbox):
    texts = ("eventName", "eventType", "eventOrganizer", "eventUrl", "externalEventId", "externalAccountId")
    evil = {**dict.fromkeys(texts, EVIL), "customProperties": [{"name": "venue", "value": EVIL}]}
    sandbox.seed([evil])
    sandbox.fault({"kind": "locked", "path": EVIL})
    client.get(f"/{EVIL}")
    html = client.get("/fragment").text
    assert "<script" not in html
    assert Page(html).text.count(EVIL) == 9
    assert {tag for tag, _attributes in Page(html).tags}.isdisjoint({"script", "a", "img"})


def test_the_page_has_no_script_or_style_of_another_host_or_its_own(client):
    page = Page(client.get("/").text)
    assert page.having("src") == [("script", "/static/sandbox.js")]
    assert page.having("href") == [("link", "/static/icon.svg"), ("link", "/static/sandbox.css")]
    assert page.having("style") == []
    assert not any(name.startswith("on") for _tag, attributes in page.tags for name in attributes)
    assert ("style", {}) not in page.tags


@pytest.mark.parametrize("path", ["/", "/fragment", "/static/sandbox.js"])
def test_the_policy_allows_its_own_files_only(client, path):
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


def test_the_files_name_no_other_host():
    for file in STATIC.iterdir():
        assert set(re.findall(r"https?://[^/\"']+", file.read_text())) <= {"http://www.w3.org"}, file.name


def test_every_static_file_that_is_named_is_there(client):
    page = Page(client.get("/").text)
    for _tag, path in page.having("src") + page.having("href"):
        answer = client.get(path)
        assert answer.status_code == 200
        answer.close()
