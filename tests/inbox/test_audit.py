"""Who did what is written down with it or not at all, and nobody's data with it."""

import pytest

from handlers.inbox import tables
from handlers.inbox.audit import About, Operator, Wanted, entries, purge_audit, record, record_alone

ADA = Operator("ada", "operate", "page")
GRACE = Operator("grace", "read", "api")


def fill(database):
    record_alone(database, ADA, "pause", About("sending"))
    record_alone(database, GRACE, "link", About("event", "tickets/ev-1"), {"object_id": "7", "revived": 2})
    record_alone(database, ADA, "link", About("event", "tickets/ev-2"))


def told(database, limit=10, **wanted):
    return [(entry.operator, entry.action, entry.name) for entry in entries(database, Wanted(**wanted), limit)]


def test_an_entry_tells_who_did_what_to_what_and_when(database):
    record_alone(database, ADA, "link", About("event", "tickets/ev-1"), {"object_id": "7", "dry": False, "none": None})
    (entry,) = entries(database, Wanted(), 10)
    assert (entry.operator, entry.role, entry.via) == ("ada", "operate", "page")
    assert (entry.action, entry.kind, entry.name) == ("link", "event", "tickets/ev-1")
    assert entry.detail == {"object_id": "7", "dry": False, "none": None}
    assert entry.at > 1_700_000_000


def test_the_newest_comes_first_in_pages_that_new_ones_do_not_shift(database):
    fill(database)
    first = entries(database, Wanted(), 2)
    fill(database)
    rest = entries(database, Wanted(before=first[-1].id), 10)
    assert [entry.action for entry in first + rest] == ["link", "link", "pause"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"action": "link"}, ["tickets/ev-2", "tickets/ev-1"]),
        ({"operator": "grace"}, ["tickets/ev-1"]),
        ({"kind": "event", "name": "tickets/ev-2"}, ["tickets/ev-2"]),
        ({"kind": "source"}, []),
        ({"operator": "ada' OR 1=1 --"}, []),
    ],
)
def test_entries_are_found_by_what_they_tell(database, wanted, names):
    fill(database)
    assert [name for _, _, name in told(database, **wanted)] == names


def test_what_is_not_done_is_not_written_down(database):
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        _ = record(connection, ADA, "pause", About("sending")) or 1 / 0
    assert told(database) == []


@pytest.mark.parametrize("value", [{"name": "Ada"}, ["a"], b"body", object()])
def test_what_is_not_flat_is_somebodys_data_and_refused(database, value):
    with pytest.raises(TypeError):
        record_alone(database, ADA, "link", About("event", "e"), {"fields": value})
    assert told(database) == []


def test_long_texts_are_cut(database):
    record_alone(
        database, Operator("n" * 500, "read", "page"), "link", About("filter", "x" * 5000), {"reason": "r" * 5000}
    )
    (entry,) = entries(database, Wanted(), 10)
    assert (len(entry.operator), len(entry.name), len(entry.detail["reason"])) == (128, 512, 200)


def test_old_entries_leave_and_young_ones_stay(database):
    fill(database)
    with database.write() as connection:
        connection.execute(tables.audit.update().where(tables.audit.c.action == "pause").values(at=1000.0))
    assert purge_audit(database, 2000.0) == 1
    assert purge_audit(database, 2000.0) == 0
    assert [action for _, action, _ in told(database)] == ["link", "link"]


def test_only_who_operates_may_operate():
    assert (ADA.may_operate, GRACE.may_operate) == (True, False)
