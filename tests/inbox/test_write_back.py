"""SQLite's log goes back into the file beside those who write."""

import threading
import time

import pytest
from inboxes import arrival, running_threads
from structlog.testing import capture_logs

from handlers.inbox.database import Database
from handlers.inbox.locks import WriteLock
from handlers.inbox.sqlite import newest_sqlite
from handlers.inbox.write_back import SOON_SECONDS, WriteBack
from handlers.inbox.writer import Writer

NOOP = "PRAGMA wal_checkpoint(NOOP)"
TIMES_ANEW = slice(12, 16)  # the log's checkpoint sequence number: https://sqlite.org/fileformat2.html#walformat
PATIENCE = 20.0


class Site:
    """A file, those who write it, and what brings its log back at once."""

    def __init__(self, folder):
        self.file = folder / "marquee.db"
        self.connection = self.connect()
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE note (words TEXT)")
        self.lock = Watched(folder / "lock", self.connection)
        self.write_back = self.opened()

    def connect(self):
        connection = newest_sqlite().connect(self.file, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        return connection

    def opened(self, *, is_sound=True):
        return WriteBack(newest_sqlite(), self.file, self.lock, seconds=0.0, is_sound=is_sound)

    def write(self, times=1):
        for _ in range(times):
            with self.lock:
                self.connection.execute("INSERT INTO note VALUES (?)", ("w" * 10_000,))
                self.write_back.soon()

    def kept_in_the_log(self):
        _, written, brought_back = self.connection.execute(NOOP).fetchone()
        return written - brought_back

    def times_anew(self):
        return int.from_bytes(self.file.with_name("marquee.db-wal").read_bytes()[TIMES_ANEW])

    def close(self):
        self.write_back.close()
        self.connection.close()
        self.lock.close()


class Watched(WriteLock):
    """Notes how much of the log was not brought back yet, whenever another thread than the first takes it."""

    def __init__(self, path, connection):
        super().__init__(path, patience=PATIENCE)
        self._connection, self._first, self.left = connection, threading.get_ident(), []

    def __enter__(self):
        super().__enter__()
        if threading.get_ident() != self._first:
            _, written, brought_back = self._connection.execute(NOOP).fetchone()
            self.left.append(written - brought_back)


@pytest.fixture
def site(tmp_path):
    opened = Site(tmp_path)
    yield opened
    opened.close()


def wait_until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_what_was_written_is_soon_in_the_file(site):
    site.write(20)
    wait_until(lambda: site.kept_in_the_log() == 0)


def test_the_log_begins_anew_though_somebody_writes_all_the_time(site):
    before, end = site.times_anew(), time.monotonic() + PATIENCE
    while site.times_anew() < before + 3:
        assert time.monotonic() < end
        site.write()


def test_nobody_is_held_up_while_what_was_written_before_is_copied(site):
    with site.lock:
        site.connection.executemany("INSERT INTO note VALUES (?)", [("w" * 10_000,)] * 50)
        assert site.kept_in_the_log() > 100
        site.write_back.soon()
    wait_until(lambda: site.lock.left)
    assert site.lock.left == [0]


def test_a_reader_neither_waits_nor_is_waited_for(site):
    site.write()
    reader = site.connect()
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM note").fetchone() == (1,)
    site.write()
    wait_until(lambda: site.lock.left)
    assert reader.execute("SELECT count(*) FROM note").fetchone() == (1,)
    reader.execute("COMMIT")
    site.write()
    wait_until(lambda: site.kept_in_the_log() == 0)
    reader.close()


def test_a_failure_is_told_and_the_next_time_is_tried_anew(site):
    aside = site.file.with_name("aside.db")
    site.file.rename(aside)
    with capture_logs() as logged:
        site.write()
        wait_until(lambda: logged)
    assert [(one["log_level"], one["action"]) for one in logged] == [("warning", "inbox.not_written_back")]
    assert logged[0]["detail"]
    aside.rename(site.file)
    site.write()
    wait_until(lambda: site.kept_in_the_log() == 0)


def test_an_sqlite_that_does_not_bear_it_is_left_alone(site):
    site.write_back.close()
    site.write_back = site.opened(is_sound=False)
    before = running_threads()
    site.write()
    assert running_threads() <= before
    assert site.kept_in_the_log() > 0


def test_an_inbox_that_is_closed_leaves_no_thread(tmp_path):
    before = running_threads()
    database = Database(f"sqlite:///{tmp_path}/marquee.db")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE note (words TEXT)")
    assert len(running_threads() - before) == 1
    database.close()
    assert running_threads() <= before


@pytest.mark.sqlite
def test_what_is_stored_is_in_the_file_before_anybody_has_to_pay_for_it(database):
    Writer(database, 1.0).store(arrival())

    def is_all_in_the_file():
        with database.read() as connection:
            _, written, brought_back = connection.connection.cursor().execute(NOOP).fetchone()
            return written == brought_back

    assert not is_all_in_the_file()
    time.sleep(SOON_SECONDS)
    wait_until(is_all_in_the_file)
