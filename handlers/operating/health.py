"""Whether the process is up, may take traffic, and what it counts."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from handlers.errors import InboxUnavailable
from handlers.inbox import reports
from handlers.inbox.database import Database
from handlers.inbox.pauses import get_pause, get_source_pauses
from handlers.inbox.reports import silent_since
from handlers.inbox.schema import is_current
from handlers.inbox.silences import get_silences
from handlers.operating.leaving import port_closes
from handlers.operating.reconciled import reconciliation_families
from schemas.sources import Source


class InboxCollector(Collector):
    """Gauges that all processes agree on, because they are read from the inbox at each scrape."""

    def __init__(self, database: Database, sources: Mapping[str, Source], clock: Callable[[], float]) -> None:
        self._database = database
        self._sources = sources
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """The gauges of the inbox; raises `InboxUnavailable`."""
        yield _gauge("marquee_pending", "Events that wait to be sent.", ["source"], reports.waiting(self._database))
        yield _gauge("marquee_dead", "Dead notifications.", ["source", "reason"], reports.dead(self._database))
        oldest = reports.oldest_waiting(self._database)
        age = 0.0 if oldest is None else max(0.0, self._clock() - oldest)
        yield GaugeMetricFamily("marquee_oldest_pending_seconds", "How long the oldest waits.", value=age)
        pause = get_pause(self._database)
        yield _gauge("marquee_sending_paused", "Sending is paused.", ["reason"], {pause.reason: 1} if pause else {})
        paused = {(source, left.reason): 1 for source, left in get_source_pauses(self._database).items()}
        yield _gauge("marquee_source_paused", "A platform is left alone.", ["source", "reason"], paused)
        led = float(reports.leader(self._database) is not None)
        yield GaugeMetricFamily("marquee_leader", "A worker leads.", value=led)
        noticed = get_silences(self._database)
        silent = {name: float(silent_since(self._database, name, noticed) is not None) for name in self._sources}
        yield _gauge("marquee_source_silent", "A busy source has sent nothing for long.", ["source"], silent)
        yield from reconciliation_families(self._database, self._sources)


def blueprint(
    database: Database,
    sources: Mapping[str, Source],
    registry: CollectorRegistry,
    clock: Callable[[], float] = time.time,
    drains: Callable[[], bool] = port_closes,
) -> Blueprint:
    """`/livez`, `/readyz` and `/metrics`; `registry` counts where no directory is shared between processes.

    Not ready from the moment that it `drains`, while webhooks are taken still.
    """
    health = Blueprint("health", __name__)
    gauges = InboxCollector(database, sources, clock)

    @health.get("/livez")
    def livez() -> ResponseReturnValue:
        return jsonify(status="alive")

    @health.get("/readyz")
    def readyz() -> ResponseReturnValue:
        reason = "draining" if drains() else _not_ready(database)
        return (jsonify(status="not ready", reason=reason), 503) if reason else jsonify(status="ready")

    @health.get("/metrics")
    def metrics() -> ResponseReturnValue:
        scraped = _shared_registry() or registry
        text = generate_latest(scraped) + _inbox_text(gauges)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return health


def _not_ready(database: Database) -> str | None:
    try:
        return None if is_current(database) else "the schema of the database is not this version's"
    except InboxUnavailable as error:
        return str(error)


def _shared_registry() -> CollectorRegistry | None:
    """What all processes of this host count together, where they share a directory for it."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return None
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def _inbox_text(gauges: InboxCollector) -> bytes:
    """Counters are told even while the inbox cannot be read."""
    registry = CollectorRegistry()
    try:
        registry.register(gauges)
        return generate_latest(registry)
    except InboxUnavailable:
        return b""


def _gauge(name: str, text: str, labels: list[str], values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric([str(part) for part in key] if isinstance(key, tuple) else [str(key)], value)
    return family
