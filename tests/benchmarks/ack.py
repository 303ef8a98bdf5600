"""How fast the door acknowledges, as a share of a bare Flask view under the same gunicorn.

    .venv/bin/python tests/benchmarks/ack.py [--seconds 8] [--rounds 3] [--notifications 100000]

Prints requests per second and latencies of (a) a Flask view that checks the same HMAC and answers 202, and (b) Marquee on
SQLite, in turns in one run, then (b) at half of its own capacity, then the memory of all its processes after many
notifications with the worker sending them to the sandbox. Needs wrk (Debian's package wrk). Nothing is asserted: machines
are noisy, look at the ratios.
"""

import argparse
import hashlib
import hmac
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path[:0] = [str(PROJECT), str(HERE.parent / "journeys")]

from running import Marquee, Process, Sandbox  # noqa: E402 - the path above is what makes it importable

SECRET = "a-secret-of-the-benchmark"
SOURCES = f"""
[sources.bench]
platform = "generic"
signature = "hmac"
secrets = ["{SECRET}"]
account_id = "acme"
[sources.bench.hmac]
header = "X-Signature"
"""
EVENTS = 100
CONNECTIONS = 16


def body(number):
    return json.dumps(
        {
            "id": f"ev-{number}",
            "eventName": f"Event {number}",
            "eventDescription": "d" * 1000,
            "startDateTime": "2027-03-28T09:00:00+02:00",
            "endDateTime": "2027-03-28T17:00:00+02:00",
            "eventUrl": f"https://example.com/events/{number}",
            "eventCancelled": False,
        }
    )


def write_script(folder):
    """wrk's side: the same hundred signed requests, in turn."""
    requests = []
    for number in range(EVENTS):
        content = body(number)
        signature = hmac.new(SECRET.encode(), content.encode(), hashlib.sha256).hexdigest()
        headers = f'{{["Content-Type"]="application/json", ["X-Signature"]="{signature}"}}'
        requests.append(f'wrk.format("POST", "/webhooks/bench", {headers}, {json.dumps(content)})')
    script = folder / "requests.lua"
    script.write_text(
        f"""
local made, turn = {{}}, 0
init = function() made = {{ {", ".join(requests)} }} end
request = function() turn = turn % {EVENTS} + 1; return made[turn] end
done = function(summary, latency, _)
  print(string.format("FIGURES %d %d %f %f", summary.requests, summary.errors.status + summary.errors.read
    + summary.errors.connect + summary.errors.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
    )
    return script


def load(url, script, seconds, connections=CONNECTIONS):
    """Requests a second, errors, p50 and p99 in ms."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    started = time.monotonic()
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took = time.monotonic() - started
    requests, errors, p50, p99 = re.search(r"FIGURES (\d+) (\d+) ([\d.]+) ([\d.]+)", out).groups()
    return int(requests) / min(took, seconds + 0.5), int(errors), float(p50), float(p99)


def bare():
    command = ["-m", "gunicorn", "-c", "tests/benchmarks/bare.conf.py", "tests.benchmarks.bare:create_app()"]
    return Process(command, {"WEB_CONCURRENCY": "2"}).start("/livez")


def resident_mb(process):
    """Resident and proportional memory (pages shared between processes counted once) of a process group, in MB."""
    group = process._process.pid
    total = shared_once = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[2]) != group:
                continue
            rollup = (status.parent / "smaps_rollup").read_text()
        except (OSError, ValueError):
            continue
        total += int(re.search(r"Rss:\s+(\d+)", rollup)[1])
        shared_once += int(re.search(r"Pss:\s+(\d+)", rollup)[1])
    return total / 1024, shared_once / 1024


def compare(folder, script, seconds, rounds):
    with ExitStack() as running:
        view = bare()
        running.callback(view.stop)
        marquee = Marquee(folder, SOURCES, "http://127.0.0.1:9", WORKER="off", LOG_LEVEL="INFO").start()
        running.callback(marquee.stop)
        measure(view, marquee, script, seconds, rounds)


def measure(view, marquee, script, seconds, rounds):
    ratios, capacity = [], []
    print(
        f"{'round':>5} {'bare req/s':>11} {'p50':>6} {'p99 ms':>7} {'marquee req/s':>14} {'p50':>6} {'p99 ms':>7} {'ratio':>6}"
    )
    for number in range(rounds):
        a = load(view.url, script, seconds)
        b = load(marquee.url, script, seconds)
        ratios.append(b[0] / a[0])
        capacity.append(b[0])
        print(
            f"{number:>5} {a[0]:>11.0f} {a[2]:>6.1f} {a[3]:>7.1f} {b[0]:>14.0f} {b[2]:>6.1f} {b[3]:>7.1f} {ratios[-1]:>6.2f}"
        )
        assert a[1] == b[1] == 0, "some requests failed"
    print(f"median ratio {statistics.median(ratios):.2f}")
    half = half_load(marquee, statistics.median(capacity) / 2, seconds)
    print(f"at half of its capacity ({half[0]:.0f} req/s): p50 {half[1]:.1f} ms, p99 {half[2]:.1f} ms")


def half_load(marquee, rate, seconds):
    """An even pace over a few connections; latencies from when a request was due."""
    command = [sys.executable, str(HERE / "paced.py"), str(marquee.port), str(rate), str(seconds), SECRET]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(figure) for figure in out.split()]


def memory(folder, script, count):
    with ExitStack() as running:
        sandbox = Sandbox().start()
        running.callback(sandbox.stop)
        marquee = Marquee(folder, SOURCES, sandbox.url).start()
        running.callback(marquee.stop)
        weigh(sandbox, marquee, script, count)


def weigh(sandbox, marquee, script, count):
    sandbox.seed(
        [
            {"externalEventId": f"ev-{n}", "externalAccountId": "acme", "eventName": "x", "eventOrganizer": "Acme"}
            for n in range(EVENTS)
        ]
    )
    before = resident_mb(marquee)
    sent = 0.0
    while sent < count:
        sent += load(marquee.url, script, 5)[0] * 5
    marquee.settle(300)
    after = resident_mb(marquee)
    print(
        f"memory of all processes: {before[0]:.0f} MB resident ({before[1]:.0f} MB with shared pages counted once) at the start,"
    )
    print(
        f"  {after[0]:.0f} MB ({after[1]:.0f} MB) after {sum(marquee.outcomes().values())} notifications, all settled"
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--notifications", type=int, default=100_000)
    given = arguments.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt install wrk)")
    with tempfile.TemporaryDirectory(dir=PROJECT) as place:
        first, second = Path(place) / "ack", Path(place) / "memory"
        first.mkdir()
        second.mkdir()
        script = write_script(first)
        compare(first, script, given.seconds, given.rounds)
        if given.notifications:
            memory(second, script, given.notifications)


if __name__ == "__main__":
    main()
