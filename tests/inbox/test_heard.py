"""When a source was heard, by whatever came from outside."""

import pytest
from inboxes import NOON, arrival

from handlers.forwarding.preparing import HINT
from handlers.inbox import reports
from handlers.inbox.known import HINT_ACTION, Hints
from handlers.inbox.silences import get_silences, keep_silences
from handlers.inbox.writer import Writer


def test_hints_are_not_heard(database):
    writer = Writer(database, 1.0)
    writer.store(arrival())
    Hints(writer).add("tickets", ["a", "b"], NOON + 60)
    assert reports.heard(database, "tickets", 10) == [NOON]
    assert reports.last_heard(database, "tickets") == NOON


def test_what_is_refused_and_names_no_action_is_heard(database):
    Writer(database, 1.0).store(arrival(event=None, action=None, errors={"id": ["Is missing."]}))
    assert reports.last_heard(database, "tickets") == NOON


def test_the_newest_come_first_and_no_more_than_asked_for(database):
    writer = Writer(database, 1.0)
    for number in range(5):
        writer.store(arrival(received_at=NOON + number))
    assert reports.heard(database, "tickets", 3) == [NOON + 4, NOON + 3, NOON + 2]
    assert reports.heard(database, "other", 3) == []


@pytest.mark.sqlite
def test_the_index_without_hints_is_read_from_its_end_however_many_there_are(database):
    with database.read() as connection:
        sql = reports.heard_query("tickets", 10).compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert plan == ["SEARCH notification USING INDEX notification_heard (source=?)"]


def test_all_mean_the_same_action():
    assert HINT.action == HINT_ACTION == "marquee.hint"  # as the index has it


def test_silences_are_kept_as_they_are_now(database):
    keep_silences(database, {"a": NOON, "b": NOON + 1})
    keep_silences(database, {"b": NOON + 1})
    assert get_silences(database) == {"b": NOON + 1}
    keep_silences(database, {})
    assert get_silences(database) == {}


def test_a_source_that_was_heard_since_is_silent_no_more(database):
    assert reports.silent_since(database, "tickets", {"tickets": NOON}) == NOON
    writer = Writer(database, 1.0)
    writer.store(arrival())
    assert reports.silent_since(database, "tickets", {"tickets": NOON}) == NOON
    writer.store(arrival(received_at=NOON + 1))
    assert reports.silent_since(database, "tickets", {"tickets": NOON}) is None
