"""How many events a second the worker maps, merges and sends, where neither HubSpot nor its limit holds it up.

    .venv/bin/python tests/benchmarks/worker.py [--only sqlite,postgresql] [--events 30000]

A backlog, two notifications of each event, meets a sandbox without latency and without a limit that matters, on the same
machine. One line for each database, with the service's CPU time for each event, which tells more than its speed where others
use the machine. Nothing is asserted: machines are noisy.
"""

import argparse
import os
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from backlog import CONFIGURED, PROJECT, inbox
from filling import EACH, Filling
from outage import confirmed, seed
from running import Marquee, Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NO_LIMIT = 100_000


def fill(url, events):
    database = Database(url)
    migrate(database)
    filling = Filling(database, events)
    filling.waiting(events * EACH)
    filling.end()
    database.close()


def cpu_seconds(process):
    """Of all processes of the group: proc(5), fields 5, 14 and 15."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            if int(fields[2]) == process._process.pid:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(kind, events):
    """Events a second, from the first that HubSpot confirmed to the last; CPU microseconds for each."""
    with ExitStack() as ends:
        sandbox = Sandbox().start()
        ends.callback(sandbox.stop)
        seed(sandbox, events + 1)
        sandbox.configure(limit=NO_LIMIT)
        _, url = ends.enter_context(inbox(kind))(events)
        fill(url, events)
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(dir=PROJECT)))
        given = {"DATABASE_URL": url, "WEB_CONCURRENCY": "1", "LOG_LEVEL": "WARNING"}
        marquee = Marquee(folder, CONFIGURED, sandbox.url, **given).start()
        ends.callback(marquee.stop)
        while not (first := confirmed(sandbox)):
            time.sleep(0.01)
        began, used = time.monotonic(), cpu_seconds(marquee)
        while (told := confirmed(sandbox)) < events:
            time.sleep(0.1)
        took, used = time.monotonic() - began, cpu_seconds(marquee) - used
        return (told - first) / took, used / (told - first) * 1e6


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="sqlite,postgresql")
    arguments.add_argument("--events", type=int, default=30_000)
    given = arguments.parse_args()
    for kind in given.only.split(","):
        rate, cpu = measure(kind, given.events)
        print(f"{kind:10} {rate:6.0f} events a second, {cpu:4.0f} µs of CPU for each", flush=True)


if __name__ == "__main__":
    main()
