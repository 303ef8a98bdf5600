"""Whether the process is up, may take traffic, and what it counts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from handlers.errors import InboxUnavailable
from handlers.inbox import reports
from handlers.inbox.counts import Counts
from handlers.inbox.database import Database
from handlers.inbox.pauses import get_pause, get_source_pauses
from handlers.inbox.reports import silent_since
from handlers.inbox.schema import is_usable
from handlers.inbox.silences import get_silences
from handlers.operating.leaving import port_closes
from handlers.operating.reconciled import reconciliation_families
from handlers.operating.totals import shared_totals
from schemas.sources import Source


class InboxCollector(Collector):
    """Gauges that all processes agree on, because they are read from the inbox at each scrape."""

    def __init__(self, counts: Counts, sources: Mapping[str, Source]) -> None:
        self._counts = counts
        self._database = counts.database
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """The gauges of the inbox; raises `InboxUnavailable`."""
        yield from self._counted()
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

    def _counted(self) -> Iterator[Metric]:
        tally = self._counts.now()
        yield _gauge("marquee_pending", "Events that wait to be sent.", ["source"], tally.waiting)
        yield _gauge("marquee_dead", "Dead notifications.", ["source", "reason"], tally.dead)
        oldest = tally.oldest_waiting
        age = 0.0 if oldest is None else max(0.0, tally.counted_at - oldest)
        yield GaugeMetricFamily("marquee_oldest_pending_seconds", "How long the oldest waits.", value=age)
        text = "When what waits and what is dead was counted, by the database's clock."
        yield GaugeMetricFamily("marquee_counted_timestamp_seconds", text, value=tally.counted_at)


def blueprint(
    database: Database,
    sources: Mapping[str, Source],
    registry: CollectorRegistry,
    drains: Callable[[], bool] = port_closes,
    counts: Counts | None = None,
    refuses: Callable[[], str | None] = lambda: None,
) -> Blueprint:
    """`/livez`, `/readyz` and `/metrics`; `registry` counts where no directory is shared between processes.

    `counts` of this process, where others look at them too. Not ready from the moment that it `drains`, while webhooks are
    taken still, and as long as the door `refuses` whatever comes, for a reason that it tells.
    """
    health = Blueprint("health", __name__)
    gauges = InboxCollector(counts or Counts(database), sources)

    @health.get("/livez")
    def livez() -> ResponseReturnValue:
        return jsonify(status="alive")

    @health.get("/readyz")
    def readyz() -> ResponseReturnValue:
        reason = "draining" if drains() else _not_ready(database) or refuses()
        return (jsonify(status="not ready", reason=reason), 503) if reason else jsonify(status="ready")

    @health.get("/metrics")
    def metrics() -> ResponseReturnValue:
        counted = shared_totals() or generate_latest(registry)
        return Response(counted + _inbox_text(gauges), content_type=CONTENT_TYPE_LATEST)

    return health


def _not_ready(database: Database) -> str | None:
    try:
        return None if is_usable(database) else "the schema of the database is older than this version"
    except InboxUnavailable as error:
        return str(error)


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
