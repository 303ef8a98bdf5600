"""The whole service with traces: what a collector is told, and that nobody waits for one that is away."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from running import Marquee, wait_until
from senders import HEADERS, SOURCES, marketing_events

TRACE = "0af7651916cd43dd8448eb211c80319c"
SENDER = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


class Collector:
    """OpenTelemetry's collector, by memory."""

    def __init__(self):
        self.requests = requests = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = ExportTraceServiceRequest()
                request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                requests.append((self.path, request))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def spans(self, name):
        scopes = [scope for _, request in self.requests for one in request.resource_spans for scope in one.scope_spans]
        return [span for scope in scopes for span in scope.spans if span.name == name]

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector():
    running = Collector()
    yield running
    running.stop()


def started(tmp_path, sandbox, url):
    sandbox.seed(marketing_events(1))
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "200", "WEB_CONCURRENCY": "1"}
    return Marquee(tmp_path, SOURCES, sandbox.url, DEBOUNCE_SECONDS="0.1", **given).start()


def post(marquee):
    body = {"id": "ev-0", "version": 1, "eventName": "A"}
    return requests.post(f"{marquee.url}/webhooks/load", json=body, headers=HEADERS | SENDER, timeout=10)


def test_a_senders_trace_leads_to_the_call_of_hubspot(tmp_path, sandbox, collector):
    marquee = started(tmp_path, sandbox, collector.url)
    assert post(marquee).status_code == 202
    marquee.settle()
    wait_until(lambda: collector.spans("hubspot.batch_update"), "the batch is told", 10)
    marquee.stop()
    (webhook,), (batch,) = collector.spans("webhook"), collector.spans("hubspot.batch_update")
    assert webhook.trace_id.hex() == TRACE
    assert [link.span_id for link in batch.links] == [webhook.span_id]
    assert batch.span_id in {span.parent_span_id for span in collector.spans("HubSpot POST")}
    assert {path for path, _ in collector.requests} == {"/v1/traces"}
    resource = collector.requests[0][1].resource_spans[0].resource
    assert {one.key: one.value.string_value for one in resource.attributes}["service.name"] == "marquee"
    assert HEADERS["Authorization"].split()[1] not in repr(collector.requests)


def test_a_collector_that_is_away_holds_up_neither_a_webhook_nor_the_end(tmp_path, sandbox):
    marquee = started(tmp_path, sandbox, "http://127.0.0.1:9")
    begun = time.monotonic()
    assert post(marquee).status_code == 202
    assert time.monotonic() - begun < 5
    assert marquee.settle() == {"sent": 1}
    marquee.stop()
