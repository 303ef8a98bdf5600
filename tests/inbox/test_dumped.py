"""A PostgreSQL inbox that is dumped and put back, as README.md says: whole, and good to go on with."""

import subprocess

import pytest
from inboxes import arrival, outcomes
from postgres import binaries
from sqlalchemy import select

from handlers.inbox import copying, tables
from handlers.inbox.database import Database
from handlers.inbox.schema import is_current, migrate
from handlers.inbox.writer import Writer

pytestmark = pytest.mark.postgresql


@pytest.fixture
def dumped(postgres):
    """The URL of a database of its own."""
    postgres.execute("CREATE DATABASE dumped")
    yield postgres.url("dumped")
    postgres.execute("DROP DATABASE dumped WITH (FORCE)")


def client(program, postgres, *words):
    place = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "marquee", "-d", "dumped"]
    subprocess.run([binaries()[0] / program, *place, *words], check=True, capture_output=True, timeout=60)


def hear(url, *events):
    opened = Database(url)
    migrate(opened)
    numbers = [int(Writer(opened, 0.0).store(arrival(event)).notification) for event in events]
    opened.close()
    return numbers


def test_a_dump_that_is_put_back_is_what_it_was_and_numbers_go_on_after_it(postgres, dumped, tmp_path):
    kept = hear(dumped, "ev-1", "ev-2")
    client("pg_dump", postgres, "--format=custom", "--file", tmp_path / "yesterday")
    lost = hear(dumped, "ev-3")
    client("pg_restore", postgres, "--clean", tmp_path / "yesterday")
    opened = Database(dumped)
    assert is_current(opened)
    assert [number for (number,) in opened.rows(select(tables.notification.c.id).order_by("id"))] == kept
    assert len(outcomes(opened)) == 2
    copying.doubt_all(opened)
    opened.close()
    assert hear(dumped, "ev-3") == lost


def test_a_dump_is_put_back_where_nothing_is_any_more(postgres, dumped, tmp_path):
    hear(dumped, "ev-1")
    client("pg_dump", postgres, "--format=custom", "--file", tmp_path / "yesterday")
    postgres.execute("DROP DATABASE dumped WITH (FORCE)")
    postgres.execute("CREATE DATABASE dumped")
    client("pg_restore", postgres, "--clean", "--if-exists", tmp_path / "yesterday")
    assert hear(dumped, "ev-2") == [2]
