"""What is forgotten is gone from every table, whatever a worker does meanwhile."""

import pytest
from sqlalchemy import func, select
from working import Bench

from handlers.inbox import audit, tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.audit import Operator
from handlers.inbox.browsing import events
from handlers.inbox.erasing import STEP
from handlers.operating.erasing import erase_event, erase_notification

BY = Operator("ada", "operate", "command")
OF_EVENTS = (
    *(tables.event, tables.notification, tables.body, tables.trace, tables.state, tables.link, tables.told),
    tables.listed,
)


@pytest.fixture
def bench(database):
    made = Bench(database)
    made.account.hold("ev-1", "101")
    made.account.hold("ev-2", "102")
    return made


def hear(bench, event="ev-1", version=1, name="A"):
    return int(bench.hear({"id": event, "version": version, "eventName": name}))


def counts(database):
    return {table.name: database.rows(select(func.count()).select_from(table))[0][0] for table in OF_EVENTS}


def erase(database, event="ev-1"):
    return list(erase_event(database, events.number_of(database, "own", event), ("own", event), BY))


def test_an_event_is_forgotten_with_all_that_was_told_of_it(bench, database):
    hear(bench)
    bench.work()
    hear(bench, version=2, name="B")
    assert counts(database)["input"] == 1
    erase(database)
    assert set(counts(database).values()) == {0}


def test_others_are_left_as_they_are(bench, database):
    hear(bench, "ev-2")
    bench.work()
    before = counts(database)
    hear(bench)
    bench.work()
    erase(database)
    assert counts(database) == before


def test_that_it_was_forgotten_is_written_down(bench, database):
    hear(bench)
    bench.work()
    erase(database)
    (entry,) = audit.entries(database, audit.Wanted(action="purge"), 9)
    assert (entry.operator, entry.kind, entry.name, entry.detail) == ("ada", "event", "own/ev-1", {"notifications": 1})


def test_an_event_of_many_notifications_is_forgotten_in_steps(bench, database):
    many = [Arrival("own", b"{}", 1.0, "changed", "ev-1", None) for _ in range(STEP + 1)]
    bench.writer.store_all(many)
    with database.write() as connection:
        connection.execute(tables.notification.update().values(outcome="unchanged", settled_at=1.0))
    assert erase(database) == [STEP, STEP + 1]
    assert set(counts(database).values()) == {0}


def test_one_that_comes_again_is_a_new_event(bench, database):
    hear(bench)
    bench.work()
    erase(database)
    hear(bench, version=1, name="C")
    bench.work()
    assert bench.account.events["101"]["eventName"] == "C"


def test_a_notification_is_forgotten_with_its_body(bench, database):
    number = hear(bench)
    other = hear(bench, "ev-2")
    erase_notification(database, number, BY)
    left = database.rows(select(tables.body.c.notification_id))
    assert [number for (number,) in left] == [other]
    assert audit.entries(database, audit.Wanted(kind="notification", name=str(number)), 9)


def test_an_event_that_lost_its_last_notification_holds_up_nothing(bench, database):
    erase_notification(database, hear(bench), BY)
    hear(bench, "ev-2")
    bench.work()
    assert bench.account.events["102"]["eventName"] == "A"
    assert events.get(database, "own", "ev-1").row.due_at is None


def test_an_event_that_is_forgotten_while_it_is_sent_holds_up_no_other(bench, database):
    for version, name in enumerate("AB"):
        hear(bench, "ev-1", version, name)
        hear(bench, "ev-2", version, name)
        if name == "A":
            bench.work()
            bench.account.told.clear()
    told = bench.account.batch_update

    def forget_meanwhile(entries):
        bench.account.batch_update = told
        erase(database)
        return told(entries)

    bench.account.batch_update = forget_meanwhile
    bench.work()
    assert events.get(database, "own", "ev-2").row.state == "up_to_date"
    assert events.get(database, "own", "ev-1") is None
    assert counts(database)["event"] == 1
    ((first, second),) = bench.account.told
    assert {first["objectId"], second["objectId"]} == {"101", "102"}


def test_an_event_that_is_forgotten_before_it_is_sent_is_not_linked(bench, database):
    hear(bench)
    search = bench.account.search

    def forget_meanwhile(external_id):
        bench.account.search = search
        erase(database)
        return search(external_id)

    bench.account.search = forget_meanwhile
    bench.work()
    assert set(counts(database).values()) == {0}
