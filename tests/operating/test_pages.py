"""The operator's pages on a real inbox: what they tell, what they refuse, and that whatever came is shown as text."""

import dataclasses
import gc
import html
import re
from types import SimpleNamespace

import pytest
from flask import Flask
from inboxes import NOON, arrival, queue
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, source
from sqlalchemy import select

from handlers.configuration import Configuration
from handlers.errors import FaultySettings
from handlers.forwarding.credentials import StaticToken
from handlers.inbox import tables
from handlers.inbox.browsing import events
from handlers.inbox.counts import Counts
from handlers.inbox.known import Hints
from handlers.inbox.links import link
from handlers.inbox.pauses import FOR_GOOD, Pause, hold, set_pause, set_source_pause
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement, State
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics
from handlers.operating import headers, signing
from handlers.operating.acting import Actions
from handlers.operating.auth import Auth
from handlers.operating.pages.blueprint import MENU, blueprint
from handlers.receiving import refusals
from schemas.access import Access, Key

EVIL = "<script>alert(1)</script>"
OPERATE, READ = "a-password-of-tests", "a-viewer-of-tests"
ACCESS = Access(passwords=(Key("operator", "operate", OPERATE), Key("viewer", "read", READ)))
SETTINGS = SimpleNamespace(
    hubspot_time_zone=None,
    hubspot_base_url="https://api.hubapi.com",
    hubspot_api_version="2026-03",
    hubspot_batch_size=100,
    hubspot_concurrency=4,
)


@dataclasses.dataclass
class Wired:
    """What the pages need of the service."""

    database: object
    sources: dict
    registry: CollectorRegistry = dataclasses.field(default_factory=CollectorRegistry)
    credentials: StaticToken = StaticToken("a-token-that-is-secret")  # noqa: RUF009 - never changed
    platforms = PLATFORMS

    def __post_init__(self):
        self.metrics = Metrics(self.registry)
        self.configuration = Configuration(SETTINGS, self.sources)
        self.counts = Counts(self.database)
        self.actions = Actions(
            self.database, self.sources, PLATFORMS, Hints(Writer(self.database, 0.0)), ("box-office",)
        )

    def hubspot(self):
        raise FaultySettings(["HUBSPOT_ACCESS_TOKEN: Is not set."])


@pytest.fixture
def wired(database):
    sources = {"tickets": dataclasses.replace(source("generic"), name="tickets")}
    sources["box-office"] = dataclasses.replace(source("pretix"), name="box-office")
    return Wired(database, sources)


@pytest.fixture
def app(wired):
    made = Flask("pages", static_folder=None)
    auth = Auth(wired.database, ACCESS)
    auth.register(made)
    headers.register(made)
    made.register_blueprint(signing.blueprint(auth))
    made.register_blueprint(blueprint(wired, lambda: NOON + 60))
    refusals.register(made)
    return made


class Person:
    """Somebody at a browser."""

    def __init__(self, app):
        self._client = app.test_client()

    def signed_in(self, user="operator", password=OPERATE):
        form = self.get("login").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
        answer = self._client.post(
            "/operator/login", data={"user": user, "password": password, "csrf_token": token, "next": "/operator/"}
        )
        assert answer.status_code == 303
        return self

    def get(self, path=""):
        return self._client.get(f"/operator/{path}")

    def post(self, path, **form):
        page = self.get("trail").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self._client.post(f"/operator/{path}", data={"csrf_token": token, **form})

    def words(self, path=""):
        """What a page's main part says."""
        answer = self.get(path)
        assert answer.status_code == 200
        return words(answer.text)


def words(page):
    main = page[page.index("<main") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture
def person(app):
    return Person(app).signed_in()


@pytest.fixture
def viewer(app):
    return Person(app).signed_in("viewer", READ)


def come(database, event="ev-1", **other):
    return Writer(database, 0.0).store(arrival(event=event, **other)).notification


def settle(database, outcome, reason=None, fields=None, detail=None, attempt=None):
    """All that waits is settled so."""
    inbox = queue(database)
    settlements = []
    for changed in inbox.take(NOON + 1, 10, ()):
        state = State(fields or {}, {name: [1.0, 1] for name in fields or {}}, 1.0, published=True)
        number = max(int(one.id) for chunk in inbox.pending(changed.id) for one in chunk)
        outcomes = [Outcome(number, NOON, outcome, reason, detail)]
        settlements.append(Settlement(changed, outcomes, state, standing=(outcome, reason)))
    inbox.settle(settlements, NOON + 2, attempt)


PATHS = ("", "live", *(page for page in MENU if page != "now"), "replay", "hubspot/findings")


@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_there_while_the_inbox_is_empty(person, path):
    answer = person.get(path)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_shown_nothing(app, path):
    answer = Person(app).get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/operator/login")


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_script_a_style_or_a_handler_of_its_own(person, path):
    page = person.get(path).text
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    assert "unsafe" not in person.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["events/tickets/none", "notifications/77", "attempts/77", "charts/x/hour.svg", "nowhere"]
)
def test_what_is_not_there_is_said_on_a_page(person, path):
    answer = person.get(path)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("notifications?outcome=lost", "outcome"),
        ("notifications?since=yesterday", "since"),
        ("notifications?cursor=x", "cursor"),
        ("events?cursor=0", "cursor"),
        (f"events?q={'x' * 201}", "q"),
        ("attempts?status=2xx", "status"),
        ("?span=year", "span"),
        (f"replay?number={2**63}", "number"),
    ],
)
def test_a_faulty_question_names_its_field(person, path, field):
    answer = person.get(path)
    assert answer.status_code == 400
    assert f"<strong>{field}</strong>" in answer.text


def test_a_state_that_there_is_none_of_is_refused(person):
    assert person.get("events?state=lost").status_code == 400


def test_fields_that_are_left_empty_ask_for_nothing(person):
    assert person.get("notifications?source=&outcome=&since=&until=&event=").status_code == 200


@pytest.mark.parametrize("name", ["bootstrap.css", "operator.css", "operator.js", "icon.svg"])
def test_the_files_of_the_pages_are_there_for_everybody_and_are_kept(app, name):
    answer = Person(app).get(f"static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    answer.close()


@pytest.mark.parametrize("name", ["", "base.html", "..%2fapi.py", "bootstrap.min.css"])
def test_no_other_file_is_told(app, name):
    assert Person(app).get(f"static/{name}").status_code in (303, 404)


def test_the_first_page_tells_what_waits(database, person):
    come(database)
    assert "1 event wait" in person.words()


def test_the_first_page_tells_that_an_operator_paused(database, person):
    hold(database, NOON)
    assert "Sending is paused by an operator since" in person.words()


def test_the_first_page_tells_why_hubspot_is_not_called(database, person):
    set_pause(database, Pause("unauthorized", NOON, NOON + 300))
    assert "Sending is paused: HubSpot does not take the token" in person.words()


def test_the_first_page_tells_that_a_platform_is_left_alone(database, person):
    set_source_pause(database, "box-office", Pause("platform_refuses_token", NOON, FOR_GOOD))
    assert "box-office is paused: the platform refuses the source's token." in person.words()


def test_the_first_page_tells_of_events_that_are_astray(database, person):
    come(database)
    settle(database, "dead", "not_in_hubspot")
    text = person.words()
    assert "1 of 1 event is not as the platforms say, and waiting will not help." in text
    assert "not in HubSpot tickets 1" in text


def test_what_hubspots_limits_leave_is_told(wired, person):
    wired.metrics.hubspot_left.labels("rolling").set(174)
    assert "174 calls left of ten seconds" in person.words()


def test_an_event_is_told_with_what_differs_and_its_timeline(database, person):
    come(database)
    link(database, "tickets", "ev-1", "123", NOON)
    number = events.get(database, "tickets", "ev-1").row.id
    attempt = Attempt(
        "b", NOON + 1, 0.2, 200, None, "COMPLETE", 1, 1, 0, "c-1", [Input(number, {"eventName": "New"}, "confirmed")]
    )
    settle(database, "sent", fields={"eventName": "New"}, attempt=attempt)
    text = person.words("events/tickets/ev-1")
    assert "eventName New" in text
    assert "Notification 1" in text
    assert "Attempt 1" in text
    assert "this event: confirmed" in text


def test_why_an_event_is_dead_is_told_with_hubspots_words(database, person):
    come(database)
    settle(database, "dead", "rejected_by_hubspot", detail='{"message":"The name is too long."}')
    text = person.words("events/tickets/ev-1")
    assert "The name is too long." in text
    assert "rejected by HubSpot" in person.words("events")


def test_whatever_came_is_shown_as_text(database, person):
    come(database, EVIL, body=b'{"id": "x", "eventName": "<script>alert(1)</script>"}', delivery_id=EVIL, action=EVIL)
    settle(
        database,
        "dead",
        "rejected_by_hubspot",
        {"eventName": EVIL, "eventUrl": f"javascript:{EVIL}"},
        f'{{"message":"{EVIL}"}}',
    )
    paths = ["", "events", f"events/tickets/{EVIL}", "notifications", "notifications/1", "dead", f"events?q={EVIL}"]
    for path in paths:
        page = person.get(path).text
        assert EVIL not in page
        assert 'href="javascript' not in page
    assert EVIL in person.words("notifications/1")


def test_a_body_is_shown_without_what_is_private(database, person):
    come(database, body=b'{"id": "ev-1", "eventName": "Summit", "email": "ann@people.example"}')
    text = person.words("notifications/1")
    assert "Summit" in text
    assert "ann@people.example" not in text


@pytest.mark.parametrize("path", ["", "sources", "hubspot", "hubspot/findings"])
def test_no_page_tells_a_secret(wired, person, path):
    page = person.get(path).text
    secrets = [secret for one in wired.sources.values() for secret in one.secrets]
    assert not [secret for secret in [*secrets, "a-token-that-is-secret", OPERATE, READ] if secret in page]


def test_an_event_is_linked_sent_again_and_asked_about(database, person):
    come(database)
    come(database, source="box-office", event="acme:fest")
    for path, form in {
        "link": {"source": "tickets", "event": "ev-1", "object_id": "123"},
        "send-again": {"source": "tickets", "event": "ev-1"},
        "look-up-again": {"source": "box-office", "event": "acme:fest"},
    }.items():
        answer = person.post(path, **form)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(f"/operator/events/{form['source']}/")
    assert "123" in person.words("events/tickets/ev-1")


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        (
            "link",
            {"source": "tickets", "event": "ev-2", "object_id": "123"},
            409,
            "Nothing was changed. It stands for tickets ev-1",
        ),
        ("link", {"source": "tickets", "event": "ev-1", "object_id": "12x"}, 400, "Nothing was changed."),
        ("link", {"source": "tickets", "event": "ev-1"}, 400, "object_id"),
        ("send-again", {"source": "tickets", "event": "none"}, 404, "There is no such page."),
        ("look-up-again", {"source": "tickets", "event": "ev-1"}, 409, "cannot be asked"),
        ("look-up-again", {"source": "tickets", "event": "none"}, 404, "There is no such page."),
        ("pause", {"source": "none"}, 404, "There is no such source."),
        ("resume", {"source": "none"}, 404, "There is no such source."),
        ("replay", {"outcome": "lost"}, 400, "outcome"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(database, person, path, form, status, said):
    come(database)
    come(database, "ev-2")
    link(database, "tickets", "ev-1", "123", NOON)
    answer = person.post(path, **form)
    assert answer.status_code == status
    assert said in words(answer.text)


def test_all_of_one_reason_are_offered_to_be_replayed_where_several_sources_have_them(database, person):
    come(database)
    come(database, "other", source="box-office")
    settle(database, "dead", "not_in_hubspot")
    page = person.get("dead").text
    assert 'href="/operator/replay?outcome=dead&amp;reason=not_in_hubspot"' in page
    assert "Replay 2 notifications?" in person.words("replay?outcome=dead&reason=not_in_hubspot")


def test_a_replay_is_counted_first_and_done_after_the_confirmation(database, person):
    come(database)
    settle(database, "dead", "not_in_hubspot")
    assert "Replay 1 notification?" in person.words("replay?outcome=dead&reason=not_in_hubspot")
    assert "dead" in person.words("notifications")
    told = words(person.post("replay", outcome="dead", reason="not_in_hubspot").text)
    assert "1 of 1" in told
    assert "All is done." in told
    assert "pending" in person.words("notifications/1")


def test_a_replay_whose_page_is_left_is_written_down_as_stopped_before_python_looks_for_garbage(database, person):
    come(database)
    settle(database, "dead", "not_in_hubspot")
    gc.disable()
    try:
        answer = person.post("replay", outcome="dead", reason="not_in_hubspot")
        told, pieces = b"", answer.iter_encoded()
        while b"1 of 1" not in told:
            told += next(pieces)
        answer.close()
        assert "replay_stopped" in [action for (action,) in database.rows(select(tables.audit.c.action))]
    finally:
        gc.enable()


def test_a_range_of_time_goes_from_the_count_to_the_replay_unchanged(database, person):
    come(database)
    settle(database, "dead", "not_in_hubspot")
    page = person.get("replay?outcome=dead&since=2027-01-15T08:00&until=2027-01-15T08:00:01").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[page.index("<main") :]))
    assert form.pop("csrf_token")
    assert form == {"outcome": "dead", "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:01Z"}
    assert "1 of 1" in words(person.post("replay", **form).text)


def test_a_viewer_has_no_buttons_and_no_say(database, viewer):
    come(database)
    settle(database, "dead", "not_in_hubspot")
    for path in ("events/tickets/ev-1", "sources", "hubspot", "dead", "replay?outcome=dead", "notifications/1"):
        assert 'method="post"' not in re.sub(
            r'action="/operator/logout"[^>]*>',
            "",
            viewer.get(path).text.replace('method="post" action="/operator/logout"', ""),
        )
    for path in ("replay", "pause", "resume", "link", "send-again", "look-up-again"):
        answer = viewer.post(path, outcome="dead", source="tickets", event="ev-1", object_id="1")
        assert answer.status_code == 403
    assert "dead" in viewer.words("notifications/1")


def test_pausing_and_resuming_stands_in_the_trail(person):
    person.post("pause", detail="We move house")
    assert "We move house" in person.words("hubspot")
    person.post("resume")
    person.post("pause", source="tickets")
    assert "an operator paused it" in person.words()
    text = person.words("trail?action=pause")
    assert text.count("pause") >= 2
    assert "source tickets" in text


def test_the_way_to_hubspots_page_asks_for_credentials_that_there_are_none_of(person):
    answer = person.get("hubspot/events/123")
    assert answer.status_code == 409
    assert "HUBSPOT_ACCESS_TOKEN" in answer.text


@pytest.mark.parametrize("object_id", ["12x", "..", "%2e%2e%2fx"])
def test_only_a_number_leads_to_hubspots_page(person, object_id):
    assert person.get(f"hubspot/events/{object_id}").status_code == 404


@pytest.mark.parametrize("kind", ["received", "calls", "freshness"])
def test_a_chart_is_an_image_under_a_policy_of_its_own(person, kind):
    answer = person.get(f"charts/{kind}/hour.svg")
    assert answer.content_type.startswith("image/svg+xml")
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/]+='", answer.headers["Content-Security-Policy"])


@pytest.mark.sqlite
def test_an_inbox_that_cannot_be_read_is_said_on_a_page(database, person):
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE input RENAME TO elsewhere")
        connection.exec_driver_sql("ALTER TABLE attempt RENAME TO gone")
    answer = person.get("attempts")
    assert answer.status_code == 503
    assert "Nothing is lost by that" in answer.text
    assert answer.headers["Retry-After"] == "5"
