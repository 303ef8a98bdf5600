"""A source that was busy and has sent nothing for long is noticed, once, and until it is heard again."""

import dataclasses

import pytest
from inboxes import NOON, arrival
from recorded import source
from structlog.testing import capture_logs

from handlers.forwarding.jobs import Jobs
from handlers.forwarding.silence import BUSY, LOOK_SECONDS, Watch, is_busy
from handlers.inbox import tables
from handlers.inbox.known import Hints
from handlers.inbox.silences import get_silences
from handlers.inbox.writer import Writer

HOUR = 3600.0
DAY = 24 * HOUR


class Scene:
    def __init__(self, database, **changes):
        self.database = database
        self.now = NOON
        self.writer = Writer(database, 1.0)
        self.jobs = Jobs(1, {})
        self.sources = {"tickets": dataclasses.replace(source("generic"), name="tickets", **changes)}
        self.watch = self.new_watch()

    def new_watch(self):
        return Watch(self.database, self.sources, lambda: self.now)

    def hear(self, count=BUSY, spacing=60.0):
        """The last of them comes now."""
        times = [self.now - spacing * back for back in reversed(range(count))]
        self.writer.store_all([arrival(received_at=moment) for moment in times])

    def look(self, later=0.0):
        """What is logged when the watch looks so many seconds later."""
        self.now += later
        with capture_logs() as logs:
            self.watch(self.jobs)
        return [(line["log_level"], line["action"]) for line in logs]


@pytest.fixture
def scene(database):
    return Scene(database)


WARNING = [("warning", "source.silent")]


def test_a_busy_source_that_sends_nothing_for_a_day_is_warned_of_once(scene):
    scene.hear()
    assert scene.look(DAY) == []
    assert scene.look(LOOK_SECONDS) == WARNING
    assert get_silences(scene.database) == {"tickets": NOON}
    assert scene.look(LOOK_SECONDS) == []


def test_the_warning_says_what_to_do_and_how_long_it_is(scene):
    scene.hear()
    scene.now += 30 * HOUR
    with capture_logs() as logs:
        scene.watch(scene.jobs)
    assert (logs[0]["source"], logs[0]["hours"], "switched on" in logs[0]["event"]) == ("tickets", 30.0, True)


def test_a_source_that_is_heard_again_is_silent_no_more_and_may_fall_silent_again(scene):
    scene.hear()
    scene.look(2 * DAY)
    scene.hear(1)
    assert scene.look(LOOK_SECONDS) == [("info", "source.heard")]
    assert get_silences(scene.database) == {}
    scene.hear()
    assert scene.look(2 * DAY) == WARNING


@pytest.mark.parametrize(("count", "spacing"), [(0, 60.0), (BUSY - 1, 60.0), (BUSY, DAY)])
def test_a_source_that_was_never_busy_may_be_silent(scene, count, spacing):
    scene.hear(count, spacing)
    assert scene.look(30 * DAY) == []


def test_hints_neither_make_it_busy_nor_break_the_silence(scene):
    hints = Hints(scene.writer)
    hints.add("tickets", [str(number) for number in range(50)], scene.now)
    assert scene.look(2 * DAY) == []
    scene.hear()
    scene.now += 2 * DAY
    hints.add("tickets", ["x"], scene.now)
    assert scene.look() == WARNING


def test_zero_hours_are_never(database):
    scene = Scene(database, silence_hours=0.0)
    scene.hear()
    assert scene.look(30 * DAY) == []


def test_the_hours_are_the_sources_own(database):
    scene = Scene(database, silence_hours=1.0)
    scene.hear()
    assert scene.look(1.1 * HOUR) == WARNING


def test_a_silence_outlasts_what_was_heard_before_it(scene):
    scene.hear()
    scene.look(2 * DAY)
    with scene.database.write() as connection:
        connection.execute(tables.notification.delete())
    assert scene.look(40 * DAY) == []
    assert get_silences(scene.database) == {"tickets": NOON}


def test_after_a_restart_a_silence_that_is_known_is_not_told_again(scene):
    scene.hear()
    scene.look(2 * DAY)
    scene.watch = scene.new_watch()
    assert scene.look(1) == []


def test_a_source_that_is_gone_from_the_settings_is_forgotten(scene):
    scene.hear()
    scene.look(2 * DAY)
    scene.sources.clear()
    scene.look(LOOK_SECONDS)
    assert get_silences(scene.database) == {}


def test_it_looks_every_few_minutes_only(scene):
    scene.look()
    scene.hear()
    scene.now += 2 * DAY
    scene.watch = scene.new_watch()
    scene.look()
    scene.hear()
    assert scene.look(LOOK_SECONDS - 1) == []
    assert scene.look(1) == [("info", "source.heard")]


def test_the_last_ten_must_be_of_one_week():
    assert is_busy([NOON] * BUSY)
    assert not is_busy([NOON] * (BUSY - 1))
    assert not is_busy([NOON] * (BUSY - 1) + [NOON - 8 * DAY])
