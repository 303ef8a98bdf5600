"""What each call said of each event is kept, with what became of it, and so is how the event stands."""

import pytest
from recorded import source
from replies import reply
from working import Bench

from handlers.forwarding.attempts import LONG
from handlers.inbox.browsing import attempts, events
from handlers.inbox.browsing.timeline import timeline


@pytest.fixture
def bench(database):
    made = Bench(database)
    made.account.hold("ev-1", "101")
    return made


def told(database):
    """By call, newest first: status, fields and result."""
    page = attempts.find(database, None, 50)
    return [
        (row.status, one.fields, one.result) for row in page.items for one in attempts.events_of(database, row.id, 9)
    ]


def hear(bench, title="Gala", event="ev-1", **other):
    bench.hear({"id": event, "eventName": title, **other})


def test_a_call_that_is_confirmed_tells_only_what_differed(database, bench):
    hear(bench, eventDescription="Music.")
    bench.work()
    hear(bench, "Summer gala", eventDescription="Music.")
    bench.work()
    newest, oldest = told(database)
    assert newest == (200, {"eventName": "Summer gala"}, "confirmed")
    assert (oldest[1]["eventName"], oldest[1]["eventDescription"], oldest[2]) == ("Gala", "Music.", "confirmed")


def test_a_call_that_is_refused_tells_what_was_refused(database, bench):
    bench.account.poison = {"101"}
    hear(bench)
    bench.work()
    assert [(status, result) for status, _, result in told(database)] == [(400, "rejected")]
    assert events.get(database, "own", "ev-1").row.state == "dead"


def test_a_call_that_came_to_nothing_stands_in_the_timeline_too(database, bench):
    hear(bench)
    bench.work()
    bench.account.failing = reply(503, {"message": "words"})
    hear(bench, "Summer gala")
    bench.work(5)
    bench.account.failing = None
    bench.work(60)
    results = [(status, result) for status, _, result in told(database)]
    assert (results[0], set(results[1:-1]), results[-1]) == ((200, "confirmed"), {(503, "open")}, (200, "confirmed"))
    entries = timeline(database, 1, 50).items
    tries = [entry.attempt.status for entry in entries if entry.notification is None]
    assert tries == [503] * len(results[1:-1])
    assert [(entry.notification.id, entry.attempt.status) for entry in entries[len(tries) :]] == [(2, 200), (1, 200)]


def test_a_long_text_is_cut(database, bench):
    hear(bench, eventDescription="x" * (LONG + 1))
    bench.work()
    ((_, fields, _),) = told(database)
    assert fields["eventDescription"] == "x" * LONG + "…"


def test_an_event_that_is_created_is_told_with_all_that_it_shows(database):
    bench = Bench(
        database, {"own": source("generic", account_id="acme", on_missing="create", organizer="Acme")}, grace=0
    )
    hear(bench)
    bench.work(60)
    ((_, fields, result),) = told(database)
    assert (fields["eventName"], result, events.get(database, "own", "ev-1").row.state) == (
        "Gala",
        "confirmed",
        "up_to_date",
    )


def test_an_event_that_hubspot_does_not_have_waits_for_a_link(database):
    bench = Bench(database, grace=0)
    hear(bench)
    bench.work(60)
    row = events.get(database, "own", "ev-1").row
    assert (row.state, row.reason, told(database)) == ("not_in_hubspot", "not_in_hubspot", [])


def test_an_invalid_notification_does_not_change_how_an_event_stands(database, bench):
    hear(bench)
    bench.work()
    bench.hear({"id": "ev-1", "startDateTime": "soon"})
    bench.work()
    assert events.get(database, "own", "ev-1").row.state == "up_to_date"


def test_an_event_of_which_only_nonsense_came_is_dead(database, bench):
    bench.hear({"id": "ev-1", "startDateTime": "soon"})
    bench.work()
    assert events.get(database, "own", "ev-1").row.reason == "invalid"


def test_an_event_is_found_by_the_name_that_it_has_now(database, bench):
    hear(bench, "Gala")
    bench.work()
    hear(bench, "Summer ball")
    bench.work()
    found = [len(events.find(database, events.Sought(q=words), 5).items) for words in ("gala", "BALL")]
    assert found == [0, 1]
