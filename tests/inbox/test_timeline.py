"""An event's timeline: each notification with the call it went out in, and what that call changed."""

from inboxes import NOON, arrival, purge_all, queue

from handlers.inbox.browsing import attempts, events
from handlers.inbox.browsing.timeline import timeline
from handlers.inbox.links import link
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement, State
from handlers.inbox.writer import Writer


def heard(database, moment):
    return int(Writer(database, 0.0).store(arrival(received_at=NOON + moment)).notification)


def call(database, moment, fields, result="confirmed", status=200, settles=()):
    """What a call at that moment said of the event; it settles these notifications."""
    inbox = queue(database, holder="tests")
    (changed,) = inbox.take(NOON + 10_000, 10, ())
    outcomes = [Outcome(number, NOON, outcome) for number, outcome in settles]
    made = Attempt("b", NOON + moment, 0.1, status, None, None, 1, 1, 0, None, [Input(changed.id, fields, result)])
    retry = {} if settles else {"retry_at": NOON + moment, "waits_for": "unconfirmed"}
    inbox.settle([Settlement(changed, outcomes, State({"eventName": "A"}), **retry)], NOON + moment, made)


def shown(database, limit=50, cursor=None):
    page = timeline(database, 1, limit, cursor)
    rows = [(entry.notification and entry.notification.id, entry.attempt and entry.attempt.id) for entry in page.items]
    return rows, page.next


def test_notifications_that_left_in_one_call_name_it_and_what_it_changed(database):
    first, second = heard(database, 0), heard(database, 1)
    call(database, 2, {"eventName": "A"}, settles=[(first, "superseded"), (second, "sent")])
    page = timeline(database, 1, 50)
    assert [(one.notification.id, one.attempt.batch, one.carried.result) for one in page.items] == [
        (second, "b", "confirmed"),
        (first, "b", "confirmed"),
    ]
    (change,) = page.items[0].carried.fields
    assert (change.name, change.after, change.before_known) == ("eventName", "A", False)


def test_a_change_tells_what_hubspot_had_confirmed_before_it(database):
    call_of = {}
    for moment, name, result in ((1, "A", "confirmed"), (3, "B", "rejected"), (5, "C", "confirmed")):
        call_of[name] = heard(database, moment)
        call(database, moment + 1, {"eventName": name}, result, settles=[(call_of[name], "sent")])
    entries = timeline(database, 1, 50).items
    assert [(one.carried.fields[0].before, one.carried.fields[0].after) for one in entries] == [
        ("A", "C"),
        ("A", "B"),
        (None, "A"),
    ]


def test_a_call_that_came_to_nothing_stands_where_it_was_made(database):
    first = heard(database, 0)
    call(database, 1, {"eventName": "A"}, "open", 500)
    call(database, 2, {"eventName": "A"}, settles=[(first, "sent")])
    second = heard(database, 5)
    assert shown(database) == ([(second, None), (None, 1), (first, 2)], None)


def test_every_call_stands_on_one_page_only(database):
    numbers = []
    for moment in range(0, 30, 10):
        numbers.append(heard(database, moment))
        call(database, moment + 1, {"eventName": str(moment)}, "open", 500)
        call(database, moment + 2, {"eventName": str(moment)}, settles=[(numbers[-1], "sent")])
    pages, cursor = [], None
    for _ in range(3):
        rows, cursor = shown(database, 1, cursor)
        pages.append(rows)
    assert cursor is None
    assert sorted(row for rows in pages for row in rows if row[0] is None) == [(None, 1), (None, 3), (None, 5)]
    assert [row for rows in pages for row in rows if row[0]] == [(numbers[2], 6), (numbers[1], 4), (numbers[0], 2)]


def test_a_call_tells_which_events_it_was_about(database):
    first = heard(database, 0)
    call(database, 2, {"eventName": "A", "property:venue": "Messe"}, "rejected", settles=[(first, "dead")])
    (event,) = attempts.events_of(database, 1, 10)
    assert (event.source, event.external_id, event.name, event.result) == ("tickets", "ev-1", "A", "rejected")
    assert event.fields == {"eventName": "A", "property:venue": "Messe"}


def test_what_a_call_said_leaves_with_the_call(database):
    first = heard(database, 0)
    call(database, 2, {"eventName": "A"}, settles=[(first, "sent")])
    purge_all(database, NOON + 100)
    assert shown(database) == ([], None)
    assert attempts.events_of(database, 1, 10) == []


def test_an_event_is_told_with_its_link_and_what_was_confirmed(database):
    link(database, "tickets", "ev-1", "4711", NOON)
    detail = events.get(database, "tickets", "ev-1")
    assert (detail.row.object_id, detail.found_by, detail.confirmed) == ("4711", "operator", {})
    assert (detail.fields, detail.version, detail.published) == ({}, None, False)
