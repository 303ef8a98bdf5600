"""An operator finds events by what they are called and how they stand, in pages that nobody's writing shifts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import NOON, arrival, queue
from sqlalchemy import delete, insert

from handlers.inbox import tables
from handlers.inbox.browsing import attempts, dead, events, notifications
from handlers.inbox.browsing.events import Sought
from handlers.inbox.database import Database
from handlers.inbox.links import link
from handlers.inbox.listing import Wanted
from handlers.inbox.queue import Attempt, Outcome, Settlement, State
from handlers.inbox.schema import migrate
from handlers.inbox.writer import Writer

CALL = Attempt("b-1", NOON + 2, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")


def told(database, event="ev-1", name=None, standing=None, **later):
    """One notification about an event, settled so."""
    inbox, writer = queue(database, holder="tests"), Writer(database, 1.0)
    receipt = writer.store(arrival(event))
    (changed,) = [one for one in inbox.take(NOON + 9, 500, ()) if one.external_id == event]
    fields = {} if name is None else {"eventName": name}
    outcomes = [] if later else [Outcome(int(receipt.notification), NOON, *(standing or ("sent",)))]
    inbox.settle([Settlement(changed, outcomes, State(fields), standing=standing, **later)], NOON + 9)


def found(database, **sought):
    return [row.external_id for row in events.find(database, Sought(**sought), 50).items]


@pytest.mark.parametrize("words", ["Jazz", "jazz in the park", "JAZZ", "straße", "STRASSE", "%", "in the_", "\\"])
def test_an_event_is_found_by_a_part_of_its_name_whatever_the_case(database, words):
    told(database, "a", "Jazz in the park, Lange Straße")
    told(database, "b", "100% \\ in the_wood")
    expected = ["b"] if words in ("%", "in the_", "\\") else ["a"]
    assert found(database, q=words) == expected


def test_an_event_is_found_by_a_part_of_its_external_id_before_anything_is_settled(database):
    Writer(database, 1.0).store(arrival("Acme:Summit/2027"))
    assert found(database, q="summit/20") == ["Acme:Summit/2027"]


def test_an_event_is_found_by_its_whole_object_id_only(database):
    link(database, "tickets", "ev-1", "4711", NOON)
    assert (found(database, q="4711"), found(database, q="47")) == (["ev-1"], [])


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (("sent", None), "up_to_date"),
        (("sent", "not_shown"), "up_to_date"),
        (("unchanged", None), "up_to_date"),
        (("unchanged", "deleted"), "up_to_date"),
        (("unchanged", "not_published"), "unpublished"),
        (("dead", "rejected_by_hubspot"), "dead"),
        (("dead", None), "dead"),
        (("dead", "not_in_hubspot"), "not_in_hubspot"),
        (("dead", "linked_elsewhere"), "not_in_hubspot"),
        (None, "unknown"),
    ],
)
def test_an_event_stands_in_the_one_state_that_its_last_outcome_says(database, standing, state):
    told(database, "a", "A", standing)
    assert {one: found(database, state=one) for one in events.STATES} == {
        one: ["a"] if one == state else [] for one in events.STATES
    }
    assert events.get(database, "tickets", "a").row.state == state
    assert events.counts(database) == {one: int(one == state) for one in events.STATES}
    assert events.counts(database, "other") == dict.fromkeys(events.STATES, 0)


def test_what_is_changed_waits_and_what_is_put_off_is_held_for_a_reason(database):
    Writer(database, 1.0).store(arrival("a"))
    assert found(database, state="waiting") == ["a"]
    told(database, "b", retry_at=NOON + 900, waits_for="platform_throttles")
    (row,) = events.find(database, Sought(state="held"), 5).items
    assert (row.external_id, row.waits_for, row.due_at) == ("b", "platform_throttles", NOON + 900)


def test_a_settling_that_says_nothing_of_the_standing_leaves_it(database):
    told(database, "a", "A", ("dead", "invalid"))
    told(database, "a", "B")
    assert events.get(database, "tickets", "a").row.reason == "invalid"
    assert found(database, q="b") == ["a"]


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "x" * 5000, "ß" * 255, 7])
def test_a_name_of_whatever_kind_is_kept(database, name):
    if database.dialect == "postgresql" and "\x00" in str(name):
        pytest.skip("PostgreSQL's own JSON holds no NUL to begin with when it is read as text")
    told(database, "a", name)
    assert found(database) == ["a"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_pages_of_events_show_each_one_once_however_many_come_meanwhile(tmp_path_factory, data):
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('pages')}/marquee.db")
    migrate(opened)
    writer = Writer(opened, 1.0)
    first = [f"ev-{number}" for number in range(data.draw(st.integers(0, 12)))]
    writer.store_all([arrival(event) for event in first])
    shown, cursor = [], None
    while True:
        page = events.find(opened, Sought(), data.draw(st.integers(1, 4)), cursor)
        shown += [row.external_id for row in page.items]
        late = data.draw(st.integers(0, 2))
        writer.store_all([arrival(f"late-{len(shown)}-{number}") for number in range(late)])
        if page.next is None:
            break
        cursor = page.next
    assert shown == first[::-1]
    opened.close()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_pages_of_notifications_show_what_stays_once_while_others_come_and_go(tmp_path_factory, data):
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('pages')}/marquee.db")
    migrate(opened)
    writer, gone = Writer(opened, 1.0), set()
    count = data.draw(st.integers(0, 12))
    writer.store_all([arrival() for _ in range(count)])
    shown, cursor = [], None
    while True:
        page = notifications.find(opened, Wanted(source="tickets"), data.draw(st.integers(1, 4)), cursor)
        shown += [row.id for row in page.items]
        writer.store_all([arrival() for _ in range(data.draw(st.integers(0, 2)))])
        for number in data.draw(st.sets(st.integers(1, max(1, count)), max_size=2)):
            with opened.write() as connection:
                connection.execute(delete(tables.notification).where(tables.notification.c.id == number))
            gone.add(number)
        if page.next is None:
            break
        cursor = page.next
    assert shown == sorted(set(shown), reverse=True)
    assert set(range(1, count + 1)) - gone <= set(shown) <= set(range(1, count + 1))
    opened.close()


def attempt(database, **other):
    row = {"batch": "b", "sent_at": NOON, "seconds": 0.1, "inputs": 1, "updated": 0, "failed": 0, **other}
    with database.write() as connection:
        connection.execute(insert(tables.attempt).values(row))


@pytest.mark.parametrize(
    ("status", "numbers"), [(None, [4, 3, 2, 1]), (200, [1]), (429, [3]), ("none", [2]), ("failed", [4, 3, 2])]
)
def test_calls_are_found_by_how_they_were_answered(database, status, numbers):
    for answered in (200, None, 429, 500):
        attempt(database, status=answered)
    assert [row.id for row in attempts.find(database, status, 9).items] == numbers


def test_calls_come_in_pages(database):
    for _ in range(3):
        attempt(database, status=200)
    page = attempts.find(database, None, 2)
    assert ([row.id for row in page.items], page.next) == ([3, 2], 2)
    rest = attempts.find(database, None, 2, page.next)
    assert ([row.id for row in rest.items], rest.next) == ([1], None)


def test_the_dead_are_told_by_source_and_reason_with_when_they_came(database):
    writer = Writer(database, 1.0)
    for moment in (0, 7, 3):
        writer.store(arrival(None, received_at=NOON + moment, errors={"id": ["Is missing."]}))
    writer.store(arrival(None, source="other", errors={"id": ["Is missing."]}))
    first, second = dead.groups(database)
    assert (first.source, first.reason, first.notifications) == ("tickets", "invalid", 3)
    assert (first.oldest, first.newest) == (NOON, NOON + 3)
    assert (second.source, second.notifications) == ("other", 1)


def test_what_is_not_kept_is_none(database):
    assert notifications.get(database, 1) is None
    assert notifications.body_of(database, 1) is None
    assert attempts.get(database, 1) is None
    assert events.get(database, "tickets", "ev-1") is None
