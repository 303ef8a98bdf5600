"""The real service before an Eventbrite: drafts, bursts, series, what is cancelled in silence, a token that is refused."""

from itertools import pairwise

import pytest
import requests
from eventbrite_api import CANCELLED, LIST, MINE, ORGANIZATION, TOKEN, EventbriteApi
from recorded import deliveries
from running import Marquee, Sandbox, wait_until
from sqlalchemy import update
from test_reconciliation import backfill

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.pauses import resume

SECRET = "secret-of-the-address"
SOURCE = """
[sources.{name}]
platform = "eventbrite"
secrets = ["{secret}"]
api_token = "{token}"
api_url = "{api}"
account_id = "{name}"
"""
FORUM, OTHER, DRAFT = "717926867587", "717926867588", "717926867589"
SERIES, FIRST, SECOND = "769789610447", "769789610448", "769789610449"
NUMBERS = (FORUM, OTHER, DRAFT, SERIES, FIRST, SECOND)
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def api():
    serving = EventbriteApi()
    yield serving
    serving.close()


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    before = {"eventName": "before", "eventOrganizer": "before"}
    accounts = ("box-office", "parents")
    running.seed(
        [{"externalEventId": number, "externalAccountId": name, **before} for number in NUMBERS for name in accounts]
    )
    yield running
    running.stop()


@pytest.fixture
def marquee(tmp_path, api, sandbox):
    words = {"secret": SECRET, "token": TOKEN, "api": api.url}
    sources = SOURCE.format(name="box-office", **words)
    sources += SOURCE.format(name="parents", **words) + f'series = "parent"\norganization_id = "{ORGANIZATION}"\n'
    running = Marquee(tmp_path, sources, sandbox.url, DEBOUNCE_SECONDS="0.5").start()
    yield running
    running.stop()


def post(marquee, headers, body, source="box-office"):
    url = f"{marquee.url}/webhooks/{source}/{SECRET}"
    return requests.post(url, headers=headers, json=body, timeout=10)


def tell(marquee, number, *actions, source="box-office"):
    """As Eventbrite does, word for word, but for what happened to which event."""
    recorded = next(one for one in deliveries("eventbrite") if one["body"]["config"]["action"] == "event.updated")
    for action in actions:
        config = recorded["body"]["config"] | {"action": action}
        body = {"config": config, "api_url": f"https://www.eventbriteapi.com/v3/events/{number}/"}
        reply = post(marquee, recorded["headers"] | {"X-Eventbrite-Event": action}, body, source)
        assert reply.status_code == 202, reply.text


def operator(marquee, path):
    reply = requests.get(
        f"{marquee.url}/api/{path}", headers={"Authorization": "Bearer operators-token-of-tests"}, timeout=10
    )
    assert reply.status_code == 200, reply.text
    return reply.json()


def reasons(marquee):
    return {(one["source"], one["reason"]) for one in operator(marquee, "notifications")["items"] if one["reason"]}


def box_office(marquee):
    return operator(marquee, "status")["sources"]["box-office"]


def held(sandbox, account="box-office"):
    events = [event for event in sandbox.events() if event["externalAccountId"] == account]
    return {event["externalEventId"]: event for event in events}


def sent(sandbox, account="box-office"):
    return {number for number, event in held(sandbox, account).items() if event["history"]}


def shown(sandbox, number):
    event = held(sandbox)[number]
    return event["eventName"], event["startDateTime"], event["eventCancelled"]


def test_a_draft_waits_unsent_and_what_comes_in_bursts_is_one_question_and_one_update(marquee, api, sandbox):
    check_that_others_are_ignored(marquee, api)
    api.put(DRAFT, status="draft", published=None)
    tell(marquee, DRAFT, "event.created", "event.updated")
    assert marquee.settle() == {"unchanged": 1, "superseded": 1}
    assert (sent(sandbox), reasons(marquee)) == (set(), {("box-office", "not_published")})

    api.put(DRAFT, status="live", published="2026-11-25T09:00:00Z")
    tell(marquee, DRAFT, "event.published")
    marquee.settle()
    event = held(sandbox)[DRAFT]
    assert {name: event[name] for name in ("eventType", "eventOrganizer", "endDateTime", "eventUrl")} == {
        "eventType": "Seminar or Talk",
        "eventOrganizer": "Science Gallery London",
        "endDateTime": "2031-11-01T14:00:00Z",
        "eventUrl": "https://www.eventbrite.co.uk/e/ai-forum-can-ai-fix-climate-change-tickets-717926867587",
    }
    assert shown(sandbox, DRAFT) == ("AI Forum: Can AI Fix Climate Change?", "2031-11-01T13:15:00Z", False)

    api.put(DRAFT, name={"text": "Renamed", "html": "Renamed"}, start={"utc": "2031-11-01T12:00:00Z"})
    tell(marquee, DRAFT, "event.updated", "event.published", "event.updated")
    assert marquee.settle() == {"unchanged": 1, "superseded": 3, "sent": 2}
    assert shown(sandbox, DRAFT) == ("Renamed", "2031-11-01T12:00:00Z", False)
    assert set(held(sandbox)[DRAFT]["history"][-1]) - {"at"} <= {"eventName", "startDateTime", "eventCancelled"}
    assert (api.look_ups(DRAFT), len(held(sandbox)[DRAFT]["history"])) == (3, 2)


def check_that_others_are_ignored(marquee, api):
    """Orders, attendees, test pings; and whoever does not know the address."""
    others = [one for one in deliveries("eventbrite") if one["read_as"]["is"] == "ignored"]
    answers = [post(marquee, one["headers"], one["body"]) for one in others]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "ignored")] * len(others)
    stranger = requests.post(f"{marquee.url}/webhooks/box-office/another-secret", json=others[0]["body"], timeout=10)
    assert stranger.status_code == 404
    assert (marquee.outcomes(), api.asked) == ({}, [])


def test_of_a_series_the_dates_are_sent_or_its_parent(marquee, api, sandbox):
    api.put(SERIES, like="series-parent")
    for number in (FIRST, SECOND):
        api.put(number, is_series=True, series_id=SERIES, name={"text": f"Date {number}", "html": "<b>x</b>"})
    for source in ("box-office", "parents"):
        for number in (SERIES, FIRST, SECOND):
            tell(marquee, number, "event.published", source=source)
    assert marquee.settle() == {"sent": 3, "unchanged": 3}
    assert (sent(sandbox), sent(sandbox, "parents")) == ({FIRST, SECOND}, {SERIES})
    assert reasons(marquee) == {("box-office", "series_parent"), ("parents", "series_occurrence")}
    assert len(api.asked) == 6


def test_what_was_cancelled_in_silence_is_found_by_the_list(marquee, api, sandbox):
    api.per_page = 2
    for number in (FORUM, OTHER):
        api.put(number)
        tell(marquee, number, "event.published")
    api.put(DRAFT, status="draft", published=None)
    marquee.settle()
    api.cancel(FORUM)
    compared = backfill(marquee)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "3 listed, 1 differing, 0 missing" in compared.stdout
    marquee.settle()
    assert [shown(sandbox, number)[2] for number in (FORUM, OTHER)] == [True, False]
    assert (sent(sandbox), api.look_ups(FORUM), api.look_ups(OTHER)) == ({FORUM, OTHER}, 2, 1)
    assert [path for path in api.paths() if path in (MINE, LIST)] == [MINE, LIST, LIST]
    told = box_office(marquee)["reconciliation"]
    assert (told["running"], told["doubted"], told["missing"]) == (False, False, 0)


def test_a_list_that_broke_off_goes_on_though_its_place_was_forgotten(marquee, api, sandbox):
    api.per_page = 1
    for number in (FORUM, OTHER):
        api.put(number)
    api.revoke(after=2)  # whose token it is, and the first page
    broken = backfill(marquee)
    assert broken.returncode == 1
    assert "platform_refuses_token" in broken.stderr
    wait_until(lambda: box_office(marquee)["paused"], "the worker was refused as well")
    api.restore()
    api.forget_places()
    resume_sending(marquee)
    whole = backfill(marquee)
    assert whole.returncode == 0, whole.stderr
    assert "2 listed" in whole.stdout
    marquee.settle()
    assert sent(sandbox) == {FORUM, OTHER}


def test_a_token_that_is_refused_pauses_its_source_and_nothing_is_lost(marquee, api, sandbox):
    for number in (FORUM, OTHER):
        api.put(number)
        tell(marquee, number, "event.published")
    marquee.settle()
    api.revoke()
    api.cancel(FORUM)
    api.put(OTHER, name={"text": "Renamed", "html": "Renamed"})
    tell(marquee, FORUM, "event.updated")
    wait_until(lambda: box_office(marquee)["paused"], "its platform is left alone")
    tell(marquee, OTHER, "event.updated", "event.updated")
    check_it_is_left_alone(marquee, api, refused=1)
    resume_sending(marquee)
    wait_until(lambda: len(api.paths(401)) == 2, "it is asked once more")
    wait_until(lambda: box_office(marquee)["paused"], "it is left alone again")
    check_it_is_left_alone(marquee, api, refused=2)
    api.restore()
    sleep_over_it(marquee)
    assert marquee.settle() == {"sent": 4, "superseded": 1}
    assert [shown(sandbox, number)[::2] for number in (FORUM, OTHER)] == [
        ("AI Forum: Can AI Fix Climate Change?", True),
        ("Renamed", False),
    ]
    wait_until(lambda: box_office(marquee)["paused"] is None, "it is no longer left alone")
    assert len(api.paths(401)) == 2


def check_it_is_left_alone(marquee, api, refused):
    status = operator(marquee, "status")
    told = status["sources"]["box-office"]
    assert (told["paused"]["reason"], told["waiting_events"]) == ("platform_refuses_token", 2)
    assert (status["sending"], status["sources"]["parents"]["paused"]) == ("on", None)
    assert marquee.outcomes() == {"sent": 2, "pending": 3}
    assert len(api.paths(401)) == refused


def sleep_over_it(marquee, seconds=1000):
    """A restart, and as if so much time had passed: nobody resumes anything."""
    marquee.stop()
    database = Database(marquee.database_url, pool_size=1)
    with database.write() as connection:
        for column in (tables.pause.c.until, tables.event.c.due_at):
            connection.execute(update(column.table).values({column: column - seconds}))
    database.close()
    marquee.start()


def resume_sending(marquee):
    """As an operator does."""
    database = Database(marquee.database_url, pool_size=1)
    resume(database)
    database.close()


OPEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v3/events/1/?expand=event_sales_status,venue", OPEN, 200),
        ("/v3/events/1/", {}, 401),
        ("/v3/events/1/", {"Authorization": f"Token {TOKEN}"}, 401),
        ("/v3/events/1/", {"Authorization": f"Bearer {TOKEN}x"}, 401),
        ("/v3/events/1", OPEN, 404),
        ("/v3/events/2/", OPEN, 404),
        ("/v3/events/1/description/", OPEN, 404),
        ("/v3/events/1/?expand=everything", OPEN, 400),
        ("/v3/events/1/?page_size=1", OPEN, 400),
        ("/v3/organizations/1/events/", OPEN, 403),
        (f"{LIST}?page=2", OPEN, 400),
        (f"{LIST}?page_size=0", OPEN, 400),
        (f"{LIST}?status=all&status=live", OPEN, 400),
        (f"{LIST}?order_by=created", OPEN, 400),
        (f"{LIST}?continuation=eyJwYWdlIjogMn0", OPEN, 400),
        ("/v3/users/me/owned_events/", OPEN, 404),
    ],
)
def test_the_api_of_these_tests_is_strict(api, path, headers, status):
    api.put("1")
    assert requests.get(api.url + path, headers=headers, timeout=5).status_code == status


def test_the_api_of_these_tests_pages_and_shows_as_the_real_one(api):
    api.per_page = 2
    for number in (SERIES, FIRST, SECOND, FORUM, OTHER):
        like = "series-parent" if number == SERIES else "event-2023"
        api.put(number, like=like, is_series=number in (SERIES, FIRST, SECOND))
    api.cancel(OTHER)
    pages = [requests.get(api.url + LIST, headers=OPEN, timeout=5).json()]
    while pages[-1]["pagination"]["has_more_items"]:
        query = {"continuation": pages[-1]["pagination"]["continuation"], "expand": "event_sales_status"}
        pages.append(requests.get(api.url + LIST, query, headers=OPEN, timeout=5).json())
    assert [[event["id"] for event in page["events"]] for page in pages] == [[FIRST, SECOND], [FORUM, OTHER]]
    assert "event_sales_status" not in pages[0]["events"][0]
    assert [event["event_sales_status"] == CANCELLED for event in pages[1]["events"]] == [False, True]
    assert {event["status"] for event in pages[1]["events"]} == {"live"}
    assert [number for number, _ in pairwise([page["pagination"]["page_number"] for page in pages])] == [1]
