"""`flask backup`, `flask restored` and `flask purge`, as somebody types them."""

import time

import pytest
from fresh import fresh_file
from sqlalchemy import func, select

from app import create_app
from handlers.configuration import configure
from handlers.inbox import audit, tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.database import Database
from handlers.inbox.known import HINT_ACTION
from handlers.inbox.writer import Writer
from handlers.platforms import discover

SOURCES = """
[sources.load]
platform = "generic"
signature = "token"
secrets = ["only-for-this-test"]
account_id = "acme"

[sources.box-office]
platform = "pretix"
api_url = "https://pretix.example"
api_token = "only-for-this-test"
secrets = ["only-for-this-test"]
organizers = ["acme"]
"""


class Operator:
    """Types commands on an inbox of its own."""

    def __init__(self, app):
        self._runner = app.test_cli_runner()
        self.marquee = app.extensions["marquee"]
        self.database = self.marquee.database
        self._writer = Writer(self.database, 0.0)

    def type(self, *words, **given):
        return self._runner.invoke(args=[str(word) for word in words], **given)

    def hear(self, source="load", event="ev-1"):
        arrival = Arrival(source, b'{"id": "ev-1"}', time.time(), "changed", event)
        return self._writer.store(arrival).notification

    def count(self, table, *conditions):
        return self.database.rows(select(func.count()).select_from(table).where(*conditions))[0][0]


@pytest.fixture
def operator(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", fresh_file(tmp_path))
    yield from started(tmp_path, monkeypatch)


@pytest.fixture
def on_postgresql(tmp_path, monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)
    yield from started(tmp_path, monkeypatch)


def started(tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "sandbox")
    made = Operator(create_app(configure(discover())))
    yield made
    made.marquee.stop()


def test_a_backup_is_a_whole_inbox(operator, tmp_path):
    operator.hear()
    done = operator.type("backup", tmp_path / "copy.db")
    assert (done.exit_code, "keep it as safe as the inbox" in done.output) == (0, True)
    copy = Database(f"sqlite:///{tmp_path}/copy.db")
    assert copy.rows(select(tables.body.c.content)) == [(b'{"id": "ev-1"}',)]
    copy.close()


def test_a_backup_that_is_there_already_is_exit_status_1_and_stays(operator, tmp_path):
    (tmp_path / "copy.db").write_text("the last good one")
    done = operator.type("backup", tmp_path / "copy.db")
    assert (done.exit_code, "File exists" in done.output) == (1, True)
    assert (tmp_path / "copy.db").read_text() == "the last good one"


@pytest.mark.postgresql
def test_on_postgresql_a_backup_is_wrong_usage_and_told_what_to_use(on_postgresql, tmp_path):
    done = on_postgresql.type("backup", tmp_path / "copy.db")
    assert (done.exit_code, "pg_dump --format=custom" in done.output) == (2, True)
    assert not (tmp_path / "copy.db").exists()


def test_after_a_copy_was_put_back_what_waits_in_it_is_looked_up_before_it_is_sent(operator):
    operator.hear("box-office", "acme:concert")
    operator.hear("load", "ev-1")
    done = operator.type("restored")
    assert (done.exit_code, "1 that waited are looked up first" in done.output) == (0, True)
    hinted = operator.database.rows(
        select(tables.notification.c.source).where(tables.notification.c.action == HINT_ACTION)
    )
    assert hinted == [("box-office",)]  # an own system cannot be asked


def test_an_event_is_purged_once_that_is_confirmed_and_it_is_written_down(operator):
    operator.hear()
    assert operator.type("purge", "--event", "load", "ev-1", input="n\n").exit_code == 1
    assert operator.count(tables.body) == 1
    assert operator.type("purge", "--event", "load", "ev-1", input="y\n").exit_code == 0
    assert operator.count(tables.body) == operator.count(tables.event) == 0
    (entry,) = audit.entries(operator.database, audit.Wanted(action="purge"), 9)
    assert (entry.via, entry.kind, entry.name) == ("command", "event", "load/ev-1")


def test_a_notification_is_purged_with_its_body_and_others_stay(operator):
    number, other = operator.hear(), operator.hear(event="ev-2")
    assert operator.type("purge", "--notification", number, "--yes").exit_code == 0
    assert operator.database.rows(select(tables.body.c.notification_id)) == [(int(other),)]
    assert operator.count(tables.notification, tables.notification.c.id == int(number)) == 0
