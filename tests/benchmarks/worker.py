"""How many events a second the worker maps, merges and sends, where neither HubSpot nor its limit holds it up.

    .venv/bin/python tests/benchmarks/worker.py [--only sqlite,postgresql] [--events 30000]

A backlog, two notifications of each event, meets a sandbox without latency and without a limit that matters, on the same
machine. One line for each database. Nothing is asserted: machines are noisy.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
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


def measure(kind, events):
    """Events a second, from the first that HubSpot confirmed to the last."""
    with ExitStack() as ends:
        sandbox = Sandbox().start()
        ends.callback(sandbox.stop)
        seed(sandbox, events + 1)
        sandbox.configure(limit=NO_LIMIT)
        _, url = ends.enter_context(inbox(kind))(events)
        fill(url, events)
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(dir=PROJECT)))
        given = {"DATABASE_URL": url, "WEB_CONCURRENCY": "1", "LOG_LEVEL": "WARNING"}
        ends.callback(Marquee(folder, CONFIGURED, sandbox.url, **given).start().stop)
        while not (first := confirmed(sandbox)):
            time.sleep(0.01)
        began = time.monotonic()
        while (told := confirmed(sandbox)) < events:
            time.sleep(0.1)
        return (told - first) / (time.monotonic() - began)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="sqlite,postgresql")
    arguments.add_argument("--events", type=int, default=30_000)
    given = arguments.parse_args()
    for kind in given.only.split(","):
        print(f"{kind:10} {measure(kind, given.events):6.0f} events a second", flush=True)


if __name__ == "__main__":
    main()
