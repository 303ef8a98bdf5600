"""Replicas are restarted one after the other behind a load balancer under steady load: what is lost, refused, or slower?

    .venv/bin/python tests/benchmarks/rolling.py [--rate 200] [--rounds 3] [--drain 1.5]

Two replicas with a worker each, on one PostgreSQL whose commits are on disk, behind nginx and behind haproxy (Debian's
packages), whose load comes at the same time. Each replica is restarted `rounds` times. Prints, for each balancer, how many
notifications were sent, how many of those answered 202 are not in the inbox (lost), how many were answered otherwise or not
at all (refused), and the latencies without and with restarts. Nothing is asserted about time: machines are noisy.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / place) for place in ("tests/journeys", "tests", ".")]

from balancers import Haproxy, Nginx  # noqa: E402 - the path above is what makes it importable
from postgres import Postgres  # noqa: E402
from running import Marquee, Sandbox  # noqa: E402
from senders import SOURCES, marketing_events  # noqa: E402
from sqlalchemy import select  # noqa: E402
from steady import Steady  # noqa: E402

from handlers.inbox import tables  # noqa: E402
from handlers.inbox.database import Database  # noqa: E402

CALM_SECONDS = 8
CONNECTIONS = 8
BALANCERS = (Nginx, Haproxy)


def replica(folder, hubspot, url, drain):
    folder.mkdir()
    given = {"DATABASE_URL": url, "DRAIN_SECONDS": str(drain), "LOG_LEVEL": "ERROR"}
    return Marquee(folder, SOURCES, hubspot, **given).start()


def under_load(balancers, rate, work):
    """What each balancer's clients heard while `work` was done."""
    with ExitStack() as load:
        clients = [
            load.enter_context(Steady(one.port, rate, connections=CONNECTIONS, name=one.name)) for one in balancers
        ]
        work()
    return clients


def restart(replicas, rounds):
    for marquee in replicas * rounds:
        marquee.stop()
        marquee.start()
        time.sleep(1)  # until it is in turn again


def kept(url):
    with closing(Database(url, pool_size=1)) as database:
        return {str(number) for (number,) in database.rows(select(tables.notification.c.id))}


def percentiles(client):
    latencies = sorted(client.latencies)
    return [latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99)] + [latencies[-1] * 1000]


def show(balancers, calm, rolling, stored):
    print(f"{'':8} {'':10} {'sent':>6} {'lost':>5} {'refused':>8} {'p50':>6} {'p99':>6} {'slowest, ms':>12}")
    for place, balancer in enumerate(balancers):
        for name, clients in (("calm", calm), ("restarts", rolling)):
            one = clients[place]
            sent, taken = sum(one.heard.values()), set(one.taken)
            p50, p99, slowest = percentiles(one)
            figures = (
                f"{sent:>6} {len(taken - stored):>5} {sent - len(taken):>8} {p50:>6.1f} {p99:>6.1f} {slowest:>12.1f}"
            )
            print(f"{balancer.name:8} {name:10} {figures}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rate", type=int, default=200, help="a second, through each balancer")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--drain", type=float, default=1.5, help="DRAIN_SECONDS")
    given = arguments.parse_args()
    with ExitStack() as ends, tempfile.TemporaryDirectory(dir=PROJECT) as place:
        server = Postgres(durable=True).start()
        ends.callback(server.remove)
        sandbox = Sandbox().start()
        ends.callback(sandbox.stop)
        names = [f"{kind.name}-{lane}" for kind in BALANCERS for lane in range(CONNECTIONS)]
        sandbox.seed([{**event, "externalEventId": name} for event in marketing_events(1) for name in names])
        replicas = [replica(Path(place) / name, sandbox.url, server.url(), given.drain) for name in ("first", "second")]
        for marquee in replicas:
            ends.callback(marquee.stop)
        balancers = [ends.enter_context(kind(Path(place), [one.port for one in replicas])) for kind in BALANCERS]
        calm = under_load(balancers, given.rate, lambda: time.sleep(CALM_SECONDS))
        rolling = under_load(balancers, given.rate, lambda: restart(replicas, given.rounds))
        show(balancers, calm, rolling, kept(server.url()))


if __name__ == "__main__":
    main()
