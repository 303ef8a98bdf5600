"""What became of the comparisons with the platforms' lists, for the status and the metrics."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from handlers.inbox.database import Database
from handlers.inbox.reconciliations import rows

_GAUGES = {
    "seconds": "How long the last comparison with the platform's list took.",
    "listed": "Events that the platform listed last.",
    "drift": "Listed events that differed from what was known.",
    "missing": "Known events that the platform did not list.",
    "doubted": "So much was missing that the list was not believed.",
}
_RESULTS = {"finished": "finished_runs", "doubted": "doubted_runs", "put_off": "put_off_runs"}


def reconciled(database: Database) -> dict[str, Mapping[str, Any]]:
    """By source: the last comparison and the next. Times are Unix seconds."""
    return {
        source: {**_last(row), "next_at": row.next_at, "running": row.begun_at is not None, "fault": row.fault}
        for source, row in rows(database).items()
    }


def reconciliation_families(database: Database, sources: Collection[str]) -> Iterator[Metric]:
    """The same as metrics, of the sources that there are; true over all processes, because they are kept in the inbox."""
    kept = {source: row for source, row in rows(database).items() if source in sources}
    runs = CounterMetricFamily(
        "marquee_reconciliation_runs", "Comparisons with a platform's list.", labels=["source", "result"]
    )
    for source, row in kept.items():
        for result, column in _RESULTS.items():
            runs.add_metric([source, result], getattr(row, column))
    yield runs
    finished = {source: _last(row) for source, row in kept.items() if row.last_finished is not None}
    for name, words in _GAUGES.items():
        family = GaugeMetricFamily(f"marquee_reconciliation_{name}", words, labels=["source"])
        for source, last in finished.items():
            family.add_metric([source], float(last[name]))
        yield family


def _last(row: Any) -> dict[str, Any]:
    return {
        "last_finished": row.last_finished,
        "seconds": row.last_seconds,
        "listed": row.last_listed,
        "drift": row.last_differing,
        "missing": row.last_missing,
        "doubted": row.last_doubted,
    }
