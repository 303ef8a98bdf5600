"""The real service, with two processes that could each tell, and a receiver that is away at first: once each way."""

from contextlib import closing

import requests
from receiver import SECRET, Receiver
from running import Marquee, wait_until
from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.database import Database

SOURCES = '[sources.tickets]\nplatform = "generic"\nsignature = "token"\nsecrets = ["the-secret-of-tickets"]\naccount_id = "acme"\n'
BEARER = {"Authorization": "Bearer operators-token-of-tests"}


def post(marquee, what):
    requests.post(f"{marquee.url}/api/{what}", json={}, headers=BEARER, timeout=10).raise_for_status()


def all_are_brought(marquee):
    with closing(Database(marquee.database_url, pool_size=1)) as database:
        return not database.rows(select(tables.alert.c.id))


def test_a_pause_and_its_end_are_told_once_over_a_crash_and_a_refusal(tmp_path, sandbox):
    receiver = Receiver(503)
    settings = {"ALERT_WEBHOOK_URL": f"{receiver.url}/hook", "ALERT_WEBHOOK_SECRET": SECRET}
    marquee = Marquee(tmp_path, SOURCES, sandbox.url, **settings).start()
    try:
        post(marquee, "pause")
        wait_until(lambda: receiver.taken and all_are_brought(marquee), "the pause is told, and that is written down")
        marquee.kill()
        marquee.start()
        post(marquee, "resume")
        wait_until(lambda: len(receiver.taken) > 1, "its end is told")
        assert receiver.refused == ["sending.paused"]
        assert receiver.taken == ["sending.paused", "sending.resumed"]
        assert receiver.forged == []
    finally:
        marquee.stop()
        receiver.close()
