"""How long a platform's list takes to be compared with what is known of it, where nothing differs.

    .venv/bin/python tests/benchmarks/compare.py [--database sqlite|postgresql] [--events 100000] [--page 100]

The platform answers from memory, so that only Marquee's own work counts; a list of this length would take a real one longer to
tell. Every known event has its marketing event, and a notification that was sent. Nothing is asserted: machines are noisy.
"""

import argparse
import logging
import time

import structlog
from backlog import inbox
from filling import Filling
from listing import SOON, ListingBench, found

from handlers.inbox.database import Database
from handlers.inbox.reconciliations import Run
from handlers.inbox.schema import migrate
from handlers.platform import Listed, Page

KNOWN = """
UPDATE event SET source = 'box', external_id = 'acme:e' || substr(CAST(1000000 + id AS TEXT), 2);
UPDATE notification SET source = 'box';
UPDATE state SET fields = '{fields}';
UPDATE link SET confirmed = '{fields}'
"""


def pages(events, size):
    """The list in its order, a page after the other."""
    listed = [Listed(f"acme:e{number:06}", found()) for number in range(1, events + 1)]

    def list_events(_source, following):
        first = int(following or 0)
        last = first + size
        return Page(listed[first:last], str(last) if last < events else None)
        yield

    return list_events


def known(database, events):
    filling = Filling(database, events)
    filling.settled(events)
    fields = f'{{"eventName":"Gala","startDateTime":"{SOON}"}}'
    with database.turn(), database.engine.connect() as connection:
        for statement in KNOWN.strip().split(";\n"):
            connection.exec_driver_sql(statement.replace("{fields}", fields))
        connection.commit()
    filling.end()


def compare(bench):
    taken, began = [], time.perf_counter()
    run, steps = bench.claim(), bench.steps()
    while isinstance(run, Run):
        before = time.perf_counter()
        run = steps.step(run)
        taken.append(time.perf_counter() - before)
    return run, time.perf_counter() - began, max(taken[:-1]), taken[-1]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--page", type=int, default=100)
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with inbox(given.database) as place:
        database = Database(place(given.events)[1])
        migrate(database)
        known(database, given.events)
        bench = ListingBench(database)
        bench.office.list_events = pages(given.events, given.page)
        for name in ("first time", "again"):
            result, seconds, slowest, missing = compare(bench)
            assert (result.listed, result.differing, result.missing) == (given.events, 0, 0), result
            print(
                f"{given.database}, {name}: {given.events:,} events in {seconds:.1f} s, {given.events / seconds:,.0f} a second;"
                f" slowest page of {given.page} {slowest * 1000:.0f} ms, looking for what is missing {missing:.2f} s",
                flush=True,
            )
            bench.now += 10.0
        database.close()


if __name__ == "__main__":
    main()
