"""Long writes leave room for others, where only one can write at a time."""

import time
from threading import Event, Thread

import pytest
from inboxes import NOON, arrival, outcomes, queue
from sqlalchemy import event, func, select

from handlers.inbox import tables
from handlers.inbox.lease import LeadLost
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement
from handlers.inbox.steps import EVENTS, Steps
from handlers.inbox.writer import Writer

MANY = 2 * EVENTS + 1


class Commits:
    """How many there were from now on."""

    def __init__(self, database):
        self.count = 0
        event.listen(database.engine, "commit", self._note)

    def _note(self, _connection):
        self.count += 1


class Told:
    """Whether notifications arrived lately, as told by a test."""

    def __init__(self, *, lately):
        self.is_lately = lately

    def lately(self):
        return self.is_lately


class LeadEnds(list):
    """What is settled by a worker that has handed the lead over by the time of the second step."""

    def __init__(self, about, lease):
        super().__init__(about)
        self._lease = lease

    def __getitem__(self, part):
        if part.start:
            self._lease.release()
        return super().__getitem__(part)


@pytest.fixture
def writer(database):
    return Writer(database, debounce=1.0)


def settlements(inbox, writer, count=MANY):
    for number in range(count):
        writer.store(arrival(f"ev-{number}"))
    taken = inbox.take(NOON + 1, count, ())
    waiting = inbox.pending_of([changed.id for changed in taken])
    return [Settlement(one, [Outcome(waiting[one.id][0].id, NOON, "sent")]) for one in taken]


def an_attempt(about):
    told = [Input(one.event.id, {"eventName": "A"}, "confirmed") for one in about]
    return Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", len(told), len(told), 0, "c-1", told)


def test_while_notifications_arrive_much_is_settled_in_several_steps_where_only_one_can_write_at_a_time(
    database, writer
):
    inbox = queue(database)
    about = settlements(inbox, writer)
    commits = Commits(database)
    inbox.settle(about, NOON + 2)
    assert commits.count == {"sqlite": 3, "postgresql": 1}[database.dialect]
    assert outcomes(database) == [("sent", None)] * MANY


@pytest.mark.sqlite
def test_a_second_after_the_last_notification_it_is_settled_in_one(database):
    arrivals = Told(lately=True)
    steps = Steps(database, arrivals)
    assert [len(part) for part in steps.parts(range(MANY))] == [EVENTS, EVENTS, 1]
    arrivals.is_lately = False
    assert [len(part) for part in steps.parts(range(MANY))] == [MANY]


def test_the_attempt_is_written_once_with_all_that_it_told_and_all_notifications_name_it(database, writer):
    inbox = queue(database)
    about = settlements(inbox, writer)
    inbox.settle(about, NOON + 2, an_attempt(about))
    named = select(tables.notification.c.attempt_id, func.count()).group_by(tables.notification.c.attempt_id)
    ((number, count),) = database.rows(named)
    told = select(tables.told.c.attempt_id, func.count()).group_by(tables.told.c.attempt_id)
    assert [tuple(row) for row in database.rows(told)] == [(number, MANY)]
    assert count == MANY
    assert database.rows(select(func.count()).select_from(tables.attempt)) == [(1,)]


def test_an_attempt_that_settles_nothing_is_written_too(database, writer):
    inbox = queue(database)
    about = settlements(inbox, writer, 1)
    inbox.settle([], NOON + 2, an_attempt(about))
    assert database.rows(select(func.count()).select_from(tables.told)) == [(1,)]
    assert outcomes(database) == [("pending", None)]


@pytest.mark.sqlite
def test_who_loses_the_lead_between_two_steps_leaves_the_rest_to_the_next(database, writer):
    inbox = queue(database)
    about = LeadEnds(settlements(inbox, writer), inbox.lease)
    with pytest.raises(LeadLost):
        inbox.settle(about, NOON + 2)
    assert sorted(outcomes(database)) == [("pending", None)] * (MANY - EVENTS) + [("sent", None)] * EVENTS


@pytest.mark.sqlite
def test_after_a_step_there_is_as_long_a_rest_in_which_others_write(database):
    steps = Steps(database, Told(lately=True))
    began = time.monotonic()
    with steps.write():
        time.sleep(0.02)
    assert time.monotonic() >= began + 0.04


@pytest.mark.sqlite
def test_a_step_that_fails_leaves_the_next_one_free_to_begin(database):
    steps = Steps(database, Told(lately=True))
    with pytest.raises(ZeroDivisionError), steps.write():
        _ = 1 / 0
    with steps.write() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.notification)) == 0


@pytest.mark.sqlite
def test_who_stands_aside_goes_on_between_two_steps(database):
    steps, passed = Steps(database, Told(lately=True)), Event()
    aside = Thread(target=lambda: (steps.stand_aside(), passed.set()))
    with steps.write():
        aside.start()
        assert not passed.wait(0.1)
    assert passed.wait(10)
    aside.join()


@pytest.mark.sqlite
def test_nobody_stands_aside_where_nobody_waits_to_write(database):
    steps = Steps(database, Told(lately=False))
    with steps.write():
        steps.stand_aside()
