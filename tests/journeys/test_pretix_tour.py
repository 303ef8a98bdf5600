"""Sixty real changes in pretix: HubSpot's stand-in ends with exactly what pretix shows."""

import random
from itertools import pairwise

import pytest
import requests
from pretix_api import TOKEN, PretixApi, recorded
from running import Marquee, Sandbox

SECRET = "the-hooks-own-password"
SOURCES = """
[sources.box-office]
platform = "pretix"
api_url = "{api}"
api_token = "{token}"
secrets = ["{secret}"]
organizers = ["acme"]
account_id = "acme"
language = "en"
series = "occurrences"
on_unpublished = "{on_unpublished}"
"""
EVENTS = ["gala", "gala-2028", "preexisting", "weekly", "series2"]
DATES = ["weekly:1", "weekly:2", "weekly:3", "weekly:4", "weekly:5", "series2:6", "series2:7"]
DEBOUNCE = 1.0
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def api():
    serving = PretixApi()
    yield serving
    serving.close()


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    running.seed(
        [
            {
                "externalEventId": f"acme:{name}",
                "externalAccountId": "acme",
                "eventName": "before",
                "eventOrganizer": "Acme",
            }
            for name in EVENTS + DATES
        ]
    )
    yield running
    running.stop()


def replay(marquee, deliveries):
    for delivery in deliveries:
        headers = dict(delivery["headers"])
        url = f"{marquee.url}/webhooks/box-office"
        reply = requests.post(url, data=delivery["body"], headers=headers, auth=("pretix", SECRET), timeout=10)
        assert reply.status_code in (200, 202), reply.text


def shuffled_with_duplicates(deliveries):
    chance = random.Random(20261124)
    many = deliveries + chance.sample(deliveries, 30)
    chance.shuffle(many)
    return many


def run(tmp_path, api, sandbox, deliveries, on_unpublished="cancel"):
    sources = SOURCES.format(api=api.url, token=TOKEN, secret=SECRET, on_unpublished=on_unpublished)
    marquee = Marquee(tmp_path, sources, sandbox.url, DEBOUNCE_SECONDS=str(DEBOUNCE)).start()
    replay(marquee, deliveries)
    marquee.settle(30)
    marquee.stop()
    return {event["externalEventId"].removeprefix("acme:"): event for event in sandbox.events()}


def shown(event):
    keys = ("eventName", "startDateTime", "endDateTime", "eventUrl")
    return {key: event.get(key) for key in keys} | {"cancelled": bool(event.get("eventCancelled"))}


def expected():
    """What HubSpot shall show in the end, by external id, from the state that pretix ended in."""
    wanted = {}
    for event in recorded("expected")["events"]:
        address = recorded("api")["answers"][f"/api/v1/organizers/acme/events/{event['slug']}/"]["body"]["public_url"]
        if not event["series"]:
            wanted[event["slug"]] = as_shown(event, address)
        for date in event["dates"]:
            wanted[f"{event['slug']}:{date['id']}"] = as_shown(date, f"{address}{date['id']}/")
    return wanted


def as_shown(event, address):
    return {
        "eventName": event["name"]["en"],
        "startDateTime": event["start"],
        "endDateTime": event["end"],
        "eventUrl": address,
        "cancelled": event["cancelled"],
    }


@pytest.mark.parametrize("order", [list, shuffled_with_duplicates], ids=["in order", "shuffled with duplicates"])
def test_the_sandbox_ends_with_exactly_what_pretix_shows(tmp_path, api, sandbox, order):
    ended = run(tmp_path, api, sandbox, order(recorded("requests")["requests"]))
    wanted = expected()
    assert {name: shown(ended[name]) for name in wanted} == wanted


def test_what_was_deleted_ends_cancelled_and_a_series_itself_is_left_alone(tmp_path, api, sandbox):
    ended = run(tmp_path, api, sandbox, recorded("requests")["requests"])
    assert {name for name in ended if name not in expected() and shown(ended[name])["cancelled"]} == {
        "weekly:4",
        "weekly:5",
        "series2",
        "series2:6",
        "series2:7",
    }
    assert ended["weekly"]["history"] == []


def test_being_off_sale_alone_cancels_nothing_where_that_is_ignored(tmp_path, api, sandbox):
    ended = run(tmp_path, api, sandbox, recorded("requests")["requests"], "ignore")
    dates = {name for name, event in expected().items() if event["cancelled"] and ":" in name}
    assert {name for name in expected() if shown(ended[name])["cancelled"]} == dates


def test_there_is_at_most_one_batch_update_in_each_debounce_window(tmp_path, api, sandbox):
    run(tmp_path, api, sandbox, recorded("requests")["requests"])
    times = sorted(call["at"] for call in sandbox.calls()["last"] if call["path"].endswith("/batch/update"))
    assert times
    assert all(later - earlier >= DEBOUNCE * 0.95 for earlier, later in pairwise(times))


def test_pretix_is_asked_once_for_what_many_notifications_are_about(tmp_path, api, sandbox):
    run(tmp_path, api, sandbox, recorded("requests")["requests"])
    assert api.asked.count("/api/v1/organizers/acme/events/gala/") == 1
    assert api.asked.count("/api/v1/organizers/acme/events/weekly/") <= 2
