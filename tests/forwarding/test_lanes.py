"""Why a platform is left alone is kept for all processes, and an operator's word on it is heard."""

import pytest
from sqlalchemy import select, update

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.lane import Lane
from handlers.forwarding.lanes import Lanes
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.trouble import REFUSED
from handlers.inbox import hastening, pauses, tables
from handlers.inbox.known import Hints
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.pauses import Pause, get_pauses, get_source_pauses, resume, set_pause
from handlers.inbox.writer import Writer

NOON = 1_800_000_000.0


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lanes(database, clock):
    return new_lanes(database, clock)


def new_lanes(database, clock, names=("box", "brite")):
    lease = Lease(database, holder="one")
    assert lease.hold()
    begun = Lanes(database, lease, {name: Lane(Spacing(4.0), 2, clock, Breaker(clock)) for name in names}, clock)
    begun.begin()
    return begun


def refuse(lanes, source="box"):
    breaker = lanes.lanes[source].breaker
    breaker.leave(breaker.enter(), REFUSED)
    lanes.turn()


def answer(lanes, source="box"):
    breaker = lanes.lanes[source].breaker
    breaker.leave(breaker.enter(), None)
    lanes.turn()


def test_a_platform_that_is_left_alone_is_told_with_its_reason_and_words(database, lanes):
    refuse(lanes)
    pause = get_source_pauses(database)["box"]
    assert (list(get_source_pauses(database)), pause.reason) == (["box"], "platform_refuses_token")
    assert (pause.since, pause.until >= NOON + 300, "api_token" in pause.detail) == (NOON, True, True)


def test_it_is_told_no_more_once_it_answers(database, lanes, clock):
    refuse(lanes)
    clock.now += 400
    answer(lanes)
    assert get_source_pauses(database) == {}


def test_sending_is_not_paused_by_it(database, lanes):
    refuse(lanes)
    assert get_pauses(database) == (None, None)


def test_a_worker_after_it_leaves_it_alone_as_long(database, lanes, clock):
    refuse(lanes)
    after = new_lanes(database, clock)
    assert [after.lanes[name].is_open() for name in ("box", "brite")] == [False, True]


def test_a_source_that_is_no_more_is_left_alone_no_more(database, lanes, clock):
    refuse(lanes)
    new_lanes(database, clock, ("brite",))
    assert get_source_pauses(database) == {}


def test_to_resume_lifts_it_within_a_second_and_another_fault_sets_it_again(database, lanes, clock):
    refuse(lanes)
    refuse(lanes, "brite")
    set_pause(database, Pause("unavailable", NOON, NOON + 60))
    resume(database)
    clock.now += 0.6
    lanes.turn()
    assert [lane.is_open() for lane in lanes.lanes.values()] == [True, True]
    assert (get_source_pauses(database), get_pauses(database)) == ({}, (None, None))
    refuse(lanes)
    assert list(get_source_pauses(database)) == ["box"]


def test_to_resume_brings_forward_what_was_put_off_for_that_platform_alone(database, lanes, clock, monkeypatch):
    monkeypatch.setattr(hastening, "CHUNK", 2)
    hints = Hints(Writer(database, 1.0))
    hints.add("box", [f"box-{n}" for n in range(5)], NOON)
    hints.add("brite", ["brite-1"], NOON)
    hints.add("box", ["unresolved"], NOON)
    put_off(database, "platform_refuses_token")
    put_off(database, "not_in_hubspot", "unresolved")
    refuse(lanes)
    resume(database)
    clock.now += 1
    for _ in range(5):
        lanes.turn()
    event = tables.event.c
    due = {name for (name,) in database.rows(select(event.external_id).where(event.due_at <= clock.now))}
    assert due == {f"box-{n}" for n in range(5)}


def put_off(database, waits_for, *events):
    event = tables.event.c
    changed = update(tables.event).values(due_at=NOON + 9000, waits_for=waits_for)
    with database.write() as connection:
        connection.execute(changed.where(event.external_id.in_(events)) if events else changed)


def test_who_leads_no_more_brings_nothing_forward(database, lanes, clock):
    refuse(lanes)
    resume(database)
    clock.now += 1
    with database.write() as connection:
        connection.execute(update(tables.lease).values(holder="another"))
    with pytest.raises(LeadLost):
        lanes.turn()


def test_a_long_name_of_a_source_has_its_pause(database):
    pauses.set_source_pause(database, "x" * 64, Pause("platform_throttles", NOON, NOON + 1))
    assert list(get_source_pauses(database)) == ["x" * 64]
