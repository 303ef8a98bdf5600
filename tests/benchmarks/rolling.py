"""Each minute two web replicas are replaced one after the other and the leading worker is killed: what is lost or refused?

    .venv/bin/python tests/benchmarks/rolling.py [--minutes 1] [--rate 300] [--balancer nginx|haproxy] [--drain 1.5]

Two web replicas and two workers on one PostgreSQL whose commits are on disk, behind a balancer (Debian's packages), before a
sandbox without latency. Notifications come at an even pace and are counted from when they were due. Each minute, after 15 s,
the worker that leads is killed (`kill -9`), each replica is told to stop and started anew when it has ended, and a worker takes
the place of the one that is gone. In the end all that waits is waited for. Prints one table; exit status 1 if anything was lost
or refused, is still unsettled or dead, if HubSpot was told an older state after a newer one, or if a batch was not settled
within 15 s of a leader's death. Latencies are only printed: machines are noisy.
"""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / place) for place in ("tests/journeys", "tests", ".")]

from balancers import Haproxy, Nginx  # noqa: E402 - the path above is what makes it importable
from postgres import Postgres  # noqa: E402
from replicas import FAILOVER_SECONDS, Site, steps_back  # noqa: E402
from running import Sandbox  # noqa: E402
from senders import marketing_events  # noqa: E402
from steady import Steady  # noqa: E402
from upheaval import Upheaval  # noqa: E402

MINUTE, CALM_SECONDS = 60, 15
CONNECTIONS, EVENTS_EACH = 32, 8
SETTLE_SECONDS = 120
SETTINGS = {"DEBOUNCE_SECONDS": "1.0", "HUBSPOT_CONCURRENCY": "4", "HUBSPOT_TIMEOUT": "30", "LOG_LEVEL": "ERROR"}
ENDS = (signal.SIGINT, signal.SIGTERM)
BALANCERS = {kind.name: kind for kind in (Nginx, Haproxy)}


def site_of(ends, folder, drain):
    """All but the balancer and the load; whatever is begun is ended by `ends`."""
    server, sandbox = Postgres(durable=True), Sandbox()
    ends.callback(server.remove)
    ends.callback(sandbox.stop)
    server.start()
    sandbox.start().seed(marketing_events(CONNECTIONS * EVENTS_EACH))
    site = Site(folder, server.url(), sandbox, **SETTINGS, DRAIN_SECONDS=str(drain))
    ends.callback(site.remove)
    for number in ENDS:
        ends.callback(signal.signal, number, signal.SIG_IGN)  # told so twice, it still ends all that it began
    return site


def load(site, balancer, rate, minutes):
    """What clients heard in that time, and the upheavals meanwhile."""
    ports = [site.web(), site.web()]
    upheaval = Upheaval(site, ports)
    with (
        balancer(site.folder, ports) as door,
        Steady(door.port, rate, connections=CONNECTIONS, events=EVENTS_EACH) as clients,
    ):
        begun = time.monotonic()
        for minute in range(minutes):
            until(begun + minute * MINUTE + CALM_SECONDS)
            upheaval.happen()
            print(f"minute {minute + 1}: {dict(clients.heard)}", file=sys.stderr)
        until(begun + minutes * MINUTE)
    return clients, upheaval


def until(moment):
    time.sleep(max(0.0, moment - time.monotonic()))


def settled(site):
    """The outcomes once nothing is pending, or when that was waited for long enough: the table tells what is pending still."""
    with suppress(AssertionError):
        return site.settle(SETTLE_SECONDS)
    return site.outcomes()


def judge(site, clients, upheaval):
    """What may not be, each with how often it was."""
    outcomes, told, takeovers = settled(site), site.told(), upheaval.takeovers()
    unlike = [event for event, said in clients.newest.items() if told[event][-1:] != [said]]
    return {
        "refused": clients.heard.total() - clients.heard[202],
        "lost: acknowledged, but not in the inbox": len(set(clients.taken) - site.kept()),
        "lost: events whose last state HubSpot has not": len(unlike),
        "neither sent nor superseded": sum(
            count for outcome, count in outcomes.items() if outcome not in ("sent", "superseded", "unchanged")
        ),
        "an older state told after a newer one": steps_back(told),
        f"batch settled later than {FAILOVER_SECONDS:.0f} s after a kill": sum(
            took is None or took > FAILOVER_SECONDS for took in takeovers
        ),
    }


def timed(latencies):
    """p50, p99 and the longest."""
    ordered = sorted(seconds * 1000 for _, seconds in latencies)
    p50, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    return f"{p50:.1f}, {p99:.1f}, {ordered[-1]:.1f}"


def figures(site, clients, upheaval):
    amid = [pair for pair in clients.latencies if any(begun <= pair[0] <= ended for begun, ended in upheaval.spans)]
    takeovers = sorted(took for took in upheaval.takeovers() if took is not None)
    return {
        "answers": ", ".join(f"{answer}: {count}" for answer, count in clients.heard.items()),
        "outcomes": ", ".join(f"{outcome}: {count}" for outcome, count in site.outcomes().items()),
        "p50, p99 and longest acknowledgement, ms": timed(clients.latencies),
        "… while replicas were replaced": timed(amid),
        "… all other time": timed(set(clients.latencies).difference(amid)),
        "seconds from a kill to the next settled batch": ", ".join(f"{took:.1f}" for took in takeovers),
        "calls to HubSpot": sum(entry["count"] for entry in site.sandbox.calls()["counts"]),
        "… answered 429": sum(entry["count"] for entry in site.sandbox.calls()["counts"] if entry["status"] == 429),
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=int, default=1)
    arguments.add_argument("--rate", type=int, default=300, help="notifications a second")
    arguments.add_argument("--balancer", choices=BALANCERS, default="nginx")
    arguments.add_argument("--drain", type=float, default=1.5, help="DRAIN_SECONDS")
    given = arguments.parse_args()
    for number in ENDS:
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ends:
        site = site_of(ends, Path(folder), given.drain)
        clients, upheaval = load(site, BALANCERS[given.balancer], given.rate, given.minutes)
        faults = judge(site, clients, upheaval)
        times = len(upheaval.spans)
        print(
            f"{given.balancer}, {given.minutes} min, {given.rate} a second, {times} kills, {2 * times} replicas replaced"
        )
        sent = {"sent": clients.heard.total(), "acknowledged": clients.heard[202]}
        for name, figure in {**sent, **faults, **figures(site, clients, upheaval)}.items():
            print(f"{name:<48} {figure}")
    sys.exit(1 if any(faults.values()) else 0)


if __name__ == "__main__":
    main()
