"""What is purged is gone for good: from every table, and from the bytes of the file."""

from pathlib import Path

import pytest
from sqlalchemy import select
from working import Bench

from handlers.alerting.changes import Changes
from handlers.inbox import tables
from handlers.inbox.audit import Operator
from handlers.inbox.browsing import events
from handlers.inbox.counts import Counts
from handlers.operating.erasing import erase_event, erase_notification

BY = Operator("ada", "operate", "command")
PERSON = "grace.hopper@example.org"


@pytest.fixture
def bench(database):
    made = Bench(database)
    made.account.hold("ev-1", "101")
    return made


def hear(bench, version, **more):
    told = {"id": "ev-1", "version": version, "eventName": f"A talk by {PERSON}, {version}", "attendee": PERSON, **more}
    return int(bench.hear(told))


def erase(database):
    return list(erase_event(database, events.number_of(database, "own", "ev-1"), ("own", "ev-1"), BY))


def rows_that_name(database, words):
    """Which tables have them anywhere."""
    return {
        table.name
        for table in tables.metadata.sorted_tables
        for row in database.rows(select(table))
        if words in repr(row)
    }


def files_that_hold(database, words):
    file = Path(database.engine.url.database)
    beside = [file, *file.parent.glob(file.name + "-*")]
    return {one.name for one in beside if words.encode() in one.read_bytes()}


def test_no_table_names_a_person_of_an_event_that_was_purged(bench, database):
    hear(bench, 1)
    bench.work()
    bench.account.poison.add("101")
    hear(bench, 2, eventDescription=f"Ask {PERSON}")
    bench.work()
    hear(bench, "no version", startDateTime=PERSON)
    Changes(database, {}, Counts(database).now)([])
    assert {"state", "body", "input"} <= rows_that_name(database, PERSON)
    erase(database)
    assert rows_that_name(database, PERSON) == set()


def test_of_a_notification_that_was_purged_its_event_alone_tells(bench, database):
    number = hear(bench, 1)
    bench.work()
    erase_notification(database, number, BY)
    assert rows_that_name(database, PERSON) <= {"state", "link", "input"}


@pytest.mark.sqlite
@pytest.mark.parametrize("size", [10, 3_000, 200_000], ids=["in a page", "most of a page", "many pages"])
def test_no_byte_of_an_event_that_was_purged_is_left_in_the_files(bench, database, size):
    hear(bench, 1, about="x" * size, eventDescription=f"Ask {PERSON}")
    bench.work()
    for version in range(2, 12):
        hear(bench, version, about="x" * size)
        bench.work()
    assert files_that_hold(database, PERSON)
    erase(database)
    assert files_that_hold(database, PERSON) == set()


@pytest.mark.sqlite
def test_no_byte_of_a_notification_that_was_purged_is_left_in_the_files(bench, database):
    number = int(bench.hear({"id": "ev-1", "attendee": PERSON * 1000}))
    bench.work()
    assert files_that_hold(database, PERSON)
    erase_notification(database, number, BY)
    assert files_that_hold(database, PERSON) == set()
