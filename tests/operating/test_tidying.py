"""What is kept of operators and strangers leaves after its time, a little at a time."""

import pytest
from inboxes import NOON

from handlers.forwarding.jobs import Jobs
from handlers.inbox import tables
from handlers.inbox.audit import PURGE_STEP
from handlers.inbox.guarding import count_failure, end_session
from handlers.operating.tidying import LOOK_SECONDS, Tidy

DAY = 86400.0


class Scene:
    def __init__(self, database):
        self.database, self.now, self.jobs = database, NOON, Jobs(1, {})
        self.tidy = Tidy(database, 365 * DAY, lambda: self.now)

    def write_down(self, count, at):
        row = {"operator": "ada", "role": "operate", "via": "api", "action": "pause", "kind": "sending", "name": ""}
        with self.database.write() as connection:
            connection.execute(tables.audit.insert(), [row | {"at": at, "detail": {}}] * count)

    def turn(self):
        self.tidy(self.jobs)
        return len(self.database.rows(tables.audit.select()))


@pytest.fixture
def scene(database):
    made = Scene(database)
    yield made
    made.jobs.close()


def test_what_is_older_than_the_settings_say_leaves_in_steps(scene):
    scene.write_down(PURGE_STEP + 1, NOON - 366 * DAY)
    scene.write_down(2, NOON - 364 * DAY)
    assert [scene.turn(), scene.turn(), scene.turn()] == [3, 2, 2]


def test_it_looks_once_an_hour(scene):
    scene.turn()
    scene.write_down(1, NOON - 366 * DAY)
    scene.now += LOOK_SECONDS - 1
    assert scene.turn() == 1
    scene.now += 1
    assert scene.turn() == 0


def test_sessions_and_failures_that_count_no_more_leave_and_others_stay(scene):
    end_session(scene.database, "over", -1.0)
    end_session(scene.database, "lives", 60.0)
    count_failure(scene.database, ["over"], -1.0)
    count_failure(scene.database, ["counts"], 60.0)
    scene.turn()
    assert [row.session for row in scene.database.rows(tables.ended_session.select())] == ["lives"]
    assert [row.name for row in scene.database.rows(tables.failure.select())] == ["counts"]
