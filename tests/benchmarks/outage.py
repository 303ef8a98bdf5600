"""HubSpot is away for a while and comes back: does the door notice, and how fast is the backlog told?

    .venv/bin/python tests/benchmarks/outage.py [--seconds 600] [--rate 200] [--limit 100]

Every notification is about another event, so that none is coalesced. Prints p50 and p99 of the acknowledgements before and
during the outage, then how many events a second HubSpot confirmed after it, as a share of what the rate limit of `limit`
calls in ten seconds allows. Nothing is asserted: machines are noisy.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import paced
from ack import SOURCES
from paced import signed

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "journeys")]

from running import Marquee, Sandbox  # noqa: E402 - the path above is what makes it importable

NORMAL_SECONDS = 20
FIRST_OBJECT = 10_000_000


def notification(number, version):
    return signed(
        f'{{"id": "ev-{number}", "objectId": "{FIRST_OBJECT + number}", "version": {version}, '
        f'"eventName": "Event {number}, version {version}", "startDateTime": "2027-03-28T09:00:00+02:00"}}'
    )


def seed(sandbox, count):
    for first in range(0, count, 1000):
        sandbox.seed(
            [
                {
                    "objectId": str(FIRST_OBJECT + number),
                    "externalEventId": f"ev-{number}",
                    "externalAccountId": "acme",
                    "eventName": "before",
                    "eventOrganizer": "Acme",
                }
                for number in range(first, min(first + 1000, count))
            ]
        )


def send(marquee, rate, seconds, version):
    """Latencies in seconds, from when each request was due."""
    requests = [notification(number, version) for number in range(int(rate * seconds))]
    return paced.send(marquee.port, requests, rate, len(requests))


def tell(phase, latencies):
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{phase}: {len(latencies)} notifications acknowledged, p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)
    return p99


def confirmed(sandbox):
    return sum(entry["inputs"] for entry in sandbox.calls()["last"] if entry["status"] == 200)


def drain(sandbox, marquee, count, limit):
    """From HubSpot's first confirmation after the outage to its last."""
    told = confirmed(sandbox)
    sandbox.mend()
    while (first := confirmed(sandbox)) == told:
        time.sleep(0.05)
    started = time.monotonic()
    while (now := confirmed(sandbox)) < told + count:
        time.sleep(0.25)
    rate = (now - first) / (time.monotonic() - started)
    calls = [entry["inputs"] for entry in sandbox.calls()["last"] if entry["status"] == 200][-count:]
    print(f"the last hundred calls had {sum(calls[-100:]) / 100:.0f} inputs each")
    print(f"drained {now - told} events at {rate:.0f}/s, {rate / (limit * 10):.2f} of what the limit allows")
    marquee.settle(60)
    print(f"outcomes: {marquee.outcomes()}; 429s: {throttled(sandbox)}")


def throttled(sandbox):
    return sum(entry["count"] for entry in sandbox.calls()["counts"] if entry["status"] == 429)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=600)
    arguments.add_argument("--rate", type=int, default=200)
    arguments.add_argument("--limit", type=int, default=100)
    given = arguments.parse_args()
    count = given.seconds * given.rate
    with tempfile.TemporaryDirectory(dir=PROJECT) as place, ExitStack() as running:
        sandbox = Sandbox().start()
        running.callback(sandbox.stop)
        seed(sandbox, count)
        sandbox.configure(limit=given.limit)
        marquee = Marquee(Path(place), SOURCES, sandbox.url, LOG_LEVEL="WARNING").start()
        running.callback(marquee.stop)
        normal = tell("HubSpot up  ", send(marquee, given.rate, NORMAL_SECONDS, 1))
        marquee.settle(60)
        sandbox.fault("bad_gateway", status=503)
        away = tell("HubSpot away", send(marquee, given.rate, given.seconds, 2))
        print(f"p99 is {away / normal:.2f} times the normal one")
        drain(sandbox, marquee, count, given.limit)


if __name__ == "__main__":
    main()
