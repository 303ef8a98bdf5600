"""What is kept of comparing: turns, progress, and reads that stay short however much is known."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from inboxes import NOON, arrival, queue
from sqlalchemy import select

from handlers.inbox import reconciliations, tables
from handlers.inbox.queue import Outcome, Settlement, State
from handlers.inbox.reconciliations import CHUNK, ClaimLost, Newest, Result, Run
from handlers.inbox.writer import Writer

RESULT = Result(7, 2, 1, doubted=False, seconds=12.5)


def claim(database, holder="me", moment=NOON, **how):
    return reconciliations.claim(database, "tickets", holder, moment, **how)


def row(database):
    return reconciliations.rows(database)["tickets"]


def known(database, *names, fields=None, published=True):
    """Events that were public and are settled."""
    writer, inbox = Writer(database, 0.0), queue(database)
    writer.store_all([arrival(name) for name in names])
    taken = inbox.take(NOON + 1, len(names), ())
    waiting = inbox.pending_of([changed.id for changed in taken])
    state = State(fields or {"eventName": "A"}, {}, 1, published)
    inbox.settle(
        [
            Settlement(
                changed, [Outcome(note.id, NOON, "unchanged") for note in waiting.get(changed.id, ())], state=state
            )
            for changed in taken
        ],
        NOON + 2,
    )


def expected(database):
    return [one for chunk in reconciliations.expected(database, "tickets") for one in chunk]


def test_a_first_run_is_planned_once(database):
    reconciliations.schedule(database, {"tickets": NOON})
    reconciliations.schedule(database, {"tickets": NOON + 99})
    assert row(database).next_at == NOON


def test_of_many_who_want_the_turn_one_gets_it(database):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda number: claim(database, f"holder-{number}"), range(16)))
    assert sum(run is not None for run in runs) == 1


def test_the_same_holder_may_go_on(database):
    assert claim(database) == claim(database) == Run("tickets", NOON)


def test_progress_is_kept_for_whoever_goes_on(database):
    claim(database)
    done = Run("tickets", NOON, "page-2", pages=1, listed=50, differing=3)
    reconciliations.save(database, done, "me", {})
    reconciliations.release(database, "tickets", "me")
    assert claim(database, "other", NOON + 60) == done


@pytest.mark.parametrize("afresh", [False, True])
def test_what_was_put_off_goes_on_or_begins_anew(database, afresh):
    claim(database)
    reconciliations.save(database, Run("tickets", NOON, "page-2", pages=1), "me", {})
    reconciliations.put_off(database, "tickets", "me", "platform_unavailable", NOON + 60, afresh=afresh)
    kept = row(database)
    assert (kept.next_at, kept.tries, kept.put_off_runs, kept.fault) == (NOON + 60, 1, 1, "platform_unavailable")
    assert claim(database, "other", NOON + 60).following == (None if afresh else "page-2")


def test_a_finished_run_leaves_its_result_and_the_next_begins_anew(database):
    run = claim(database)
    reconciliations.finish(database, run, "me", RESULT, NOON + 12.5, NOON + 3600)
    kept = row(database)
    assert (kept.last_listed, kept.last_differing, kept.last_missing, kept.last_doubted) == (7, 2, 1, False)
    assert (kept.last_seconds, kept.last_finished, kept.next_at) == (12.5, NOON + 12.5, NOON + 3600)
    assert (kept.begun_at, kept.finished_runs, kept.doubted_runs, kept.claimed) == (None, 1, 0, False)
    assert claim(database, "other", NOON + 3600) == Run("tickets", NOON + 3600)


@pytest.mark.parametrize("released", [True, False])
def test_without_the_turn_nothing_is_written(database, released):
    run = claim(database)
    if released:
        reconciliations.release(database, "tickets", "me")
    writes = [
        lambda holder: reconciliations.save(database, run, holder, {}),
        lambda holder: reconciliations.put_off(database, "tickets", holder, "x", NOON, afresh=False),
        lambda holder: reconciliations.finish(database, run, holder, RESULT, NOON, NOON),
    ]
    before = row(database)
    for write in writes:
        with pytest.raises(ClaimLost):
            write("me" if released else "other")
    assert row(database) == before


def test_nobody_releases_another_ones_turn(database):
    claim(database)
    reconciliations.release(database, "tickets", "other")
    assert row(database).claimed


def test_what_was_listed_is_marked_with_the_run_and_what_it_said(database):
    known(database, "a", "b")
    run = claim(database)
    reconciliations.save(database, run, "me", {"a": "d1", "unknown": "d2"})
    assert [(one.event, one.run_at) for one in expected(database)] == [("a", NOON), ("b", None)]
    assert reconciliations.standings(database, "tickets", ["a"])["a"].digest == "d1"


def test_many_events_are_marked_at_once(database):
    names = [f"e{number:04}" for number in range(2 * CHUNK + 1)]
    known(database, *names)
    reconciliations.save(database, claim(database), "me", dict.fromkeys(names, "d"))
    assert {one.run_at for one in expected(database)} == {NOON}
    assert [len(chunk) for chunk in reconciliations.expected(database, "tickets")] == [CHUNK, CHUNK, 1]


def test_what_is_known_of_an_event_is_its_state_its_link_and_its_newest_notification(database):
    known(database, "a")
    standing = reconciliations.standings(database, "tickets", ["a", "unknown"])
    assert standing.keys() == {"a"}
    assert (standing["a"].state.fields, standing["a"].confirmed, standing["a"].waits) == (
        {"eventName": "A"},
        None,
        False,
    )
    assert standing["a"].newest == Newest("event.changed", "unchanged", None, NOON)


def test_an_event_that_waits_says_so(database):
    known(database, "a")
    Writer(database, 1.0).store(arrival("a", received_at=NOON + 5))
    assert reconciliations.standings(database, "tickets", ["a"])["a"].waits
    assert [one.waits for one in expected(database)] == [True]


@pytest.mark.parametrize(
    ("fields", "published"), [({"eventName": "A", "eventCancelled": True}, True), ({"eventName": "A"}, False)]
)
def test_what_is_cancelled_or_was_never_public_is_not_expected(database, fields, published):
    known(database, "a", fields=fields, published=published)
    assert expected(database) == []


def test_an_event_whose_notifications_were_purged_is_still_known(database):
    known(database, "a")
    with database.write() as connection:
        connection.execute(tables.notification.delete())
    assert [(one.event, one.newest) for one in expected(database)] == [("a", None)]


def test_another_source_has_events_of_its_own(database):
    known(database, "a")
    assert list(reconciliations.expected(database, "other")) == []
    assert reconciliations.standings(database, "other", ["a"]) == {}


def plan(database, query):
    with database.read() as connection:
        sql = query.compile(connection, compile_kwargs={"literal_binds": True})
        return [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.sqlite
def test_looking_for_what_is_missing_goes_along_the_index_and_sorts_nothing(database):
    steps = plan(database, reconciliations.expected_after("tickets", "m"))
    assert steps[0].startswith("SEARCH event USING INDEX event_identity (source=? AND external_id>?)")
    assert [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


@pytest.mark.sqlite
def test_comparing_a_page_reads_no_other_event(database):
    steps = plan(database, reconciliations.standings_query("tickets", ["a", "b"]))
    assert steps[0].startswith("SEARCH event USING INDEX event_identity (source=? AND external_id=?)")
    assert [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


@pytest.mark.sqlite
def test_the_newest_notification_is_found_by_its_event_alone(database):
    steps = plan(database, reconciliations.expected_after("tickets", "m"))
    assert any("USING COVERING INDEX notification_event (event_id=?)" in step for step in steps)
    assert any(step.startswith("SEARCH newest USING INTEGER PRIMARY KEY") for step in steps)


def test_the_tables_are_empty_at_first(database):
    assert (reconciliations.rows(database), database.rows(select(tables.listed))) == ({}, [])
