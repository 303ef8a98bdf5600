"""A source that an operator paused sends nothing; others go on; and all of it goes out once it is resumed."""

import dataclasses

import pytest
from recorded import source
from working import NOON, Bench

from handlers.inbox import pauses
from handlers.inbox.browsing import events
from handlers.inbox.browsing.events import Sought


@pytest.fixture
def bench(database):
    own = source("generic", account_id="acme")
    made = Bench(database, {name: dataclasses.replace(own, name=name) for name in ("own", "other")})
    for name in ("a", "b"):
        made.account.hold(name, {"a": "101", "b": "102"}[name])
    return made


def hear(bench, name, about, title):
    bench.hear({"id": about, "eventName": title}, name, about)


def shown(bench):
    return {object_id: event.get("eventName") for object_id, event in bench.account.events.items()}


def test_nothing_of_a_paused_source_is_sent_while_others_go_on(database, bench):
    pauses.hold_source(database, "own", NOON)
    hear(bench, "own", "a", "A")
    hear(bench, "other", "b", "B")
    bench.work()
    assert shown(bench) == {"101": None, "102": "B"}
    (row,) = events.find(database, Sought(state="held"), 5).items
    assert (row.external_id, row.waits_for) == ("a", "source_paused")


def test_a_pause_is_heeded_while_the_worker_runs(database, bench):
    hear(bench, "own", "a", "A")
    bench.work()
    pauses.hold_source(database, "own", NOON)
    bench.work(2)
    hear(bench, "own", "a", "later")
    bench.work()
    assert shown(bench)["101"] == "A"


def test_what_waited_goes_out_at_once_when_the_source_is_resumed(database, bench):
    pauses.hold_source(database, "own", NOON)
    hear(bench, "own", "a", "A")
    bench.work()
    pauses.resume_source(database, "own")
    bench.work()
    assert shown(bench)["101"] == "A"


def test_what_was_resumed_while_nobody_led_goes_out_when_somebody_does(database, bench):
    pauses.hold_source(database, "own", NOON)
    hear(bench, "own", "a", "A")
    bench.work()
    pauses.resume_source(database, "own")
    bench.worker = bench.new_worker()
    bench.work()
    assert shown(bench)["101"] == "A"


def test_a_resumption_of_all_sending_leaves_the_source_paused(database, bench):
    pauses.hold_source(database, "own", NOON, "Until the new season.")
    pauses.hold(database, NOON)
    pauses.resume(database)
    assert pauses.get_pause(database) is None
    assert pauses.held_sources(database)["own"].detail == "Until the new season."


def test_a_pause_counts_no_tries(database, bench):
    pauses.hold_source(database, "own", NOON)
    hear(bench, "own", "a", "A")
    bench.work()
    assert events.get(database, "own", "a").tries == 0


def test_a_resumed_source_is_also_asked_again_where_its_platform_was_left_alone(database):
    pauses.set_source_pause(database, "own", pauses.Pause("platform_throttles", NOON, NOON + 9))
    pauses.set_source_pause(database, "other", pauses.Pause("platform_throttles", NOON, NOON + 9))
    pauses.resume_source(database, "own")
    assert list(pauses.get_source_pauses(database)) == ["other"]
