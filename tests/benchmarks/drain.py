"""How many events a second the worker maps, merges and sends, where neither HubSpot nor its limit holds it up.

    .venv/bin/python tests/benchmarks/drain.py [--events 30000]

A backlog of notifications, each about another event, meets a sandbox without latency and without a limit that matters.
"""

import argparse
import tempfile
import time
from pathlib import Path

from ack import SOURCES
from outage import PROJECT, confirmed, seed, send
from running import Marquee, Sandbox

RATE = 1000


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=30_000)
    count = arguments.parse_args().events
    sandbox = Sandbox().start()
    seed(sandbox, count)
    sandbox.configure(limit=100_000)
    with tempfile.TemporaryDirectory(dir=PROJECT) as place:
        filling = Marquee(Path(place), SOURCES, sandbox.url, WORKER="off", LOG_LEVEL="WARNING").start()
        send(filling, RATE, count / RATE, 1)
        filling.stop()
        draining = Marquee(Path(place), SOURCES, sandbox.url, WEB_CONCURRENCY="1", LOG_LEVEL="WARNING").start()
        started = time.monotonic()
        while confirmed(sandbox) < count:
            time.sleep(0.1)
        print(f"{count / (time.monotonic() - started):.0f} events a second")
        draining.stop()
    sandbox.stop()


if __name__ == "__main__":
    main()
