"""A change is told once each way: whoever restarts, and however many notice it."""

import dataclasses
from threading import Barrier, Thread

import pytest
from inboxes import NOON, arrival, queue
from recorded import source

from handlers.alerting.changes import COUNT_SECONDS, LOOK_SECONDS, Changes, tell
from handlers.alerting.states import QUIET_SECONDS, Now
from handlers.forwarding.jobs import Jobs
from handlers.inbox import tables
from handlers.inbox.alerts import get_said
from handlers.inbox.counts import count
from handlers.inbox.pauses import Pause, hold, lift_pause, resume, set_pause
from handlers.inbox.queue import Outcome, Settlement
from handlers.inbox.silences import keep_silences
from handlers.inbox.writer import Writer


class Scene:
    def __init__(self, database):
        self.database, self.now = database, NOON
        self.sources = {"tickets": dataclasses.replace(source("generic"), name="tickets")}
        self.jobs, self.inbox = Jobs(1, {}), queue(database)
        self.changes = self.started()

    def started(self):
        return Changes(self.database, self.sources, lambda: count(self.database), lambda: self.now)

    def look(self, seconds=LOOK_SECONDS):
        self.now += seconds
        self.changes(self.jobs)
        return self.told()

    def told(self):
        rows = self.database.rows(tables.alert.select().order_by(tables.alert.c.id))
        return [row.content["type"] for row in rows]

    def die(self, event):
        Writer(self.database, 0.0).store(arrival(event))
        inbox = self.inbox
        (changed,) = inbox.take(NOON + 10, 10, ())
        (number,) = [one.id for one in inbox.pending_of([changed.id])[changed.id]]
        inbox.settle([Settlement(changed, [Outcome(number, NOON, "dead", "rejected_by_hubspot", "{}")])], NOON + 2)


@pytest.fixture
def scene(database):
    made = Scene(database)
    yield made
    made.jobs.close()


def test_where_nothing_is_amiss_nothing_is_told(scene):
    assert scene.look() == []
    assert scene.look(COUNT_SECONDS) == []


def test_a_pause_and_its_end_are_told_once_each(scene):
    hold(scene.database, scene.now)
    assert scene.look() == ["sending.paused"]
    assert scene.look() == ["sending.paused"]
    resume(scene.database)
    assert scene.look() == ["sending.paused", "sending.resumed"]
    assert scene.look() == ["sending.paused", "sending.resumed"]


def test_a_short_pause_is_never_told_nor_is_its_end(scene):
    set_pause(scene.database, Pause("rate_limited", scene.now, scene.now + 10))
    assert scene.look() == []
    lift_pause(scene.database)
    assert scene.look() == []


def test_a_pause_that_comes_to_last_is_told(scene):
    set_pause(scene.database, Pause("network", scene.now, scene.now + 10))
    assert scene.look() == []
    assert scene.look(60) == ["sending.paused"]


def test_after_a_restart_what_was_told_is_not_told_again(scene):
    hold(scene.database, scene.now)
    scene.look()
    scene.changes = scene.started()
    assert scene.look() == ["sending.paused"]


def test_what_changed_while_nobody_looked_is_told_afterwards(scene):
    hold(scene.database, scene.now)
    scene.look()
    resume(scene.database)
    scene.changes = scene.started()
    assert scene.look() == ["sending.paused", "sending.resumed"]


def test_a_silent_source_is_told_until_it_is_heard(scene):
    keep_silences(scene.database, {"tickets": NOON})
    assert scene.look() == ["source.silent"]
    assert scene.look() == ["source.silent"]
    Writer(scene.database, 0.0).store(arrival(received_at=NOON + 1))
    assert scene.look() == ["source.silent", "source.heard"]


def test_a_source_that_is_gone_from_the_settings_is_not_told(scene):
    keep_silences(scene.database, {"gone": NOON})
    assert scene.look() == []


def test_more_dead_ones_are_told_once_however_many_follow(scene):
    scene.die("before")
    assert scene.look() == []
    scene.die("one")
    assert scene.look(COUNT_SECONDS) == ["dead.growing"]
    scene.die("two")
    assert scene.look(COUNT_SECONDS) == ["dead.growing"]
    assert scene.look(QUIET_SECONDS - 1) == ["dead.growing"]
    assert scene.look(1 + COUNT_SECONDS) == ["dead.growing", "dead.steady"]


def test_who_dies_during_a_restart_is_told_after_it(scene):
    scene.look()
    scene.die("one")
    scene.changes = scene.started()
    assert scene.look() == ["dead.growing"]


def test_it_looks_every_few_seconds_only(scene):
    scene.look()
    hold(scene.database, scene.now)
    assert scene.look(LOOK_SECONDS - 1) == []
    assert scene.look(1) == ["sending.paused"]


def test_two_workers_that_notice_at_once_tell_once(scene):
    together = Barrier(6)

    def notice():
        before = get_said(scene.database).get("leader")
        together.wait()
        tell(scene.database, "leader", before, Now("missing", "words"), NOON)

    threads = [Thread(target=notice) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.told() == ["leader.missing"]


def test_a_stale_leader_takes_nothing_back(scene):
    """It still believes what was said before the other one spoke."""
    hold(scene.database, scene.now)
    scene.look()
    stale = get_said(scene.database)["sending"]
    resume(scene.database)
    scene.look()
    tell(scene.database, "sending", stale, Now("resumed", "words"), NOON)
    assert scene.told() == ["sending.paused", "sending.resumed"]


def test_an_alert_tells_its_kind_its_time_and_words_for_a_person(scene):
    hold(scene.database, scene.now)
    scene.look()
    (row,) = scene.database.rows(tables.alert.select())
    assert row.content["timestamp"] == "2027-01-15T08:00:05.000+00:00"
    assert row.content["data"]["text"] == "Sending to HubSpot is paused (operator); 0 events wait."
    assert row.content["data"]["reason"] == "operator"
