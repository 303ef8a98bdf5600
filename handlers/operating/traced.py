"""The door's inbox and the calls of HubSpot, each with its part of a trace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from handlers.forwarding.outgoing import Outgoing, Reply
from handlers.inbox.arrival import Arrival, Receipt
from handlers.receiving.door import Inbox

WORDS = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class TracedInbox:
    """Keeps with each notification the span that it came in."""

    inbox: Inbox

    def store(self, arrival: Arrival) -> Receipt:
        """As the inbox does."""
        return self.store_all([arrival])[0]

    def store_all(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """As the inbox does."""
        span = trace.get_current_span()
        context = _context(span)
        receipts = self.inbox.store_all([replace(arrival, trace=context) for arrival in arrivals])
        if arrivals:
            span.set_attribute("marquee.source", arrivals[0].source)
            span.set_attribute("marquee.notifications", [receipt.notification for receipt in receipts])
        return receipts


class TracedOutgoing(Outgoing):
    """Calls HubSpot with a span around each call."""

    def __init__(self, base_url: str, timeout: float, tracer: trace.Tracer) -> None:
        super().__init__(base_url, timeout)
        self._tracer = tracer

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Without the address, which may name a token; HubSpot is told nothing of the trace."""
        with self._tracer.start_as_current_span(f"HubSpot {method}", kind=SpanKind.CLIENT) as span:
            reply = super().call(method, path, params=params, content=content, headers=headers)
            span.set_attribute("http.request.method", method)
            span.set_attribute("server.address", self.base_url)
            span.set_attribute("hubspot.correlation_id", reply.headers.get("X-HubSpot-Correlation-Id", ""))
            if reply.status is None:
                span.set_attribute("error.type", str(reply.fault))
                span.set_status(StatusCode.ERROR)
            else:
                note_status(span, reply.status, faulty=400)
            return reply


def note_status(span: Span, status: int, *, faulty: int) -> None:
    """An HTTP status of a span, which failed from the status `faulty` on."""
    span.set_attribute("http.response.status_code", status)
    if status >= faulty:
        span.set_status(StatusCode.ERROR)


def _context(span: Span) -> str | None:
    """The span as a `traceparent` (https://www.w3.org/TR/trace-context/), if it is kept at all."""
    carrier: dict[str, str] = {}
    if span.get_span_context().trace_flags.sampled:
        WORDS.inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")


def link_to(context: str) -> Link | None:
    """To the span that a `traceparent` names, if it names one."""
    webhook = trace.get_current_span(WORDS.extract({"traceparent": context})).get_span_context()
    return Link(webhook) if webhook.is_valid else None
