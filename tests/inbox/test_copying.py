"""A copy of the inbox, and an older one that was put back."""

import stat
import time
from threading import Event, Thread

import pytest
from inboxes import NOON, arrival, outcomes, queue
from sqlalchemy import select

from handlers.inbox import copying, reconciliations, tables
from handlers.inbox.database import Database
from handlers.inbox.queue import Attempt, Link, Outcome, Settlement
from handlers.inbox.schema import is_current
from handlers.inbox.writer import Writer

ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")


def confirm(database, **fields):
    """One event, linked and confirmed; the inbox."""
    inbox = queue(database, 0.0)
    Writer(database, 0.0).store(arrival("ev-1"))
    (taken,) = inbox.take(NOON + 10**9, 10, ())
    inbox.doubt({taken.id: Link("101", "hubspot")}, {taken.id: set(fields)})
    notes = [Outcome(note.id, NOON, "sent") for note in inbox.pending_of([taken.id])[taken.id]]
    inbox.settle([Settlement(taken, notes, confirmed=fields)], NOON, ATTEMPT)
    return inbox


def confirmed(database):
    return [dict(row.confirmed) for row in database.rows(select(tables.link.c.confirmed))]


@pytest.mark.sqlite
def test_a_copy_made_while_others_write_is_whole_and_opens_as_an_inbox(database, tmp_path):
    writer, end = Writer(database, 0.0), Event()
    for number in range(200):
        writer.store(arrival(f"ev-{number}"))

    def go_on():
        while not end.is_set():
            writer.store(arrival("ev-late"))

    door = Thread(target=go_on)
    door.start()
    size = copying.copy(database, tmp_path / "copy.db")
    end.set()
    door.join(10)
    opened = Database(f"sqlite:///{tmp_path}/copy.db")
    assert is_current(opened)
    assert len(outcomes(opened)) >= 200
    assert size > 0
    Writer(opened, 0.0).store(arrival())
    opened.close()


@pytest.mark.sqlite
def test_only_its_owner_may_read_a_copy(database, tmp_path):
    copying.copy(database, tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


@pytest.mark.sqlite
def test_a_copy_overwrites_nothing(database, tmp_path):
    (tmp_path / "copy.db").write_text("the last good one")
    with pytest.raises(FileExistsError):
        copying.copy(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "the last good one"


@pytest.mark.sqlite
def test_a_copy_to_where_there_is_no_folder_leaves_nothing(database, tmp_path):
    with pytest.raises(FileNotFoundError):
        copying.copy(database, tmp_path / "nowhere" / "copy.db")


def test_what_an_older_copy_calls_confirmed_is_forgotten_and_nothing_is_sent_for_it(database):
    inbox = confirm(database, eventName="as it was")
    assert copying.doubt_all(database) == 1
    assert confirmed(database) == [{}]
    assert inbox.take(NOON + 10**9, 10, ()) == []


def test_all_lists_are_compared_next_from_their_beginning(database):
    reconciliations.schedule(database, {"tickets": time.time() + 10_000})
    begun = reconciliations.claim(database, "tickets", "one", NOON)
    reconciliations.save(database, reconciliations.Run("tickets", begun.begun_at, "page-7", pages=7), "one", {})
    copying.doubt_all(database)
    row = reconciliations.rows(database)["tickets"]
    assert (row.next_at, row.begun_at, row.following, row.pages) == (0.0, None, None, 0)


def test_what_waits_is_told_of_the_sources_asked_for_only(database):
    writer = Writer(database, 0.0)
    writer.store(arrival("ev-1"))
    assert copying.waiting(database, {"other"}) == {}
    assert copying.waiting(database, {"tickets"}) == {"tickets": ["ev-1"]}
