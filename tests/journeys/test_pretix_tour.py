"""Sixty real changes in pretix: HubSpot's stand-in ends with exactly what pretix shows."""

import json
import random
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from pretix_api import ORGANIZER, TOKEN, PretixApi, recorded
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
SETTINGS = Path(__file__).parents[1] / "platforms/samples/pretix/settings.json"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def api():
    serving = PretixApi()
    yield serving
    serving.close()


@pytest.fixture
def sandbox():
    running = seeded()
    yield running
    running.stop()


def seeded():
    running = Sandbox().start()
    before = {"externalAccountId": "acme", "eventName": "before", "eventOrganizer": "Acme"}
    running.seed([{"externalEventId": f"acme:{name}", **before} for name in EVENTS + DATES])
    return running


@dataclass(frozen=True)
class Tour:
    """What HubSpot's stand-in shows after all changes, when it was told, and what pretix was asked."""

    ended: dict
    updates: list
    asked: list


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """All changes in the order in which they were made, once for whoever looks at it."""
    api, sandbox = PretixApi(), seeded()
    ended = run(tmp_path_factory.mktemp("tour"), api, sandbox, recorded("requests")["requests"])
    calls = sandbox.calls()["last"]
    sandbox.stop()
    api.close()
    return Tour(ended, sorted(call["at"] for call in calls if call["path"].endswith("/batch/update")), api.asked)


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


def begin(tmp_path, api, sandbox, on_unpublished="cancel"):
    sources = SOURCES.format(api=api.url, token=TOKEN, secret=SECRET, on_unpublished=on_unpublished)
    return Marquee(tmp_path, sources, sandbox.url, DEBOUNCE_SECONDS=str(DEBOUNCE)).start()


def hear(marquee, sandbox, deliveries):
    """What HubSpot's stand-in shows when all of them are settled, by external id."""
    replay(marquee, deliveries)
    marquee.settle(30)
    return {event["externalEventId"].removeprefix("acme:"): event for event in sandbox.events()}


def run(tmp_path, api, sandbox, deliveries, on_unpublished="cancel"):
    marquee = begin(tmp_path, api, sandbox, on_unpublished)
    ended = hear(marquee, sandbox, deliveries)
    marquee.stop()
    return ended


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


def test_the_sandbox_ends_with_exactly_what_pretix_shows(tour):
    wanted = expected()
    assert {name: shown(tour.ended[name]) for name in wanted} == wanted


def test_shuffled_and_with_duplicates_it_ends_the_same(tmp_path, api, sandbox):
    ended = run(tmp_path, api, sandbox, shuffled_with_duplicates(recorded("requests")["requests"]))
    wanted = expected()
    assert {name: shown(ended[name]) for name in wanted} == wanted


def test_what_was_deleted_ends_cancelled_and_a_series_itself_is_left_alone(tour):
    ended = tour.ended
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


def test_there_is_at_most_one_batch_update_in_each_debounce_window(tour):
    assert tour.updates
    assert all(later - earlier >= DEBOUNCE * 0.95 for earlier, later in pairwise(tour.updates))


def test_pretix_is_asked_once_for_what_many_notifications_are_about(tour):
    assert tour.asked.count("/api/v1/organizers/acme/events/gala/") == 1
    assert tour.asked.count("/api/v1/organizers/acme/events/weekly/") <= 2


def test_all_events_get_their_organizers_name_and_without_the_right_to_settings_no_description(tour):
    assert {tour.ended[name]["eventOrganizer"] for name in expected()} == {"Acme Events"}
    assert {tour.ended[name].get("eventDescription") for name in expected()} == {None}
    assert any(address.endswith("/settings/") for address in tour.asked)


def test_with_the_right_to_settings_the_description_comes_along_to_the_dates_as_well(tmp_path, api, sandbox):
    api.settings = json.loads(SETTINGS.read_text())
    ended = run(tmp_path, api, sandbox, recorded("requests")["requests"])
    assert {ended[name].get("eventDescription") for name in expected()} == {"Hello x"}


def deletions(slug):
    """The recorded webhook of what was deleted through the API, which does not tell what that was."""
    named = [one for one in recorded("requests")["requests"] if '"pretix.event.deleted"' in one["body"]]
    assert [json.loads(one["body"])["event"] for one in named] == [None, slug]
    return named[:1]


def test_what_was_deleted_without_a_name_is_found_out_by_the_list(tmp_path, api, sandbox):
    """Its last states were not recorded: here it is as the other series is, and then deleted as it was."""
    api.put("series2", like="weekly", dates=(6, 7))
    deleted = deletions("gala-2028")
    others = [one for one in recorded("requests")["requests"] if '"pretix.event.deleted"' not in one["body"]]
    marquee = begin(tmp_path, api, sandbox, "ignore")
    before = hear(marquee, sandbox, others)
    assert [shown(before[name])["cancelled"] for name in ("series2:6", "series2:7")] == [False, False]
    api.delete("series2")
    api.asked.clear()
    after = hear(marquee, sandbox, deleted)
    marquee.stop()
    assert {name for name in after if after[name] != before[name]} == {"series2:6", "series2:7", "series2"}
    assert all(shown(after[name])["cancelled"] for name in ("series2:6", "series2:7", "series2"))
    assert api.asked[0] == f"{ORGANIZER}events/"
    assert not [address for address in api.asked if "gala" in address or "weekly" in address]
