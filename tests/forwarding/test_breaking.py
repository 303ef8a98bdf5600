"""One marketing event at which HubSpot breaks does not hold up the others for ever."""

from sqlalchemy import select
from working import Bench

from handlers.inbox import tables


def outcomes(bench):
    query = select(tables.event.c.external_id, tables.notification.c.outcome).join(tables.notification)
    return {tuple(row) for row in bench.database.rows(query)}


def test_the_others_are_sent_while_the_one_that_breaks_hubspot_waits(database):
    bench = Bench(database)
    for number in range(12):
        bench.account.hold(f"ev-{number}", str(100 + number))
        bench.hear({"id": f"ev-{number}", "eventName": "Gala"})
    bench.account.breaking = {"100"}
    bench.work(600, step=5)
    bench.worker._finish()
    assert outcomes(bench) == {("ev-0", "pending"), *((f"ev-{number}", "sent") for number in range(1, 12))}


def test_it_is_sent_once_hubspot_is_mended(database):
    bench = Bench(database)
    bench.account.hold("ev-0", "100")
    bench.hear({"id": "ev-0", "eventName": "Gala"})
    bench.account.breaking = {"100"}
    bench.work(60)
    bench.account.breaking = set()
    bench.work(900, step=5)
    bench.worker._finish()
    assert outcomes(bench) == {("ev-0", "sent")}
