"""What /metrics tells: the names, kinds and labels that dashboards and alerts are built on."""

import time

import pytest
from fresh import fresh_file
from prometheus_client.parser import text_string_to_metric_families
from senders import HEADERS, SOURCES

from app import create_app
from handlers.configuration import configure
from handlers.inbox.arrival import Arrival
from handlers.inbox.pauses import Pause, set_pause
from handlers.inbox.writer import Writer
from handlers.platforms import discover

# Name -> kind, labels. Fixed: users' dashboards and alerts rely on it.
CONTRACT = {
    "marquee_notifications": ("counter", {"source", "status"}),
    "marquee_settled": ("counter", {"source", "outcome"}),
    "marquee_ack_seconds": ("histogram", set()),
    "marquee_pending": ("gauge", {"source"}),
    "marquee_oldest_pending_seconds": ("gauge", set()),
    "marquee_dead": ("gauge", {"source", "reason"}),
    "marquee_hubspot_calls": ("counter", {"status"}),
    "marquee_hubspot_call_seconds": ("histogram", set()),
    "marquee_inputs": ("counter", {"outcome"}),
    "marquee_freshness_seconds": ("histogram", {"source"}),
    "marquee_hubspot_limit_remaining": ("gauge", {"window"}),
    "marquee_sending_paused": ("gauge", {"reason"}),
    "marquee_leader": ("gauge", set()),
}
OF_SAMPLES = {"le"}
MAY_NAME = {"source", "status", "outcome", "reason", "window", "le", "position", "version"}
MARK = "seen-in-no-metric"


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A whole service in which something of everything has happened."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", fresh_file(tmp_path))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", MARK)
    made = create_app(configure(discover()))
    marquee = made.extensions["marquee"]
    writer = Writer(marquee.database, 0.0)
    writer.store(Arrival("load", b"{}", time.time(), "changed", f"ev-{MARK}", f"delivery-{MARK}"))
    writer.store(Arrival("load", MARK.encode(), time.time(), "changed", errors={MARK: ["Not known."]}))
    set_pause(marquee.database, Pause("daily_limit", time.time(), time.time() + 60, MARK))
    metrics = marquee.metrics
    metrics.settled.labels(source="load", outcome="sent").inc()
    metrics.hubspot_calls.labels(status="200").inc()
    metrics.inputs.labels(outcome="confirmed").inc()
    metrics.freshness.labels(source="load").observe(1)
    metrics.hubspot_left.labels(window="rolling").set(1)
    made.test_client().post("/webhooks/load", json={"id": f"ev-{MARK}"}, headers=HEADERS)
    yield made
    marquee.stop()


def families(app):
    text = app.test_client().get("/metrics").text
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_metric_is_of_its_kind_with_its_labels_and_no_other(app, name):
    kind, labels = CONTRACT[name]
    family = families(app)[name]
    assert family.type == kind
    assert family.samples
    assert all(set(sample.labels) - OF_SAMPLES == labels for sample in family.samples)


def test_every_metric_says_what_it_is_and_has_no_label_of_its_own_making(app):
    for family in families(app).values():
        assert family.name.startswith("marquee_")
        assert family.documentation.endswith(".")
        assert {label for sample in family.samples for label in sample.labels} <= MAY_NAME


@pytest.mark.parametrize(
    "path", [f"/webhooks/{MARK}", f"/webhooks/{MARK}/{MARK}", f"/webhooks/load/{MARK}", f"/{MARK}"]
)
def test_what_strangers_write_is_no_label(app, path):
    app.test_client().post(path, data=MARK, headers={"X-Request-Id": MARK, "Authorization": MARK})
    assert MARK not in app.test_client().get("/metrics").text


def test_refusals_count_by_their_reason_and_strangers_as_one(app):
    client = app.test_client()
    for name in ("one", "another"):
        client.post(f"/webhooks/{name}")
    client.post("/webhooks/load", data=b"{", headers={**HEADERS, "Authorization": "Bearer wrong"})
    counted = {
        (sample.labels["source"], sample.labels["status"]): sample.value
        for sample in families(app)["marquee_notifications"].samples
        if sample.name.endswith("_total")
    }
    assert counted == {("load", "accepted"): 1, ("", "unknown_source"): 2, ("load", "bad_signature"): 1}


def test_what_waits_and_what_died_is_told_as_the_inbox_has_it(app):
    told = families(app)
    assert [(s.labels, s.value) for s in told["marquee_pending"].samples] == [({"source": "load"}, 1)]
    dead = [({"source": "load", "reason": "invalid"}, 1)]
    assert [(s.labels, s.value) for s in told["marquee_dead"].samples] == dead
    assert [(s.labels, s.value) for s in told["marquee_sending_paused"].samples] == [({"reason": "daily_limit"}, 1)]
