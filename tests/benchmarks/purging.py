"""Old rows leave while new ones come: does the door notice, and does the database stay small?

    .venv/bin/python tests/benchmarks/purging.py [--only sqlite,postgresql] [--rows 1000000] [--rate 500] [--seconds 15] [--rounds 3]

An inbox is filled with settled notifications older than `RETENTION_DAYS`, and the attempts that settled them. The same load
comes while they stay and while they are purged, in turns. One line each: p50, p99 and the longest wait of acknowledgements
in ms (medians of the rounds); how many rows left (notifications and, behind them, inputs of attempts) and how many of the
former a second, with the processes' start and end; the size of the database and of its log before, at most, and at the end, in MiB. HubSpot is away, so that
nothing else is written. Nothing is asserted: machines are noisy, look at the ratios.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from ack import SOURCES
from backlog import PROJECT, inbox
from filling import LEAST_EVENTS, Filling
from outage import send
from running import Marquee

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NOWHERE = "http://127.0.0.1:9"
OLD = 40 * 86400.0
DAYS = {"they stay": "36500", "they leave": "30"}
LOOK_SECONDS = 0.25
LEFT = "SELECT (SELECT count(*) FROM notification WHERE id <= {rows}), (SELECT count(*) FROM input)"
SIZES = "SELECT pg_database_size(current_database()), (SELECT sum(size) FROM pg_ls_waldir())"


@dataclass
class Site:
    """One filled inbox; `sizes` are those of the database and of its log."""

    folder: Path
    url: str
    rows: int
    sizes: list = field(default_factory=list)

    def __post_init__(self):
        self.database = Database(self.url, pool_size=2)

    def fill(self):
        migrate(self.database)
        filling = Filling(self.database, LEAST_EVENTS)
        filling.settled(self.rows, OLD, attempts=True)
        filling.end()
        self.database.engine.dispose()
        self.write_out("PRAGMA wal_checkpoint(TRUNCATE)")

    def write_out(self, sqlite="SELECT 1"):
        """What was written before must not still be on its way to the disk."""
        with self.database.turn(), closing(self.database.engine.raw_connection()) as connection:
            connection.cursor().execute("CHECKPOINT" if self.database.dialect == "postgresql" else sqlite)

    def left(self):
        with self.database.read() as connection:
            return tuple(connection.exec_driver_sql(LEFT.format(rows=self.rows)).one())

    def look(self):
        self.sizes.append(self._sizes())

    def _sizes(self):
        if self.database.dialect == "postgresql":
            with self.database.read() as connection:
                return tuple(map(int, connection.exec_driver_sql(SIZES).one()))
        place = Path(self.database.engine.url.database)
        return place.stat().st_size, place.with_name(place.name + "-wal").stat().st_size

    def phase(self, days, given):
        """Latencies in ms: p50, p99, the longest."""
        with ExitStack() as ends:
            settings = {"DATABASE_URL": self.url, "RETENTION_DAYS": days, "LOG_LEVEL": "ERROR"}
            marquee = Marquee(self.folder, SOURCES, NOWHERE, **settings).start()
            ends.callback(marquee.stop)
            self.write_out()
            time.sleep(2)
            ends.callback(self._watched())
            latencies = send(marquee, given.rate, given.seconds, 1)
        return [latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99, 0.999999)]

    def _watched(self):
        """Looks all the time how large all is, until what it returns is called."""
        told = threading.Event()

        def watch():
            while not told.wait(LOOK_SECONDS):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        return lambda: (told.set(), thread.join())


def measure(site, given):
    site.look()
    figures, before, took = {name: [] for name in DAYS}, site.left(), 0.0
    for _ in range(given.rounds):
        for name, days in DAYS.items():
            since = time.monotonic()
            figures[name].append(site.phase(days, given))
            took += time.monotonic() - since if name == "they leave" else 0.0
    gone = [first - last for first, last in zip(before, site.left(), strict=True)]
    site.look()
    medians = {name: list(map(statistics.median, zip(*rounds, strict=True))) for name, rounds in figures.items()}
    return medians, gone, took


def show(kind, site, figures, gone, seconds):
    for name, (p50, p99, longest) in figures.items():
        print(f"{kind:10} {name:10} p50 {p50:6.1f}  p99 {p99:6.1f}  longest {longest:6.1f}")
    ratio = figures["they leave"][1] / figures["they stay"][1]
    print(
        f"{kind:10} p99 is {ratio:.2f} times the one without; {gone[0]:,} ({gone[1]:,}) left, {gone[0] / seconds:,.0f} a second"
    )
    for name, sizes in zip(("database", "log"), zip(*site.sizes, strict=True), strict=True):
        first, most, last = (size / 2**20 for size in (sizes[0], max(sizes), sizes[-1]))
        print(f"{kind:10} {name}: {first:,.0f} MiB before, {most:,.0f} at most, {last:,.0f} at the end", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="sqlite,postgresql")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rate", type=int, default=500)
    arguments.add_argument("--seconds", type=int, default=15)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with ExitStack() as ends:
        sites = {}
        for kind in given.only.split(","):
            _, url = ends.enter_context(inbox(kind))(given.rows)
            folder = ends.enter_context(tempfile.TemporaryDirectory(dir=PROJECT))
            sites[kind] = Site(Path(folder), url, given.rows)
            ends.callback(sites[kind].database.close)
            began = time.monotonic()
            sites[kind].fill()
            print(f"{kind}: filled in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        for kind, site in sites.items():
            show(kind, site, *measure(site, given))


if __name__ == "__main__":
    main()
