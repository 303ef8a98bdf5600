"""A webhook's trace goes with its notification to the call that tells HubSpot; nothing of it where traces are off."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from structlog.testing import capture_logs
from working import Bench

from handlers.inbox import tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.retention import purge
from handlers.inbox.traces import contexts
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics
from handlers.operating.traces import Traces
from handlers.platforms import discover
from handlers.receiving.routes import DoorSettings, blueprint
from schemas.sources import read_sources

TOKEN = {"Authorization": "Bearer the-secret"}
PROJECT = Path(__file__).resolve().parents[2]
SENDER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = SENDER[:-2] + "00"
TRACE = int("0af7651916cd43dd8448eb211c80319c", 16)
SECRET_ADDRESS = "/webhooks/own/a-secret-address"


@pytest.fixture
def spans():
    """What was kept of spans."""
    return InMemorySpanExporter()


@pytest.fixture
def traces(spans):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Traces(provider)


@pytest.fixture
def bench(database, traces):
    made = Bench(database)
    made.account.hold("ev-1", "101")
    made.worker.delivery.around = traces.around(database)
    return made


@pytest.fixture
def door(bench, traces):
    """The door of the bench's inbox, with traces."""
    platforms = discover()
    table = {"own": {"platform": "generic", "signature": "token", "secrets": ["the-secret"]}}
    sources = read_sources(table, {}, {name: platform.settings for name, platform in platforms.items()})
    app = Flask("traced", static_folder=None)
    inbox, settings = traces.inbox(bench.writer), DoorSettings(100_000, 600)
    app.register_blueprint(blueprint(sources, platforms, inbox, settings, Metrics(CollectorRegistry()), bench.clock))
    app.wsgi_app = traces.middleware(app.wsgi_app)
    return app.test_client()


def post(door, number=1, traceparent=SENDER, path="/webhooks/own"):
    headers = TOKEN | ({"traceparent": traceparent} if traceparent else {})
    body = {"id": f"ev-{number}", "version": 1, "eventName": "A"}
    return door.post(path, json=body, headers=headers)


def named(spans, name):
    return [span for span in spans.get_finished_spans() if span.name == name]


def kept(database):
    return [context for (context,) in database.rows(select(tables.trace.c.context))]


def test_a_webhook_goes_on_with_its_senders_trace(door, spans):
    post(door)
    (span,) = named(spans, "webhook")
    assert (span.context.trace_id, span.parent.span_id) == (TRACE, int("b7ad6b7169203331", 16))
    assert span.kind is SpanKind.SERVER
    assert span.attributes["http.response.status_code"] == 202
    assert (span.attributes["marquee.source"], span.attributes["marquee.notifications"]) == ("own", ("1",))


@pytest.mark.parametrize("traceparent", [None, "", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "x" * 9999])
def test_a_webhook_without_a_sound_trace_begins_one(door, spans, traceparent):
    assert post(door, traceparent=traceparent).status_code == 202
    (span,) = named(spans, "webhook")
    assert (span.parent, span.context.is_valid) == (None, True)


def test_the_span_of_a_webhook_is_kept_with_its_notification(door, spans, database):
    post(door)
    (span,) = named(spans, "webhook")
    assert kept(database) == [f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"]


def test_a_trace_that_its_sender_does_not_keep_is_not_kept_here(door, spans, database):
    post(door, traceparent=UNSAMPLED)
    assert (kept(database), spans.get_finished_spans()) == ([], ())


def test_a_batch_is_linked_to_the_webhooks_of_all_its_notifications(door, spans, bench):
    bench.account.hold("ev-2", "102")
    for number in (1, 2, 2):
        post(door, number, traceparent=None)
    bench.work()
    calls = named(spans, "hubspot.batch_update")
    webhooks = [span.context.span_id for span in named(spans, "webhook")]
    assert sorted(link.context.span_id for call in calls for link in call.links) == sorted(webhooks)
    assert len(webhooks) == sum(call.attributes["marquee.notifications"] for call in calls) == 3


def test_the_lines_of_a_batch_are_of_its_trace(door, spans, bench, traces, monkeypatch):
    post(door)
    with capture_logs(processors=[traces.name_span]) as lines:
        bench.work()
    (call,) = named(spans, "hubspot.batch_update")
    told = {line["trace_id"] for line in lines if line["action"] in ("hubspot.batch_update", "notification.settled")}
    assert told == {f"{call.context.trace_id:032x}"}


def test_the_line_of_a_webhook_is_of_its_trace(door, traces):
    with capture_logs(processors=[traces.name_span]) as lines:
        post(door)
    assert lines[-1]["trace_id"] == SENDER.split("-")[1]


def test_a_batch_without_traces_has_no_links_and_is_sent(spans, bench):
    bench.hear({"id": "ev-1", "version": 1, "eventName": "A"})
    bench.work()
    (call,) = named(spans, "hubspot.batch_update")
    assert (tuple(call.links), len(bench.account.told)) == ((), 1)


def test_no_span_tells_an_address(door, spans):
    post(door, path=SECRET_ADDRESS)
    post(door, path="/webhooks/attacker-made-this-up")
    told = repr([(span.name, dict(span.attributes), span.events) for span in spans.get_finished_spans()])
    assert "a-secret-address" not in told
    assert "attacker" not in told


def test_a_fault_of_our_own_marks_its_span(door, spans, bench):
    bench.writer.store_all = None
    assert post(door).status_code == 500
    (span,) = named(spans, "webhook")
    assert not span.status.is_ok


def test_nothing_but_webhooks_has_a_span(door, spans):
    door.get("/metrics")
    assert spans.get_finished_spans() == ()


def test_without_traces_nothing_of_them_is_kept(database):
    Writer(database, 0.0).store(Arrival("own", b"{}", 1.0, "changed", "ev-1"))
    assert kept(database) == []


def test_a_duplicate_keeps_the_trace_of_the_first(database):
    writer = Writer(database, 0.0)
    for trace in (SENDER, UNSAMPLED):
        writer.store_all([Arrival("own", b"{}", 1.0, "changed", "ev-1", "same", None, trace)])
    assert kept(database) == [SENDER]


def test_traces_leave_with_their_notifications(database):
    Writer(database, 0.0).store(Arrival("own", b"{}", 1.0, errors={"id": ["Missing."]}, trace=SENDER))
    assert contexts(database, [1]) == [SENDER]
    purge(database, 2.0)
    assert kept(database) == []


@pytest.mark.parametrize("status", [200, 429])
def test_a_call_of_hubspot_has_a_span_that_tells_neither_address_nor_trace(traces, spans, sandbox, status):
    if status == 429:
        sandbox.fault("rate_limit")
    outgoing = traces.outgoing(sandbox.url, 5.0)
    outgoing.call("GET", "/marketing/v3/marketing-events/events/search", params={"q": "ev-1"}, headers=TOKEN)
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind) == ("HubSpot GET", SpanKind.CLIENT)
    assert span.attributes["http.response.status_code"] == status
    assert span.status.is_ok == (status == 200)
    assert "search" not in repr(dict(span.attributes))


def test_a_call_without_an_answer_is_marked_with_its_fault(traces, spans):
    traces.outgoing("http://127.0.0.1:9", 1.0).call("GET", "/")
    (span,) = spans.get_finished_spans()
    assert (span.attributes["error.type"], span.status.is_ok) == ("refused", False)


START = """
import sys
{missing}
from handlers.operating import logs, tracing
logs.configure("json")
print(tracing.start({endpoint!r}) is not None, any(name.startswith("opentelemetry") for name in sys.modules))
"""
MISSING = 'sys.modules["opentelemetry"] = None'


def started(endpoint, missing=""):
    words = [sys.executable, "-c", START.format(endpoint=endpoint, missing=missing)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_without_the_setting_nothing_of_it_is_even_imported():
    assert started(None) == "False False\n"


def test_with_the_setting_traces_are_kept():
    assert started("http://127.0.0.1:9").startswith("True True")


def test_without_the_packages_the_service_starts_and_says_what_to_install():
    told = started("http://127.0.0.1:9", MISSING)
    assert "pip install -r deploy/requirements-traces.txt" in told
    assert "traces.missing" in told
    assert told.endswith("False True\n")
