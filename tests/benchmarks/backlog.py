"""What costs more when more waits: the worker's claims and cycles, and each answer to an operator.

    .venv/bin/python tests/benchmarks/backlog.py [--database sqlite|postgresql] [--sizes 1000,100000,1000000]

For each size so many notifications wait, two of each event, among at least a hundred thousand events and as many settled
notifications; the rows are made by bulk statements. Prints milliseconds (the median of several) and, behind each, how many
times the first size's it is. `claim`: reading the next 500 events; `cycle`: a whole worker on 500 of them, from the claim to
the settling, with a HubSpot that answers at once. The answers are those of the app, without gunicorn. `first` is the
first answer of a process, a second after its start. Nothing is asserted: machines are noisy. PostgreSQL is one of the benchmark's own, whose
commits are on disk.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(PROJECT / place) for place in ("tests/forwarding", "tests/platforms", "tests/journeys", "tests", ".")
]

from filling import EACH, FIRST_OBJECT, LEAST_EVENTS, SETTLED, SOURCES, Filling  # noqa: E402 - the path above is what makes it importable
from postgres import Postgres  # noqa: E402
from recorded import source  # noqa: E402
from working import Account, Bench  # noqa: E402

from app import create_app  # noqa: E402
from handlers.inbox.database import Database  # noqa: E402
from handlers.inbox.lease import Lease  # noqa: E402
from handlers.inbox.queue import Queue  # noqa: E402
from handlers.inbox.schema import migrate  # noqa: E402

TAKEN = 500
TIMES = 15
CYCLES = 3
TOKEN = "an-operator-of-the-benchmark"
CONFIGURED = "".join(
    f'[sources.{name}]\nplatform = "generic"\nsignature = "token"\nsecrets = ["s-3cret-of-{name}"]\naccount_id = "acme"\n'
    for name in SOURCES
)


def moment(hours):
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def questions():
    """What is asked, by the name of its line. The settled ones were received three to two hours ago, the others in the last."""
    notifications = "/api/notifications"
    return {
        "status": "/api/status",
        "metrics": "/metrics",
        "notifications": notifications,
        "… of a source": f"{notifications}?source=src-1",
        "… of an event": f"{notifications}?event=ev-7",
        "… pending": f"{notifications}?outcome=pending",
        "… dead": f"{notifications}?outcome=dead",
        "… dead, of a source": f"{notifications}?outcome=dead&source=src-0",
        "… unchanged (none)": f"{notifications}?outcome=unchanged",
        "… since a time": f"{notifications}?since={moment(0.5)}",
        "… until a time": f"{notifications}?until={moment(2.5)}",
        "… sent since (none)": f"{notifications}?outcome=sent&since={moment(0.5)}",
    }


def timed(work, times=TIMES):
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def ask(client, path):
    answer = client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, (path, answer.text)


def answers(folder, url):
    (folder / "sources.toml").write_text(CONFIGURED)
    given = {"SOURCES_FILE": str(folder / "sources.toml"), "DATABASE_URL": url, "HUBSPOT_ACCESS_TOKEN": "none"}
    os.environ |= given | {"OPERATOR_TOKEN": TOKEN, "WORKER": "off", "LOG_LEVEL": "WARNING"}
    client, figures = create_app().test_client(), {}
    client.application.extensions["marquee"].start(carries=False)
    time.sleep(1)  # as after any start
    figures["first status"] = timed(lambda: ask(client, "/api/status"), 1)
    for name, path in questions().items():
        ask(client, path)
        figures[name] = timed(lambda path=path: ask(client, path))
    client.application.extensions["marquee"].stop()
    return figures


def cycles(database, filling, waiting):
    """Where all that waits is one cycle's, it is made to wait again."""
    account = Account()
    account.events = {str(FIRST_OBJECT + number): {} for number in range(1, filling.events + 1)}
    bench = Bench(database, {name: source("generic", account_id="acme") for name in SOURCES}, account=account)
    bench.now = time.time() + 10
    taken = []
    for cycle in range(CYCLES + 1):
        if cycle and waiting <= TAKEN * EACH:
            filling.waiting(waiting)
        goal = TAKEN * (cycle + 1)
        began = time.perf_counter()
        while sum(map(len, account.told)) < goal or (waiting <= TAKEN * EACH and bench.worker._jobs.count()):
            bench.worker.turn()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[1:])  # the first compiles


def measure(folder, url, waiting):
    database = Database(url)
    migrate(database)
    began = time.perf_counter()
    filling = Filling(database, max(LEAST_EVENTS, waiting // EACH))
    filling.settled(SETTLED)
    filling.waiting(waiting)
    filling.end()
    print(f"{waiting} wait; filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    inbox = Queue(database, Lease(database), 1.0)
    figures = {"claim": timed(lambda: inbox.take(time.time() + 10, TAKEN, ()))}
    figures |= answers(folder, url)
    figures["cycle"] = cycles(database, filling, waiting)
    database.close()
    return figures


@contextmanager
def inbox(kind):
    with tempfile.TemporaryDirectory(dir=PROJECT) as place:
        if kind == "sqlite":
            yield lambda size: (Path(place), f"sqlite:///{place}/{size}.db")
            return
        server = Postgres(durable=True).start()
        try:

            def url(size):
                server.execute(f"CREATE DATABASE d{size}")
                return Path(place), server.url(f"d{size}")

            yield url
        finally:
            server.remove()


def show(kind, figures):
    sizes = list(figures)
    print(f"{kind + ', ms':22}" + "".join(f"{size:>11,} waiting" for size in sizes))
    for name in figures[sizes[0]]:
        first = figures[sizes[0]][name]
        line = "".join(f"{figures[size][name]:>11.1f} {figures[size][name] / first:>6.1f}×" for size in sizes)
        print(f"{name:22}{line}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    arguments.add_argument("--sizes", default="1000,100000,1000000")
    given = arguments.parse_args()
    with inbox(given.database) as place:
        show(given.database, {int(size): measure(*place(size), int(size)) for size in given.sizes.split(",")})


if __name__ == "__main__":
    main()
