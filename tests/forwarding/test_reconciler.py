"""The worker's own comparing: when it begins, that it goes on, and that no source holds up another."""

import dataclasses
from threading import Event

import pytest
from listing import HOUR, NOON, ListingBench, LookUpFailed, names
from structlog.testing import capture_logs

from handlers.errors import InvalidNotification
from handlers.forwarding.reconciler import (
    FIRST_SECONDS,
    SPREAD_SECONDS,
    Reconciler,
    first_run,
)
from handlers.forwarding.reconciling import WITHOUT_END
from handlers.forwarding.trouble import TurnedAway
from handlers.inbox import reconciliations
from handlers.inbox.known import Hints
from handlers.platform import Page


@pytest.fixture
def bench(database):
    return ListingBench(database, reconciles=True)


def row(bench):
    return reconciliations.rows(bench.database)["box"]


def due_at_once(bench):
    """As if the source had been seen long ago."""
    reconciliations.schedule(bench.database, {"box": bench.now})


def test_the_worker_finds_what_nobody_told_of(bench):
    bench.sell(*names(7))
    due_at_once(bench)
    bench.work(15)
    assert [bench.shown(name)["eventName"] for name in names(7)] == names(7)


def test_the_first_run_comes_soon_but_not_at_once(bench):
    bench.work(2)
    first = row(bench).next_at - bench.now
    assert 0 < first < 2 * FIRST_SECONDS + SPREAD_SECONDS
    assert bench.office.pages == []
    bench.work(first + 5, step=5.0)
    assert bench.office.pages == [None]


def test_first_runs_are_spread_by_name_and_by_chance():
    firsts = [first_run(f"source-{number}", NOON, lambda: 0.0) - NOON for number in range(100)]
    assert len(set(firsts)) == 100
    assert min(firsts) < FIRST_SECONDS + SPREAD_SECONDS / 4
    assert max(firsts) > FIRST_SECONDS + 3 * SPREAD_SECONDS / 4
    assert first_run("a", NOON, lambda: 0.9) > first_run("a", NOON, lambda: 0.1)


def test_the_next_run_comes_after_the_hours_that_the_source_says(bench):
    due_at_once(bench)
    bench.work(3)
    assert 6 * HOUR <= row(bench).next_at - bench.now <= 6.3 * HOUR
    bench.work(5.9 * HOUR, step=60.0)
    assert len(bench.office.pages) == 1
    bench.work(0.5 * HOUR, step=60.0)
    assert len(bench.office.pages) == 2


def test_a_period_that_was_shortened_counts_at_once(bench, database):
    due_at_once(bench)
    bench.work(3)
    hurried = ListingBench(database, reconciles=True, reconcile_hours=1.0)
    hurried.now = bench.now + 1.2 * HOUR
    hurried.work(3)
    assert hurried.office.pages == [None]


def test_zero_hours_are_never(database):
    bench = ListingBench(database, reconciles=True, reconcile_hours=0.0)
    due_at_once(bench)
    bench.work(30)
    assert bench.office.pages == []


def test_a_long_list_costs_its_platform_a_page_a_second(bench):
    bench.sell(*names(30))
    due_at_once(bench)
    bench.work(4.9)
    assert 3 <= len(bench.office.pages) <= 5
    bench.work(10)
    assert len(bench.office.pages) == 10


def test_what_fails_is_put_off_and_goes_on_at_the_same_page(bench):
    bench.sell(*names(6))
    due_at_once(bench)
    bench.work(0.5)
    bench.office.failing = [LookUpFailed("platform_unavailable")]
    bench.work(5)
    assert (row(bench).fault, row(bench).tries, row(bench).put_off_runs) == ("platform_unavailable", 1, 1)
    assert row(bench).next_at - bench.now > 50
    bench.work(90, step=1.0)
    assert bench.office.pages == [None, "acme:e002", "acme:e002"]
    assert (row(bench).fault, row(bench).last_listed) == (None, 6)


def test_a_platform_that_fails_again_and_again_is_asked_ever_less(bench):
    due_at_once(bench)
    bench.office.failing = [LookUpFailed("platform_unavailable")] * 100
    bench.work(HOUR, step=5.0)
    assert 4 <= len(bench.office.pages) <= 7
    bench.work(5 * HOUR, step=60.0)
    assert len(bench.office.pages) <= 12


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (InvalidNotification({"results": ["Is text."]}), "platform_unreadable"),
        (KeyError("bug"), "internal_error"),
        (LookUpFailed(WITHOUT_END), WITHOUT_END),
    ],
)
def test_after_rubbish_the_list_is_read_from_its_beginning(bench, error, fault):
    bench.sell(*names(6))
    due_at_once(bench)
    bench.work(0.5)
    bench.office.failing = [error]
    with capture_logs() as logs:
        bench.work(5)
    assert (row(bench).fault, row(bench).begun_at) == (fault, None)
    assert {"event", "action", "source", "reason", "log_level"} <= next(
        line.keys() for line in logs if line["action"] == "reconciliation.put_off"
    )
    bench.work(90, step=1.0)
    assert bench.office.pages == [None, "acme:e002", None, "acme:e002"]


def test_a_platform_that_is_left_alone_is_not_asked(bench, monkeypatch):
    due_at_once(bench)
    monkeypatch.setattr(bench.office.lane, "is_open", lambda: False)
    bench.work(30)
    assert bench.office.pages == []


def test_being_turned_away_is_no_failure(bench):
    due_at_once(bench)
    bench.office.failing = [TurnedAway("platform_unavailable")]
    bench.work(5)
    assert (row(bench).put_off_runs, row(bench).finished_runs) == (0, 1)


def test_while_the_command_compares_the_worker_does_not(bench):
    bench.sell(*names(6))
    due_at_once(bench)
    run = bench.claim("command")
    bench.work(10)
    assert bench.office.pages == []
    steps = bench.steps("command")
    while isinstance(run, reconciliations.Run):
        run = steps.step(run)
    bench.work(10)
    assert (run.listed, bench.office.pages) == (6, [None, "acme:e002"])


def test_a_command_gets_its_turn_between_two_pages_of_the_workers(bench):
    bench.sell(*names(9))
    due_at_once(bench)
    bench.work(1)
    assert bench.claim("command").following == "acme:e002"


def test_a_worker_that_does_not_lead_compares_nothing(bench):
    due_at_once(bench)
    other = bench.worker
    assert other.lease.hold()
    second = bench.new_worker()
    second.lease.holder = "second"
    for _ in range(5):
        second.turn()
    assert bench.office.pages == []


def test_another_worker_goes_on_where_the_first_ended(bench):
    bench.sell(*names(9))
    due_at_once(bench)
    bench.work(0.5)
    bench.worker = bench.new_worker()
    bench.work(10)
    assert bench.office.pages == [None, "acme:e002", "acme:e005"]


def test_a_source_that_is_gone_from_the_settings_is_left_alone(bench):
    due_at_once(bench)
    bench.worker.chores = (Reconciler(bench.database, {}, Hints(bench.writer), "bench", bench.clock),)
    bench.work(10)
    assert (bench.office.pages, row(bench).finished_runs) == ([], 0)


def test_a_slow_list_holds_up_no_event(bench):
    bench.sell(*names(2))
    due_at_once(bench)
    bench.office.hidden = set(names(2))
    entered, go_on = Event(), Event()

    def wait(_following):
        entered.set()
        assert go_on.wait(20)

    bench.office.before_page = wait
    bench.account.holding = 1
    bench.work(1)
    assert entered.wait(20)
    bench.hear_of("acme:e000", 1)
    bench.work(3)
    assert bench.shown("acme:e000")["eventName"] == "acme:e000"
    go_on.set()
    bench.account.holding = 0
    bench.work(1)


def test_what_came_of_it_is_logged_in_numbers(bench):
    bench.sell(*names(4))
    due_at_once(bench)
    with capture_logs() as logs:
        bench.work(5)
    (line,) = [line for line in logs if line["action"] == "reconciliation.finished"]
    assert (line["source"], line["listed"], line["differing"], line["missing"], line["doubted"]) == (
        *("box", 4, 4, 0),
        False,
    )
    assert line["duration_ms"] >= 0


def test_a_doubted_list_is_warned_of(bench):
    bench.sell(*names(9))
    due_at_once(bench)
    bench.work(10)
    bench.office._page = lambda following: Page([], None)
    with capture_logs() as logs:
        bench.work(7 * HOUR, step=60.0)
    (line,) = [line for line in logs if line["action"] == "reconciliation.doubted"]
    assert (line["log_level"], line["missing"], line["known"]) == ("warning", 9, 9)
    assert (row(bench).last_doubted, row(bench).doubted_runs, row(bench).finished_runs) == (True, 1, 1)


def test_two_sources_are_compared_beside_each_other(database):
    bench = ListingBench(database)
    rolls = {}
    for name in ("box", "lane", "road"):
        source = dataclasses.replace(bench.sources["box"], name=name)
        rolls[name] = dataclasses.replace(bench.roll, source=source)
    bench.sources.update({name: roll.source for name, roll in rolls.items()})
    bench.guests.update(dict.fromkeys(rolls, bench.office))
    bench.worker = bench.new_worker()
    bench.worker.chores = (Reconciler(database, rolls, Hints(bench.writer), "bench", bench.clock),)
    reconciliations.schedule(database, dict.fromkeys(rolls, bench.now))
    bench.work(5)
    assert {row.finished_runs for row in reconciliations.rows(database).values()} == {1}
