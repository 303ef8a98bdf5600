"""A host whose clock is an hour off writes and tells no wrong times: they are the database's."""

import time
from contextlib import closing

import pytest
import time_machine
from flask import Flask
from inboxes import arrival, queue
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from app import create_app
from handlers.configuration import configure
from handlers.inbox import tables
from handlers.inbox.known import Hints
from handlers.inbox.links import link, link_all
from handlers.inbox.resending import send_again
from handlers.inbox.writer import Writer
from handlers.operating import health
from handlers.platforms import discover

HOUR = 3600.0
NEAR = 30.0
SOURCES = """
[sources.box]
platform = "pretix"
api_url = "https://pretix.example"
api_token = "token-of-the-shop"
secrets = ["the-hooks-password"]
organizers = ["acme"]
"""


@pytest.fixture(params=[-HOUR, HOUR], ids=["behind", "ahead"])
def wrong_clock(database, request):
    """The host's, while the database keeps its own."""
    assert database.now() == pytest.approx(time.time(), abs=NEAR)
    with time_machine.travel(time.time() + request.param):
        yield


def due(database):
    return [moment for (moment,) in database.rows(select(tables.event.c.due_at))]


def soon(database):
    return pytest.approx(database.now(), abs=NEAR)


@pytest.mark.usefixtures("wrong_clock")
def test_a_link_set_there_is_sent_at_once(database):
    link(database, "tickets", "ev-1", "101")
    link_all(database, [("tickets", "ev-2", "102")])
    assert due(database) == [soon(database)] * 2
    assert len(queue(database).take(database.now() + 1, 10, ())) == 2


@pytest.mark.usefixtures("wrong_clock")
def test_a_hint_from_there_waits_no_longer_than_any_other(database):
    Hints(Writer(database, 1.0)).add("tickets", ["ev-1"])
    ((received_at,),) = database.rows(select(tables.notification.c.received_at))
    assert (received_at, due(database)) == (soon(database), [soon(database)])


@pytest.mark.usefixtures("wrong_clock")
def test_what_is_sent_again_is_sent_at_once(database):
    link(database, "tickets", "ev-1", "101")
    (changed,) = queue(database).take(database.now() + 1, 10, ())
    send_again(database, [changed.id])
    assert due(database) == [soon(database)]


@pytest.mark.usefixtures("wrong_clock")
def test_how_long_the_oldest_waits_is_told_there_as_anywhere(database):
    Writer(database, 1.0).store(arrival(received_at=None))
    app = Flask("metrics")
    app.register_blueprint(health.blueprint(database, {}, CollectorRegistry()))
    (line,) = [
        line
        for line in app.test_client().get("/metrics").text.splitlines()
        if line.startswith("marquee_oldest_pending_seconds")
    ]
    assert float(line.split()[1]) < NEAR


def test_platforms_are_asked_by_the_inboxs_clock_since_its_times_say_what_an_answer_covers(
    database, database_url, wrong_clock, tmp_path, monkeypatch
):
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("WORKER", "off")
    monkeypatch.setenv("LOG_LEVEL", "CRITICAL")
    marquee = create_app(configure(discover())).extensions["marquee"]
    with closing(marquee.database):
        assert marquee.lease.hold()
        guest = marquee.guests["box"]
        assert [guest.clock(), guest.lane.clock(), guest.lane.breaker.clock()] == [soon(database)] * 3
