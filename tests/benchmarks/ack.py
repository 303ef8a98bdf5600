"""How fast the door acknowledges, as a share of a bare Flask view under the same gunicorn.

    .venv/bin/python tests/benchmarks/ack.py [--seconds 4] [--rounds 3] [--connections 16] [--only bare,sqlite,postgresql]

All variants run at the same time and are asked in turns, so that whatever else the machine does meets all alike. One line
for each: answers a second (wrk, closed loop), as a share of the first variant's; p50 and p99 in ms; then at an even pace of
half of its own capacity, counted from when each request was due. Needs wrk (Debian's package wrk); what makes fsync slower
needs gcc. Nothing is asserted but that every request is answered: machines are noisy, look at the ratios.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path[:0] = [str(PROJECT), str(HERE.parent), str(HERE.parent / "journeys")]

from postgres import Postgres  # noqa: E402 - the path above is what makes it importable
from running import Marquee, Process, Sandbox  # noqa: E402

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
SLOWER_SECONDS = 0.003
SLOW_CLIENTS = 30
SHIM = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int later(const char *name, int file) {{
    usleep({int(SLOWER_SECONDS * 1e6)});
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}}
int fsync(int file) {{ return later("fsync", file); }}
int fdatasync(int file) {{ return later("fdatasync", file); }}
"""


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


def load(url, script, seconds, connections):
    """Requests a second, errors, p50 and p99 in ms."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    started = time.monotonic()
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took = time.monotonic() - started
    requests, errors, p50, p99 = re.search(r"FIGURES (\d+) (\d+) ([\d.]+) ([\d.]+)", out).groups()
    return int(requests) / min(took, seconds + 0.5), int(errors), float(p50), float(p99)


def paced(process, rate, seconds, before=0):
    """Requests a second, p50 and p99 in ms at an even pace over a few connections, from when a request was due.

    For some seconds `before` that the pace is the same already.
    """
    command = [sys.executable, str(HERE / "paced.py"), str(process.port), str(rate), str(seconds), str(before)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(figure) for figure in out.split()]


class Bench:
    """Starts each variant by its name; `self.running` ends all."""

    def __init__(self, folder, running):
        self.folder, self.running = folder, running
        self._postgres = {}

    def bare(self, worker="handlers.operating.loops.LoopWorker"):
        command = ["-m", "gunicorn", "-c", "tests/benchmarks/bare.conf.py", "tests.benchmarks.bare:create_app()"]
        return self._kept(Process(command, {"WEB_CONCURRENCY": "2", "BARE_WORKER": worker}).start("/livez"))

    def bare_threads(self):
        return self.bare("gthread")

    def sqlite(self, name="sqlite", hubspot="http://127.0.0.1:9", **settings):
        (self.folder / name).mkdir()
        given = {"WORKER": "off", "LOG_LEVEL": "INFO"} | settings
        return self._kept(Marquee(self.folder / name, SOURCES, hubspot, **given).start())

    def postgresql(self, name="postgresql", preload=""):
        return self.sqlite(name, DATABASE_URL=self._server(preload).url())

    def sqlite_slower(self):
        return self.sqlite("sqlite_slower", LD_PRELOAD=self._shim())

    def postgresql_slower(self):
        return self.postgresql("postgresql_slower", self._shim())

    def hubspot_slow(self):
        return self._with_worker("hubspot_slow", latency=5.0)

    def hubspot_throttles(self):
        return self._with_worker("hubspot_throttles", limit=1)

    def hubspot_dead(self):
        return self.sqlite("hubspot_dead", WORKER="embedded")

    def _with_worker(self, name, **sandbox):
        hubspot = self._kept(Sandbox().start())
        hubspot.configure(**sandbox)
        return self.sqlite(name, hubspot.url, WORKER="embedded")

    def _server(self, preload):
        if preload not in self._postgres:
            os.environ["LD_PRELOAD"] = preload
            server = Postgres(durable=True).start()
            del os.environ["LD_PRELOAD"]
            self.running.callback(server.remove)
            self._postgres[preload] = server
        return self._postgres[preload]

    def _shim(self):
        made = self.folder / "slower.so"
        if not made.exists():
            command = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(made), "-ldl"]
            subprocess.run(command, input=SHIM, text=True, check=True)
        return str(made)

    def _kept(self, process):
        self.running.callback(process.stop)
        return process


VARIANTS = ("bare", "bare_threads", "sqlite", "postgresql", "sqlite_slower", "postgresql_slower")
OTHERS = ("hubspot_slow", "hubspot_throttles", "hubspot_dead", "slow_clients")


@contextmanager
def slow_clients(process, count=SLOW_CLIENTS):
    """Clients that send half of a head, or half of a body, and begin anew when they are given up."""
    over = threading.Event()

    def stall(number):
        half = b"POST /webhooks/bench HTTP/1.1\r\nHost: x\r\n" + (b"Content-Length: 99\r\n\r\n{" if number % 2 else b"")
        while not over.is_set():
            with socket.create_connection(("127.0.0.1", process.port)) as connection:
                connection.sendall(half)
                over.wait(4)

    clients = [threading.Thread(target=stall, args=(number,)) for number in range(count)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    yield
    over.set()
    for client in clients:
        client.join()


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


def medians(figures):
    return [statistics.median(column) for column in zip(*figures, strict=True)]


def compare(names, seconds, rounds, connections):
    with tempfile.TemporaryDirectory(dir=PROJECT) as place, ExitStack() as running:
        folder = Path(place)
        script, bench = write_script(folder), Bench(folder, running)
        processes = {name: getattr(bench, name)() for name in names if name != "slow_clients"}
        figures = {name: [] for name in processes}
        for _ in range(rounds):
            for name, process in processes.items():
                figures[name].append(load(process.url, script, seconds, connections))
        print(f"{connections} connections, {rounds} rounds of {seconds} s, medians")
        print(
            f"{'variant':<18} {'a second':>9} {'share':>6} {'p50':>6} {'p99 ms':>7} {'p50 at half':>12} {'p99 ms':>7}"
        )
        most = {name: medians(figures[name]) for name in processes}
        halves = {name: [] for name in processes}
        for _ in range(rounds):
            for name, process in processes.items():
                halves[name].append(paced(process, most[name][0] / 2, seconds))
        first = most[names[0]][0]
        for name, (rate, errors, p50, p99) in most.items():
            _, half50, half99 = medians(halves[name])
            print(
                f"{name:<18} {rate:>9.0f} {rate / first:>6.2f} {p50:>6.1f} {p99:>7.1f} {half50:>12.1f} {half99:>7.1f}"
            )
            assert errors == 0, "some requests failed"
        if "slow_clients" in names:
            beside_slow_clients(processes["sqlite"], seconds)


def beside_slow_clients(process, seconds, rate=500):
    alone = paced(process, rate, seconds)[2]
    with slow_clients(process):
        beside = paced(process, rate, seconds)[2]
    print(f"p99 at {rate} a second: {alone:.1f} ms alone, {beside:.1f} ms beside {SLOW_CLIENTS} half-sent requests")


def memory(count):
    with tempfile.TemporaryDirectory(dir=PROJECT) as place, ExitStack() as running:
        folder = Path(place)
        script, process = write_script(folder), Bench(folder, running).sqlite()
        sent, shown = 0.0, 0
        while sent < count:
            total, shared_once = resident_mb(process)
            print(
                f"after {sent:>9.0f} notifications: {total:.0f} MB, {shared_once:.0f} MB with shared pages counted once",
                flush=True,
            )
            shown += count // 10
            while sent < shown:
                sent += load(process.url, script, 5, 16)[0] * 5


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--connections", type=int, default=16)
    arguments.add_argument("--only", default=",".join(VARIANTS), help=f"of {', '.join((*VARIANTS, *OTHERS))}")
    arguments.add_argument("--notifications", type=int, default=0, help="watch the memory over so many, instead")
    given = arguments.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt install wrk)")
    if given.notifications:
        memory(given.notifications)
        return
    names = given.only.split(",")
    if shutil.which("gcc") is None:
        print("gcc is not installed: nothing makes fsync slower")
        names = [name for name in names if not name.endswith("_slower")]
    compare(names, given.seconds, given.rounds, given.connections)


if __name__ == "__main__":
    main()
