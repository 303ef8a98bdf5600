"""What the processes of one host counted together, those that are gone included: no counter ever runs backwards.

prometheus_client leaves the files of dead processes for ever (https://github.com/prometheus/client_python/issues/275), and
removing them would look to Prometheus like a restart, after which it counts what is left once more.
"""

import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from operator import add
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from handlers.operating.counting import VARIABLE, Counts, counts_in

LEFT = "0"
_LIVE = "gauge_live"  # what only a living process can tell
_JOINED: Mapping[str, Callable[[float, float], float]] = {
    **dict.fromkeys(("counter", "histogram", "summary"), add),
    "gauge_max": max,
}
_log = structlog.get_logger()


def shared_totals() -> bytes | None:
    """As Prometheus reads it; None where this process counts for itself alone."""
    if VARIABLE not in os.environ:
        return None
    folder = Path(os.environ[VARIABLE])
    with _alone(folder):
        fold(folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def fold(folder: Path) -> None:
    """Put what dead processes counted into one file for each kind of metric; what they alone measured counts no more."""
    for counts in list(counts_in(folder)):
        if counts.runs or counts.file.stem == f"{counts.kind}_{LEFT}":
            continue
        if counts.kind in _JOINED:
            _join(counts, folder / f"{counts.kind}_{LEFT}.db", _JOINED[counts.kind])
        elif not counts.kind.startswith(_LIVE):
            continue
        counts.file.unlink()


def _join(counts: Counts, left: Path, joined: Callable[[float, float], float]) -> None:
    try:
        values = list(MmapedDict.read_all_values_from_file(counts.file))  # type: ignore[no-untyped-call]
    except (struct.error, RuntimeError):
        _log.warning("a process died while it began to count", action="metrics.unreadable", file=counts.file.name)
        return
    kept = MmapedDict(str(left))  # type: ignore[no-untyped-call]
    for key, value, timestamp, _ in values:
        before, _ = kept.read_value(key)  # type: ignore[no-untyped-call]
        kept.write_value(key, joined(before, value), timestamp)  # type: ignore[no-untyped-call]
    kept.close()  # type: ignore[no-untyped-call]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process reads or adds meanwhile; those that count go on."""
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield
