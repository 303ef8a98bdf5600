"""The worker tells HubSpot a backlog at the account's usual pace: does the door notice?

    .venv/bin/python tests/benchmarks/draining.py [--events 50000] [--seconds 10] [--rounds 3] [--latency 0.1] [--database sqlite] [--rate 500]

Marquees are asked in turns, at an even pace of `rate` or, where none is given, half of what the first takes at most (wrk,
16 connections): one where nothing else waits, and one where two notifications each of so many events do; and then the same
with `flask work` as a process of its own. HubSpot's stand-in limits calls as HubSpot does
by default, 190 in ten seconds, answers after `latency` seconds, and has the lowest priority, since HubSpot's work is done
elsewhere. Prints p50 and p99 of the acknowledgements in ms from when each was due, the median of the rounds, and how many
events a second were told meanwhile. Needs wrk. Nothing is asserted: machines are noisy, look at the ratio.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ack import EVENTS, SOURCES, load, paced, write_script
from backlog import CONFIGURED, PROJECT, inbox
from filling import EACH, FIRST_OBJECT, Filling
from outage import seed
from replicas import Child
from running import Marquee, Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

CONNECTIONS = 16
VARIANTS = {
    "nothing waits": (False, False),
    "a backlog is told": (True, False),
    "worker apart, nothing waits": (False, True),
    "worker apart, a backlog is told": (True, True),
}
LOWEST_PRIORITY = 19
BEFORE_SECONDS = 3  # until the worker has noticed, and sent what it had in hand
FIRST_OF_BENCH = 2 * FIRST_OBJECT
BENCH = SOURCES.replace('"acme"', '"bench"')
DUE = "SELECT count(*) FROM event WHERE due_at IS NOT NULL AND source <> 'bench'"


class Site:
    """One Marquee, which runs while it is asked, and its inbox."""

    def __init__(self, folder, url, hubspot, waiting, *, apart):
        self._folder, self._url, self._hubspot, self._waiting, self._apart = folder, url, hubspot, waiting, apart
        self._database = Database(url, pool_size=2)
        migrate(self._database)
        self._filling = Filling(self._database, max(waiting, 1))
        self._filling.end()
        self.figures, self.told = [], []

    def most(self, script, seconds):
        """Acknowledgements a second."""
        with self._running() as marquee:
            return load(marquee.url, script, seconds, CONNECTIONS)[0]

    def ask(self, rate, seconds):
        if self._waiting:
            self._filling.last = self._last()
            self._filling.waiting(self._waiting * EACH)
            self._filling.end()
        with self._running() as marquee:
            waited, began = self._due(), time.monotonic()
            self.figures.append(paced(marquee, rate, seconds, BEFORE_SECONDS)[1:])
            self.told.append((waited - self._due()) / (time.monotonic() - began))

    def close(self):
        self._database.close()

    @contextmanager
    def _running(self):
        given = {"DATABASE_URL": self._url, "LOG_LEVEL": "WARNING", "WORKER": "off" if self._apart else "embedded"}
        marquee = Marquee(self._folder, BENCH + CONFIGURED, self._hubspot, **given)
        with ExitStack() as ends:
            ends.callback(marquee.start().stop)
            if self._apart:
                ends.callback(Child(["-m", "flask", "work"], marquee._environment).end)
            time.sleep(2)  # until the worker leads and sends
            yield marquee

    def _last(self):
        with self._database.read() as connection:
            return connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM notification").scalar()

    def _due(self):
        with self._database.read() as connection:
            return connection.exec_driver_sql(DUE).scalar()


def give_way(group):
    """Linux may weigh whole sessions first, and only then the processes of each: sched(7), "The autogroup feature"."""
    os.setpriority(os.PRIO_PGRP, group, LOWEST_PRIORITY)
    with suppress(OSError):
        Path(f"/proc/{group}/autogroup").write_text(str(LOWEST_PRIORITY))


def hubspot(events, latency):
    sandbox = Sandbox().start()
    give_way(sandbox._process.pid)
    seed(sandbox, events + 1)
    numbers = range(EVENTS)
    named = [{"objectId": str(FIRST_OF_BENCH + number), "externalEventId": f"ev-{number}"} for number in numbers]
    sandbox.seed([one | {"externalAccountId": "bench", "eventName": "before", "eventOrganizer": "B"} for one in named])
    sandbox.configure(latency=latency)
    return sandbox


def show(sites, rate):
    print(f"{rate:.0f} a second")
    without = 0.0
    for name, site in sites.items():
        p50, p99 = map(statistics.median, zip(*site.figures, strict=True))
        waits, _ = VARIANTS[name]
        without, ratio = (without, f", {p99 / without:.1f} times the one without") if waits else (p99, "")
        told = statistics.median(site.told)
        print(f"{name:31} p50 {p50:6.1f}, p99 {p99:7.1f} ms{ratio}; {told:.0f} events told a second", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=50_000)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--latency", type=float, default=0.1)
    arguments.add_argument("--rate", type=float)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given = arguments.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt install wrk)")
    with ExitStack() as ends:
        sandbox = hubspot(given.events, given.latency)
        ends.callback(sandbox.stop)
        url_of = ends.enter_context(inbox(given.database))
        sites = {}
        for number, (name, (waits, apart)) in enumerate(VARIANTS.items()):
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory(dir=PROJECT)))
            waiting = given.events if waits else 0
            sites[name] = Site(folder, url_of(number)[1], sandbox.url, waiting, apart=apart)
            ends.callback(sites[name].close)
        first = next(iter(sites.values()))
        rate = given.rate or first.most(write_script(folder), given.seconds) / 2
        for _ in range(given.rounds):
            for site in sites.values():
                site.ask(rate, given.seconds)
        show(sites, rate)


if __name__ == "__main__":
    main()
