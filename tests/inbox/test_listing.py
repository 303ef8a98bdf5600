"""A list shows what it should, and nothing of what it leaves out is read for it."""

import itertools
import re

import pytest
from inboxes import NOON
from sqlalchemy import event, func, insert, select

from handlers.inbox import tables
from handlers.inbox.listing import OUTCOMES, Range, count, numbers
from handlers.inbox.strides import first_since, values_of
from schemas.operator import NotificationsQuery

SOURCES, EVENTS, REASONS = ("a", "b", "c"), ("x", "y"), (None, "invalid", "not_published")
COUNT = 300


def rows():
    """Every mixture of source, event, outcome and reason, over and over, a second apart; numbers have gaps."""
    mixtures = itertools.cycle(itertools.product(SOURCES, EVENTS, OUTCOMES, REASONS))
    for number, (source, name, outcome, reason) in zip(range(1, COUNT + 1), mixtures, strict=False):
        yield {
            "id": 3 * number,
            "source": source,
            "event_id": 1 + SOURCES.index(source) * len(EVENTS) + EVENTS.index(name),
            "received_at": NOON + number,
            "outcome": outcome,
            "reason": reason,
        }


@pytest.fixture
def filled(database):
    events = [
        {"id": 1 + number, "source": source, "external_id": name, "changes": 0}
        for number, (source, name) in enumerate(itertools.product(SOURCES, EVENTS))
    ]
    with database.write() as connection:
        connection.execute(insert(tables.event), events)
        connection.execute(insert(tables.notification), list(rows()))
    return database


def expected(wanted):
    names = list(itertools.product(SOURCES, EVENTS))
    return [
        row["id"]
        for row in reversed(list(rows()))
        if wanted.source in (None, row["source"])
        and wanted.event in (None, names[row["event_id"] - 1][1])
        and wanted.outcome in (None, row["outcome"])
        and wanted.reason in (None, row["reason"])
        and (wanted.since is None or row["received_at"] >= wanted.since)
        and (wanted.until is None or row["received_at"] < wanted.until)
        and (wanted.before is None or row["id"] < wanted.before)
    ]


def test_every_mixture_of_filters_shows_the_newest_that_pass_them_all(filled):
    choices = {
        "source": (None, "b", "none"),
        "event": (None, "y", "none"),
        "outcome": (None, "pending", "dead"),
        "reason": (None, "invalid"),
        "since": (None, NOON + 100),
        "until": (None, NOON + 200),
        "before": (None, 500),
    }
    for values in itertools.product(*choices.values()):
        wanted = Range(**dict(zip(choices, values, strict=True)))
        assert numbers(filled, wanted, 20) == expected(wanted)[:20], wanted


@pytest.mark.parametrize("wanted", [Range(), Range(source="b", since=NOON + 50), Range(reason="invalid", event="x")])
def test_as_many_are_counted_as_are_listed(filled, wanted):
    assert count(filled, wanted) == len(expected(wanted))
    assert count(filled, wanted, ("dead",)) == len([n for n in expected(wanted) if n in numbers_dead(filled)])


def numbers_dead(database):
    return set(numbers(database, Range(outcome="dead"), COUNT))


def test_pages_of_a_list_together_are_the_list(filled):
    wanted, shown = Range(outcome="sent"), []
    while page := numbers(filled, Range(outcome="sent", before=shown[-1] if shown else None), 7):
        shown += page
    assert shown == expected(wanted)


def test_more_sources_than_one_statement_takes_are_all_shown(database):
    many = [
        {"id": number, "source": f"s-{number % 130}", "received_at": NOON, "outcome": "sent"}
        for number in range(1, 500)
    ]
    with database.write() as connection:
        connection.execute(insert(tables.notification), many)
    assert numbers(database, Range(outcome="sent"), 200) == list(range(499, 299, -1))


def test_an_empty_inbox_lists_nothing(database):
    for wanted in (Range(), Range(source="a", since=NOON), Range(event="x", until=NOON), Range(outcome="dead")):
        assert (numbers(database, wanted, 10), count(database, wanted)) == ([], 0)


def test_no_word_that_is_no_outcome_comes_into_a_statement(filled):
    with pytest.raises(ValueError, match="no outcome"):
        numbers(filled, Range(event="x", outcome="' OR 1=1"), 10)


def test_every_outcome_that_can_be_asked_for_is_listed():
    (asked,) = NotificationsQuery().fields["outcome"].validators
    assert set(asked.choices) == set(OUTCOMES)


@pytest.mark.parametrize("moment", [0, 1, 2, 150, COUNT - 1, COUNT, COUNT + 1])
def test_the_first_number_since_a_time_is_found_by_halving(filled, moment):
    later = select(func.min(tables.notification.c.id)).where(tables.notification.c.received_at >= NOON + moment)
    ((wanted,),) = filled.rows(later)
    found = first_since(filled, NOON + moment)
    assert max(n for n in (0, *range(3, 3 * COUNT + 1, 3)) if n < found) + 3 == (wanted or 3 * COUNT + 3)


def test_the_values_of_a_column_are_each_found_once(filled, database):
    assert values_of(filled, tables.event.c.source) == list(SOURCES)


def test_an_empty_table_has_no_values(database):
    assert values_of(database, tables.event.c.source) == []


def steps_of(database, work):
    told = []

    def look(connection, cursor, statement, parameters, context, executemany):
        told.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", look)
    work()
    event.remove(database.engine, "before_cursor_execute", look)
    with database.read() as connection:
        return [
            step[3]
            for statement, parameters in told
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("wanted", "stretch"),
    [
        (Range(), r"INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)"),
        (Range(source="a", outcome="sent"), r"notification_listed \(source=\? AND outcome=\? AND id>\? AND id<\?\)"),
        (Range(outcome="sent", since=NOON), r"notification_listed \(source=\? AND outcome=\? AND id>\? AND id<\?\)"),
        (Range(outcome="dead", reason="invalid"), r"notification_died \(source=\? AND reason=\? AND id>\? AND id<\?\)"),
        (Range(event="x"), r"notification_event \(event_id=\? AND id>\? AND id<\?\)"),
        (Range(event="x"), r"event_identity \(source=\? AND external_id=\?\)"),
    ],
)
def test_only_a_stretch_of_an_index_is_read(filled, wanted, stretch):
    steps = steps_of(filled, lambda: numbers(filled, wanted, 20))
    assert re.search(stretch, "\n".join(steps))
    assert [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN notification")] == []
