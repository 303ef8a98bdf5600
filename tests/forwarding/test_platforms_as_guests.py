"""One platform that is not well holds up nobody else's events, and not HubSpot; its own events wait and are sent in the end."""

import time
from threading import Event, Thread

import pytest
from platform_api import PlatformApi
from prometheus_client import CollectorRegistry
from recorded import source
from sqlalchemy import select
from working import Bench

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Outgoing
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.visiting import Visitor
from handlers.inbox import tables
from handlers.inbox.known import Hints
from handlers.inbox.pauses import get_source_pauses, resume
from handlers.metrics import Metrics
from handlers.platform import Api, Found, Get

TIMEOUT = 0.4
MANY = 30
pytestmark = pytest.mark.timeout(90)


def ask_once(external_id, _source):
    said = yield Get(f"/{external_id}")
    return Found({"eventName": said.body["name"]}, said.body)


class Live(Bench):
    """A worker that really runs, with a clock that can be put forward; `box` and `other` are two sources on two platforms."""

    def __init__(self, database, box, other, per_second=200.0, at_once=2, timeout=TIMEOUT):
        self.ahead, self.stop, self.timeout = 0.0, Event(), timeout
        sources = {"own": source("generic", account_id="acme"), **dict.fromkeys(("box", "other"), source("pretix"))}
        self.per_second, self.at_once = per_second, at_once
        guests = {name: self.visiting(name, sources[name], api) for name, api in (("box", box), ("other", other))}
        super().__init__(database, sources, debounce=0.05, guests=guests)
        self.hints = Hints(self.writer)
        self.thread = Thread(target=self.worker.run, args=(self.stop,), daemon=True)

    @property
    def now(self):
        return time.time() + self.ahead

    @now.setter
    def now(self, _moment):
        pass

    def visiting(self, name, settings, api):
        opened = Api(api.url, {"Authorization": "Token right"})
        lane = Lane(Spacing(self.per_second), self.at_once, self.clock, Breaker(self.clock))
        metrics = Metrics(CollectorRegistry())
        visitor = Visitor(name, opened, Outgoing(api.url, self.timeout), lane, metrics, clock=self.clock)
        return Guest(settings, ask_once, visitor, self.clock)

    def tell(self, name, events):
        for event in events:
            self.account.hold(event, f"{len(self.account.events) + 1}")
        self.hints.add(name, events, self.clock())

    def left(self, name):
        column = tables.notification.c
        pending = select(column.id).where(column.source == name, column.outcome == "pending")
        return len(self.database.rows(pending))


def wait_until(holds, what, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


@pytest.fixture
def box():
    api = PlatformApi()
    yield api
    api.close()


@pytest.fixture
def other():
    api = PlatformApi()
    yield api
    api.close()


@pytest.fixture
def live(database, box, other):
    running = Live(database, box, other)
    running.thread.start()
    yield running
    end(running)


def end(running):
    running.stop.set()
    running.thread.join(20)
    assert not running.thread.is_alive()


def recover(live, box):
    """It is well again; time is put forward over every pause."""
    box.recover()
    for _ in range(160):
        live.ahead += 400
        if wait_for_none(live):
            return
    raise AssertionError("its events are not sent")


def wait_for_none(live):
    """Whether none is left when no more are sent for now."""
    left, since = live.left("box"), time.monotonic()
    while left and time.monotonic() < since + 0.25:
        time.sleep(0.02)
        before, left = left, live.left("box")
        since = time.monotonic() if left < before else since
    return not left


MOODS = {
    "slow": "platform_unreachable",
    "throttling": "platform_throttles",
    "throttling until": "platform_throttles",
    "busy": "platform_unavailable",
    "failing": "platform_unavailable",
    "redirecting": "platform_redirects",
    "endless": "platform_unreachable",
    "html": "platform_unreadable",
    "resetting": "platform_unreachable",
    "wrong token": "platform_refuses_token",
}


@pytest.mark.parametrize("mood", MOODS)
def test_nobody_else_waits_for_a_platform_that_is_not_well_and_its_events_are_sent_in_the_end(live, box, other, mood):
    box.elsewhere, box.told = other.url, 120
    box.mood, box.token = ("well", "another") if mood == "wrong token" else (mood, "right")
    live.tell("box", [f"box-{n}" for n in range(MANY)])
    wait_until(lambda: get_source_pauses(live.database), "it is left alone")
    live.tell("other", ["other-1"])
    live.account.hold("ev-1", "9001")
    live.hear({"id": "ev-1", "eventName": "Summit"})
    wait_until(lambda: not live.left("own") and not live.left("other"), "the others' events are sent", 5.0)
    assert get_source_pauses(live.database)["box"].reason == MOODS[mood]
    assert live.left("box") == MANY
    assert len(box.asked) <= 8
    assert [path for _, path in other.asked] == ["/other-1"]
    box.token = "right"
    recover(live, box)
    wait_until(lambda: not get_source_pauses(live.database), "the pause is lifted")
    assert {live.account.events[live.account.ids[f"box-{n}"][0]]["eventName"] for n in range(MANY)} == {
        f"box-{n}" for n in range(MANY)
    }


@pytest.mark.parametrize("mood", ["throttling", "throttling until", "busy"])
def test_the_platform_is_never_asked_before_it_said_and_soon_after(live, box, mood):
    box.mood, box.told, box.clock = mood, 400, live.clock
    live.tell("box", [f"box-{n}" for n in range(5)])
    wait_until(lambda: get_source_pauses(live.database), "it is left alone")
    time.sleep(0.5)
    asked, box.mood = len(box.asked), "well"
    live.ahead += 390
    time.sleep(1.0)
    assert (len(box.asked), live.left("box")) == (asked, 5)
    live.ahead += 10 + 300 / 4 + 5
    wait_until(lambda: not live.left("box"), "its events are sent", 5.0)


def test_an_operator_who_resumes_has_it_asked_within_a_second_however_long_it_said(live, box):
    box.mood, box.told = "throttling", 40_000
    live.tell("box", [f"box-{n}" for n in range(MANY)])
    wait_until(lambda: get_source_pauses(live.database), "it is left alone")
    time.sleep(0.3)
    box.recover()
    resume(live.database)
    wait_until(lambda: not live.left("box"), "its events are sent", 10)
    assert get_source_pauses(live.database) == {}


def test_a_worker_after_it_waits_as_long_as_the_platform_told_the_one_before(database, box, other):
    live = Live(database, box, other)
    live.thread.start()
    box.mood, box.told = "throttling", 500
    live.tell("box", ["box-1"])
    wait_until(lambda: get_source_pauses(database), "it is left alone")
    end(live)
    asked = len(box.asked)
    box.mood = "well"
    again = Live(database, box, other)
    again.thread.start()
    again.account = live.account
    again.tell("box", ["box-2"])
    time.sleep(1.0)
    assert len(box.asked) == asked
    end(again)


def test_a_pace_and_no_more_at_once_than_may_be_measured_at_the_platform(database, box, other):
    live = Live(database, box, other, per_second=8.0, at_once=3, timeout=20.0)
    box.seconds = 0.3
    live.thread.start()
    live.tell("box", [f"box-{n}" for n in range(24)])
    wait_until(lambda: not live.left("box"), "its events are sent", 30)
    end(live)
    moments = [moment for moment, _ in box.asked]
    assert len(moments) == 24
    assert 2 <= box.most <= 3
    for first, begun in enumerate(moments):
        in_a_second = sum(begun <= moment < begun + 1.0 for moment in moments[first:])
        assert in_a_second <= 8 + 8 + 1
    assert moments[-1] - moments[0] >= (24 - 8) / 8.0 - 0.3


def test_one_event_that_the_platform_always_fails_at_holds_up_no_other(live, box):
    answer = box.serve

    def serve(handler):
        mood, box.mood = box.mood, "failing" if handler.path == "/poison" else box.mood
        answer(handler)
        box.mood = mood

    box.serve = serve
    live.tell("box", ["poison"])
    for _ in range(8):
        live.ahead += 400
        time.sleep(0.2)
    live.tell("box", [f"box-{n}" for n in range(5)])
    for _ in range(20):
        if live.left("box") == 1:
            break
        live.ahead += 60
        time.sleep(0.3)
    assert live.left("box") == 1
