"""What waits for a platform is put off about once, costs the same however much it is, and is no try."""

import time
from collections import Counter
from threading import Event

import pytest
from recorded import source
from sqlalchemy import select
from working import Bench

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.lane import PACE, Lane
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.trouble import REFUSED, Troubled
from handlers.inbox import tables
from handlers.inbox.known import Hints
from handlers.inbox.queue import Queue
from handlers.platform import Found


class Anything(dict):
    """Finds every event."""

    def __missing__(self, external_id):
        return Found({"eventName": external_id}, {})


class Watched(Queue):
    """Counts how often an event is put off."""

    put_off = Counter()

    def settle(self, settlements, moment, attempt=None):
        self.put_off.update(one.event.external_id for one in settlements if one.retry_at is not None)
        super().settle(settlements, moment, attempt)


@pytest.fixture
def bench(database):
    sources = {"box": source("pretix", account_id="acme"), "own": source("generic", account_id="acme")}
    running = Bench(database, sources, guests={})
    running.worker._finish()
    running.guest.lane = Lane(Spacing(1000.0), 2, running.clock, Breaker(running.clock))
    running.guest.found = Anything()
    running.guests = {"box": running.guest}
    running.worker = running.new_worker()
    running.worker.delivery.queue = Watched(database, running.worker.lease, 1.0)
    Watched.put_off.clear()
    running.work(1)
    yield running
    running.worker._finish()


def hint(bench, count):
    names = [f"acme:ev-{number}" for number in range(count)]
    for number, name in enumerate(names):
        bench.account.hold(name, str(1000 + number))
    Hints(bench.writer).add("box", names, bench.now)


def refuse(bench):
    breaker = bench.guest.lane.breaker
    breaker.leave(breaker.enter(), REFUSED)


def waiting(bench):
    event = tables.event.c
    query = select(event.tries, event.waits_for, event.due_at).where(event.due_at.is_not(None))
    return bench.database.rows(query)


def test_what_came_complete_is_sent_though_the_platform_refuses_the_token(bench):
    bench.guests = {"box": bench.guest, "own": bench.guest}
    bench.worker._finish()
    bench.worker = bench.new_worker()
    bench.work(1)
    refuse(bench)
    bench.account.hold("ev-1", "101")
    bench.hear({"id": "ev-1", "eventName": "Summit"})
    bench.work(5)
    assert (bench.account.events["101"]["eventName"], bench.guest.asked) == ("Summit", [])


def test_to_wait_for_a_platform_is_no_try(bench):
    refuse(bench)
    hint(bench, 20)
    bench.work(250, step=5)
    assert {row[:2] for row in map(tuple, waiting(bench))} == {(0, "platform_refuses_token")}
    bench.work(400, step=5)
    assert waiting(bench) == []


def test_a_backlog_behind_a_closed_platform_is_put_off_once_each_and_spread(bench):
    refuse(bench)
    hint(bench, 3000)
    bench.work(60, step=2)
    assert (len(Watched.put_off), Watched.put_off.total()) == (3000, 3000)
    dues = sorted(due for *_, due in waiting(bench))
    opens = bench.guest.lane.breaker.opens_at()
    assert dues[0] >= opens
    assert dues[-1] - dues[0] == pytest.approx(2999 / 1000, abs=0.1)


def test_behind_a_backlog_another_sources_event_is_sent_at_once(bench):
    refuse(bench)
    hint(bench, 2000)
    bench.account.hold("ev-1", "101")
    bench.hear({"id": "ev-1", "eventName": "Summit"})
    bench.work(3)
    assert bench.account.events["101"]["eventName"] == "Summit"


def test_a_backlog_is_looked_up_with_few_in_hand_and_all_are_sent(bench):
    hint(bench, 400)
    most = []
    for _ in range(200):
        bench.work(1, step=0.5)
        most.append(len(bench.worker._hand.events))
        if not waiting(bench):
            break
    assert waiting(bench) == []
    assert len(bench.guest.asked) == 400
    assert max(most) < 100


def test_what_waits_only_for_its_turn_says_so(bench):
    bench.guest.lane = Lane(Spacing(0.5), 1, bench.clock, Breaker(bench.clock))
    bench.worker._finish()
    bench.worker = bench.new_worker()
    hint(bench, 30)
    bench.work(1.25, step=0.25)
    reasons = Counter(reason for _, reason, _ in waiting(bench))
    assert reasons[PACE] >= 20
    assert reasons.keys() <= {PACE, None}  # none: it is on its way to HubSpot


def test_what_the_platform_failed_at_comes_back_after_what_it_was_never_asked_for(bench):
    def refused(external_id, since):
        refuse(bench)
        raise Troubled(REFUSED)

    bench.guest.look_up = refused
    hint(bench, 1)
    bench.work(2)
    refused_at = bench.guest.lane.breaker.opens_at()
    hint(bench, 5)
    bench.work(5)
    dues = {row.tries: row.due_at for row in waiting(bench)}  # the one failed, the others were put off
    assert refused_at <= dues[0] < dues[1]


def test_a_stop_does_not_wait_for_a_platform(bench):
    called, go_on, answer = Event(), Event(), bench.guest.look_up

    def look_up(external_id, since):
        called.set()
        assert go_on.wait(20)
        return answer(external_id, since)

    bench.guest.look_up = look_up
    hint(bench, 1)
    bench.now += 2
    bench.worker.turn()
    assert called.wait(10)
    begun = time.monotonic()
    bench.worker._finish()
    assert time.monotonic() - begun < 5
    go_on.set()
