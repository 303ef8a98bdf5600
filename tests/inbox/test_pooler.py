"""Through pgbouncer in transaction mode, which gives every transaction to whichever session is free."""

import os
import shutil
import subprocess
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from inboxes import NOON, arrival, outcomes, purge_all, queue
from postgres import _free_port

from handlers.inbox import online
from handlers.inbox.database import Database
from handlers.inbox.links import link
from handlers.inbox.queue import Attempt, Link, Outcome, Settlement
from handlers.inbox.schema import is_current, migrate
from handlers.inbox.tables import metadata
from handlers.inbox.writer import Writer

pytestmark = pytest.mark.postgresql
POOLED = 3
ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")
SETTINGS = """
[databases]
* = host=127.0.0.1 port={server} user=marquee
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 100
logfile = {folder}/pgbouncer.log
{user}
"""


class Pooler:
    """A pgbouncer before a server."""

    def __init__(self, server, folder):
        self.server, self.folder, self.port = server, folder, _free_port()

    def start(self):
        self.folder.chmod(0o777)
        user = "user = nobody" if os.getuid() == 0 else ""
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(
            SETTINGS.format(server=self.server.port, port=self.port, folder=self.folder, user=user, sessions=POOLED)
        )
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        self.process = subprocess.Popen([program, settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "pgbouncer.log").read_text()
            time.sleep(0.05)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def url(self):
        return f"postgresql+psycopg://marquee@127.0.0.1:{self.port}/pooled"

    def _answers(self):
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="marquee", dbname="pooled").close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="module")
def pooler(postgres):
    if not shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") and "REQUIRE_ALL" not in os.environ:
        pytest.skip("no pgbouncer on this machine")
    postgres.execute("CREATE DATABASE pooled")
    running = Pooler(postgres, Path(tempfile.mkdtemp(prefix="marquee-pooler-")))
    try:
        yield running.start()
    finally:
        running.stop()
        shutil.rmtree(running.folder)
    postgres.execute("DROP DATABASE pooled WITH (FORCE)")


@pytest.fixture
def pooled(pooler):
    opened = Database(pooler.url())
    migrate(opened)
    yield opened
    opened.close()
    pooler.server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "pooled")


def test_from_the_door_to_the_settlement_and_out_again(pooled):
    writer, inbox = Writer(pooled, 0.0), queue(pooled, 0.0)
    for number in range(20):  # more often than a driver waits before it prepares a statement
        writer.store(arrival(f"ev-{number % 3}", delivery_id=f"d-{number}", received_at=NOON))
    assert writer.store(arrival("ev-0", delivery_id="d-0")).duplicate
    link(pooled, "tickets", "ev-1", "101", NOON)
    for _ in range(10):
        taken = inbox.take(NOON + 1, 10, ())
        waiting = inbox.pending_of([one.id for one in taken])
        new = {one.id: Link(one.external_id, "hubspot") for one in taken if one.link is None}
        assert inbox.doubt(new, {one.id: {"eventName"} for one in taken}) == set()
        settled = [
            Settlement(one, [Outcome(note.id, NOON, "sent") for note in waiting[one.id]], confirmed={"eventName": "A"})
            for one in taken
        ]
        inbox.settle(settled, NOON + 2, ATTEMPT)
        assert inbox.lease.hold()
        writer.store(arrival("ev-2"))
    assert [outcome for outcome, _ in outcomes(pooled)].count("sent") == 29
    purge_all(pooled, NOON + 3)
    assert "sent" not in [outcome for outcome, _ in outcomes(pooled)]
    inbox.lease.release()


def test_nothing_that_was_set_stays_with_a_session(pooled, pooler):
    Writer(pooled, 0.0).store(arrival())
    with psycopg.connect(host="127.0.0.1", port=pooler.port, user="marquee", dbname="pooled") as other:
        for name, value in (("lock_timeout", "0"), ("statement_timeout", "0")):
            assert other.execute(f"SHOW {name}").fetchone() == (value,)
        assert other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_a_pooler_that_was_started_anew_costs_nobody_a_refusal(pooled, pooler):
    writer = Writer(pooled, 0.0)
    with pooled.read(), pooled.read():
        writer.store(arrival())
    pooler.stop()
    pooler.start()
    assert writer.store(arrival()).notification
    assert queue(pooled).take(NOON + 1, 10, ())


def test_those_that_wait_for_the_one_that_migrates_take_none_of_the_few_sessions_it_needs(pooled, pooler):
    (missing,) = [index for index in metadata.tables["notification"].indexes if index.name == "notification_attempt"]
    pooler.server.execute("DROP INDEX notification_attempt", "pooled")
    waiting = [Thread(target=_migrate, args=(pooler.url(),)) for _ in range(POOLED)]
    with pooled.write_alone():
        for thread in waiting:
            thread.start()
        time.sleep(1)
        began = time.monotonic()
        online._build(pooled, missing)
        assert time.monotonic() - began < 5
    for thread in waiting:
        thread.join(20)
    assert not any(thread.is_alive() for thread in waiting)


def _migrate(url):
    opened = Database(url)
    migrate(opened)
    opened.close()


def test_processes_that_start_together_behind_it_migrate_one_after_the_other(pooler):
    fresh = get_context("spawn")
    processes = [fresh.Process(target=_migrate, args=(pooler.url(),)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    opened = Database(pooler.url())
    assert is_current(opened)
    opened.close()
    pooler.server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "pooled")
