"""A list that is known to lack something: what is missing is looked up singly, unless that is too much to be true."""

import pytest
from recorded import source
from sqlalchemy import select
from structlog.testing import capture_logs
from working import Bench

from handlers.inbox import tables
from handlers.inbox.known import HINT_ACTION, Hints
from handlers.platform import Found, Gone, Remaining

NAMES = ["gala", "fair", "talk", "walk", "weekly", "weekly:5", "weekly:6"]


@pytest.fixture
def bench(database):
    """A source whose events are all sent, and a platform that still has them all."""
    running = Bench(database, {"box": source("pretix", account_id="acme", on_unpublished="cancel")})
    for number, name in enumerate(NAMES):
        running.account.hold(f"acme:{name}", str(201 + number))
        running.guest.found[f"acme:{name}"] = Found({"eventName": name, "eventCancelled": False}, {})
    hint(running, *(f"acme:{name}" for name in NAMES), "other:gala")
    running.guest.found["other:gala"] = Gone()
    running.work()
    running.guest.asked.clear()
    yield running
    running.worker._finish()


def hint(bench, *events):
    Hints(bench.writer).add("box", events, bench.now)


def compare(bench, *names):
    bench.guest.found["acme:*"] = Remaining("acme:", frozenset(f"acme:{name}" for name in names))
    hint(bench, "acme:*")
    bench.work()


def reason(bench):
    event, note = tables.event.c, tables.notification.c
    query = select(note.outcome, note.reason).join(tables.event).where(event.external_id == "acme:*")
    return tuple(bench.database.rows(query.order_by(note.id.desc()))[0])


def cancelled(bench, names=NAMES):
    return [name for name in names if bench.account.events[bench.account.ids[f"acme:{name}"][0]].get("eventCancelled")]


def test_what_the_list_lacks_is_looked_up_and_what_is_gone_is_cancelled(bench):
    bench.guest.found["acme:gala"] = Gone()
    compare(bench, "fair", "talk", "walk", "weekly")
    assert (bench.guest.asked, cancelled(bench)) == (["acme:*", "acme:gala"], ["gala"])
    assert reason(bench) == ("unchanged", "list_compared")


def test_the_platforms_word_on_the_event_itself_stands_against_its_list(bench):
    compare(bench, "fair", "talk", "walk", "weekly")
    assert (bench.guest.asked, cancelled(bench)) == (["acme:*", "acme:gala"], [])


def test_a_series_goes_with_all_its_dates_however_many_they_are(bench):
    dates = [f"weekly:{number}" for number in range(10, 40)]
    bench.guest.found |= {f"acme:{name}": Found({"eventName": name}, {}) for name in dates}
    for number, name in enumerate(dates):
        bench.account.hold(f"acme:{name}", str(501 + number))
    hint(bench, *(f"acme:{name}" for name in dates))
    bench.work()
    gone = ["weekly", "weekly:5", "weekly:6", *dates]
    bench.guest.found |= {f"acme:{name}": Gone() for name in gone}
    compare(bench, "fair", "talk", "walk", "gala")
    bench.work()
    assert cancelled(bench, [*NAMES, *dates]) == gone


def test_what_is_cancelled_already_is_not_looked_up_again(bench):
    bench.guest.found["acme:gala"] = Gone()
    for _ in range(2):
        compare(bench, "fair", "talk", "walk", "weekly")
    assert bench.guest.asked == ["acme:*", "acme:gala", "acme:*"]


def test_what_is_not_below_the_prefix_is_left_alone(bench):
    compare(bench, *NAMES)
    assert bench.guest.asked == ["acme:*"]


def test_a_list_that_lacks_too_much_is_doubted_and_nothing_is_looked_up(bench):
    with capture_logs() as logs:
        compare(bench, "fair", "weekly")
    doubted = [entry for entry in logs if entry["action"] == "list.doubted"]
    assert [(entry["log_level"], entry["missing"], entry["known"]) for entry in doubted] == [("warning", 3, 7)]
    assert (bench.guest.asked, reason(bench)) == (["acme:*"], ("unchanged", "list_doubted"))


def test_an_empty_list_is_doubted(bench):
    compare(bench)
    assert (cancelled(bench), reason(bench)) == ([], ("unchanged", "list_doubted"))


def test_hints_are_notifications_of_our_own(bench):
    compare(bench, "fair", "talk", "walk", "weekly")
    note = tables.notification.c
    actions = bench.database.rows(select(note.action, note.delivery_id).order_by(note.id.desc()).limit(1))
    assert [tuple(row) for row in actions] == [(HINT_ACTION, None)]
