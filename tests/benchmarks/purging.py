"""Old rows leave while new ones come: does the door notice, and does the database stay small?

    .venv/bin/python tests/benchmarks/purging.py [--database sqlite|postgresql] [--rows 1000000] [--rate 500] [--seconds 20]

An inbox is filled with settled notifications older than `RETENTION_DAYS`. The same load comes once while they stay and once
while they are purged. Prints p50 and p99 of the acknowledgements, how many rows left a second, and the sizes of the database
and of its write-ahead log meanwhile. HubSpot is away, so that nothing else is written. Nothing is asserted: machines are noisy.
"""

import argparse
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from ack import SOURCES
from backlog import PROJECT, inbox
from filling import LEAST_EVENTS, Filling
from outage import send, tell
from running import Marquee

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NOWHERE = "http://127.0.0.1:9"
OLD = 40 * 86400.0
LOOK_SECONDS = 5.0
LOWEST = "SELECT (SELECT min(id) FROM notification)"
SIZES = "SELECT pg_database_size(current_database()), (SELECT sum(size) FROM pg_ls_waldir())"


class Watching(threading.Thread):
    """Looks every few seconds how large all is, and how many of the old rows are gone."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self._database, self._told, self.looks = database, threading.Event(), []

    def run(self):
        began, over = time.monotonic(), False
        while not over:
            self.looks.append((time.monotonic() - began, self._gone(), *self._sizes()))
            over = self._told.wait(LOOK_SECONDS)
        self.looks.append((time.monotonic() - began, self._gone(), *self._sizes()))

    def stop(self):
        self._told.set()
        self.join()
        for moment, gone, size, wal in self.looks:
            print(f"  after {moment:>4.0f} s: {gone:>9,} gone, {size / 2**20:>6.0f} MiB, log {wal / 2**20:>5.1f} MiB")
        first, last = self.looks[0], self.looks[-1]
        print(f"  {(last[1] - first[1]) / (last[0] - first[0]):,.0f} rows left a second", flush=True)

    def _gone(self):
        with self._database.read() as connection:
            return (connection.exec_driver_sql(LOWEST).scalar() or 1) - 1

    def _sizes(self):
        if self._database.dialect == "postgresql":
            with self._database.read() as connection:
                return tuple(map(int, connection.exec_driver_sql(SIZES).one()))
        place = Path(self._database.engine.url.database)
        return place.stat().st_size, place.with_name(place.name + "-wal").stat().st_size


def phase(name, folder, url, given, days):
    with ExitStack() as ends:
        settings = {"DATABASE_URL": url, "RETENTION_DAYS": days, "LOG_LEVEL": "ERROR"}
        marquee = Marquee(folder, SOURCES, NOWHERE, **settings).start()
        ends.callback(marquee.stop)
        time.sleep(2)
        watched = Database(url, pool_size=1)
        write_out(watched)
        watching = Watching(watched)
        watching.start()
        p99 = tell(name, send(marquee, given.rate, given.seconds, 1))
        watching.stop()
        return p99


def write_out(database):
    """What filled the inbox must not still be on its way to the disk."""
    if database.dialect == "postgresql":
        with database.read() as connection:
            connection.exec_driver_sql("CHECKPOINT")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rate", type=int, default=500)
    arguments.add_argument("--seconds", type=int, default=20)
    given = arguments.parse_args()
    with inbox(given.database) as place, tempfile.TemporaryDirectory(dir=PROJECT) as folder:
        _, url = place(given.rows)
        database = Database(url)
        migrate(database)
        filling = Filling(database, LEAST_EVENTS)
        filling.settled(given.rows, OLD)
        filling.end()
        database.close()
        stays = phase("they stay ", Path(folder), url, given, "36500")
        leave = phase("they leave", Path(folder), url, given, "30")
        print(f"{given.database}: p99 is {leave / stays:.2f} times the one without a purge")


if __name__ == "__main__":
    main()
