"""Which of several secrets proved a webhook: what an operator needs to finish a rotation."""

import pytest
from doors import LIMIT, NOW, Inbox
from flask import Flask
from prometheus_client import CollectorRegistry

from handlers.errors import Refusal
from handlers.metrics import Metrics
from handlers.platforms import discover
from handlers.receiving.rotation import NOTED_SECONDS, Uses, position
from handlers.receiving.routes import DoorSettings, blueprint
from schemas.sources import read_sources


def proved_by(right):
    def prove(secrets):
        if right not in secrets:
            raise Refusal(401, "bad_signature", "It does not.")

    return prove


@pytest.mark.parametrize(("right", "place"), [("new", 1), ("old", 2), ("older", 3)])
def test_the_place_is_that_of_the_secret_which_proves_it_alone(right, place):
    assert position(["new", "old", "older"], proved_by(right)) == place


def test_an_only_secret_is_not_asked_again():
    asked = []
    assert position(["only"], asked.append) == 1
    assert asked == []


def test_what_no_single_secret_proves_has_no_place():
    assert position(["new", "old"], proved_by("neither")) == 0


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def uses(registry, clock):
    return Uses(Metrics(registry), clock)


def used(registry, place):
    labels = {"source": "tickets", "position": place}
    return registry.get_sample_value("marquee_secret_used_timestamp_seconds", labels)


def test_each_secret_has_the_time_of_its_last_use(uses, registry, clock):
    uses.note("tickets", 2)
    clock.now += NOTED_SECONDS
    uses.note("tickets", 1)
    assert (used(registry, "1"), used(registry, "2")) == (1000.0 + NOTED_SECONDS, 1000.0)


def test_uses_within_half_a_minute_are_noted_once(uses, registry, clock):
    uses.note("tickets", 1)
    clock.now += NOTED_SECONDS - 1
    uses.note("tickets", 1)
    assert used(registry, "1") == 1000.0
    clock.now += 1
    uses.note("tickets", 1)
    assert used(registry, "1") == 1000.0 + NOTED_SECONDS


def test_what_was_not_proven_is_not_noted(uses, registry):
    uses.note("tickets", 0)
    assert used(registry, "0") is None


@pytest.fixture
def rotating(registry):
    """A door whose sources have a new secret and an old one: `signed` by a header, `hidden` by its address."""
    platforms = discover()
    tables = {
        "signed": {"platform": "generic", "signature": "token", "secrets": ["the-new-one", "the-old-one"]},
        "hidden": {"platform": "eventbrite", "api_token": "t", "secrets": ["the-new-one", "the-old-one"]},
    }
    sources = read_sources(tables, {}, {name: platform.settings for name, platform in platforms.items()})
    app, settings = Flask("door", static_folder=None), DoorSettings(LIMIT, 600)
    app.register_blueprint(blueprint(sources, platforms, Inbox(), settings, Metrics(registry), lambda: NOW))
    return app.test_client()


@pytest.mark.parametrize(("secret", "place", "other"), [("the-new-one", "1", "2"), ("the-old-one", "2", "1")])
def test_the_door_notes_which_secret_proved_a_webhook(rotating, registry, secret, place, other):
    rotating.post("/webhooks/signed", json={"id": "ev-1"}, headers={"Authorization": f"Bearer {secret}"})
    body = {"api_url": "https://www.eventbriteapi.com/v3/events/1/", "config": {"action": "event.updated"}}
    rotating.post(f"/webhooks/hidden/{secret}", json=body)
    name = "marquee_secret_used_timestamp_seconds"
    for source in ("signed", "hidden"):
        assert registry.get_sample_value(name, {"source": source, "position": place}) == NOW
        assert registry.get_sample_value(name, {"source": source, "position": other}) is None


@pytest.mark.parametrize("path", ["/webhooks/signed", "/webhooks/hidden", "/webhooks/hidden/wrong", "/webhooks/none"])
def test_what_proves_nothing_is_the_use_of_no_secret(rotating, registry, path):
    assert rotating.post(path, json={"id": "ev-1"}, headers={"Authorization": "Bearer wrong"}).status_code >= 400
    assert [metric for metric in registry.collect() if "secret_used" in metric.name and metric.samples] == []
