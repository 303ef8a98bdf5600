"""What a PostgreSQL must be like for an acknowledgement to hold, and what is told of one that is not."""

from types import SimpleNamespace

import pytest
from postgres import Postgres, binaries

from handlers.errors import FaultySettings, InboxUnavailable
from handlers.inbox.database import Database
from handlers.inbox.soundness import _old_or_closed, faults

pytestmark = pytest.mark.skipif(not binaries(), reason="no PostgreSQL on this machine")


@pytest.fixture(scope="module")
def durable():
    server = Postgres(durable=True).start()
    yield server
    server.remove()


def told(url):
    database = Database(url)
    try:
        return list(faults(database))
    finally:
        database.close()


def test_a_server_as_it_comes_is_sound(durable):
    assert told(durable.url()) == []


def test_one_that_forgets_what_it_acknowledged_is_not(postgres):
    words = told(postgres.url())
    assert [text.partition(" ")[0] for text in words] == ["fsync", "full_page_writes", "synchronous_commit"]
    assert all("what was acknowledged may be lost" in text for text in words)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("synchronous_commit = off", "synchronous_commit is off"),
        ("synchronous_commit = local", None),
        ("default_transaction_read_only = on", "takes no writes"),
        ("search_path = nowhere", "none of the schemas in search_path exists"),
    ],
)
def test_a_setting_of_one_database_counts(durable, setting, words):
    durable.execute("CREATE DATABASE odd")
    durable.execute(f"ALTER DATABASE odd SET {setting}")
    found = told(durable.url("odd"))
    durable.execute("ALTER DATABASE odd SET default_transaction_read_only = off")
    durable.execute("DROP DATABASE odd")
    assert len(found) == (1 if words else 0)
    assert not words or words in found[0]


def test_another_encoding_is_a_fault(durable):
    durable.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    found = told(durable.url("latin"))
    durable.execute("DROP DATABASE latin")
    assert found == ["the database's encoding is LATIN1: make one with ENCODING 'UTF8'"]


def test_a_user_who_may_make_no_tables_is_told_what_to_grant(durable):
    durable.execute("CREATE ROLE guest LOGIN")
    found = told(durable.url().replace("marquee@", "guest@"))
    durable.execute("DROP ROLE guest")
    assert found == ["the user may not create tables: GRANT CREATE ON SCHEMA public"]


@pytest.mark.parametrize(("number", "old"), [(130_023, True), (140_000, False), (180_004, False)])
def test_a_server_before_14_is_too_old(number, old):
    server = SimpleNamespace(
        number=number, version="13.23", encoding="UTF8", standby=False, read_only="off", creates=True, schema="public"
    )
    assert [text.startswith("PostgreSQL 13.23 is too old: 14") for text in _old_or_closed(server)] == [True] * old


def test_sqlite_has_none_of_these_faults(tmp_path):
    assert told(f"sqlite:///{tmp_path}/marquee.db") == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://marquee:geheim@127.0.0.1:1/x",
        "postgresql+psycopg://marquee@127.0.0.1:1/x?password=geheim",
        "postgresql+psycopg://marquee:geheim@no.such.invalid/x",
        "postgresql+psycopg://marquee:geheim@127.0.0.1:1/x?sslmode=nonsense",
    ],
)
def test_a_server_that_cannot_be_reached_is_told_without_the_password(url):
    with pytest.raises(InboxUnavailable) as caught:
        told(url)
    chain, error = [], caught.value
    while error is not None:
        chain.append(f"{error!r} {error}")
        error = error.__cause__ or error.__context__
    assert "geheim" not in " ".join(chain)


def test_a_refused_password_is_not_told(postgres):
    hba = postgres.folder / "data" / "pg_hba.conf"
    before = hba.read_text()
    postgres.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
    hba.write_text("host all locked 127.0.0.1/32 scram-sha-256\n" + before)
    postgres.execute("SELECT pg_reload_conf()")
    with pytest.raises(InboxUnavailable, match="password authentication failed") as caught:
        told(postgres.url().replace("marquee@", "locked:geheim@"))
    hba.write_text(before)
    postgres.execute("SELECT pg_reload_conf()")
    postgres.execute("DROP ROLE locked")
    assert "geheim" not in repr(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://marquee:ge@heim@127.0.0.1:1/x", "%40 for each @"),
        ("postgresql+psycopg://marquee:geheim@127.0.0.1:1/x?pasword=x", 'Invalid connection option "pasword"'),
    ],
)
def test_a_url_that_says_something_else_than_was_meant_is_refused_without_the_password(url, words):
    with pytest.raises(FaultySettings) as caught:
        Database(url)
    assert words in caught.value.faults[0]
    assert "heim" not in caught.value.faults[0]
