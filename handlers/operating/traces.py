"""Traces, by OpenTelemetry: a webhook's span, kept with its notification, and linked from the call that tells HubSpot.

The spans are made here and not by OpenTelemetry's instrumentation of Flask, which would tell the address of each request, and
an address may hold a source's secret.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from structlog.typing import EventDict, Processor

from handlers.forwarding.outgoing import Outgoing
from handlers.inbox.database import Database
from handlers.inbox.traces import contexts
from handlers.operating.traced import WORDS, TracedInbox, TracedOutgoing, link_to, note_status
from handlers.receiving.door import Inbox
from handlers.tracing import Around

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_LINKS = 1000
CLOSE_SECONDS = 3.0
DOOR = "/webhooks/"


def exporting() -> "Traces":
    """Traces told to the collector that OpenTelemetry's own variables name (OTEL_EXPORTER_OTLP_ENDPOINT and the like)."""
    name = os.environ.get("OTEL_SERVICE_NAME", "marquee")
    limits = SpanLimits(max_links=int(os.environ.get("OTEL_SPAN_LINK_COUNT_LIMIT", MOST_LINKS)))
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: name}), span_limits=limits, shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)


class Traces:
    """The spans of one process. `name_span` is for the log."""

    name_span: Processor

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("marquee")
        self.name_span = _name_span

    def middleware(self, app: "WSGIApplication") -> "WSGIApplication":
        """The app, with a span around each webhook; it goes on with the sender's trace, if there is one."""

        def traced(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if not environ.get("PATH_INFO", "").startswith(DOOR):
                return app(environ, start_response)
            sender = WORDS.extract({"traceparent": environ.get("HTTP_TRACEPARENT", "")})
            with self._tracer.start_as_current_span("webhook", context=sender, kind=SpanKind.SERVER) as span:
                span.set_attribute("http.route", "/webhooks/<source>")

                def started(status: str, headers: Any, exc_info: Any = None) -> Any:
                    note_status(span, int(status[:3]), faulty=500)
                    return start_response(status, headers, exc_info)

                return app(environ, started)

        return traced

    def inbox(self, inbox: Inbox) -> Inbox:
        """The door's inbox, which keeps with each notification the span that it came in."""
        return TracedInbox(inbox)

    def around(self, database: Database) -> Around:
        """Holds a span around a call, with a link to the webhook of each notification that it is made for."""

        @contextmanager
        def held(call: str, notifications: Iterable[int]) -> Iterator[None]:
            numbers = sorted(notifications, reverse=True)[:MOST_LINKS]
            links = [link for context in contexts(database, numbers) if (link := link_to(context))]
            with self._tracer.start_as_current_span(call, links=links) as span:
                span.set_attribute("marquee.notifications", len(numbers))
                yield

        return held

    def outgoing(self, base_url: str, timeout: float) -> Outgoing:
        """What calls HubSpot, with a span around each call."""
        return TracedOutgoing(base_url, timeout, self._tracer)

    def close(self) -> None:
        """Tell what is left, unless the collector takes too long."""
        closing = Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _name_span(_logger: Any, _name: str, entry: EventDict) -> EventDict:
    """For the log: the trace and span that a line belongs to, if any."""
    now = trace.get_current_span().get_span_context()
    if now.is_valid:
        entry["trace_id"] = trace.format_trace_id(now.trace_id)
        entry["span_id"] = trace.format_span_id(now.span_id)
    return entry
