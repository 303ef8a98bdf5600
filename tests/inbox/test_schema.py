"""The schema comes to be by its migrations, and a newer one is not touched."""

import time
from multiprocessing import get_context
from threading import Event, Thread

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from inboxes import arrival
from sqlalchemy import text

from handlers.errors import FaultySettings, InboxUnavailable
from handlers.inbox import online, schema
from handlers.inbox.database import Database
from handlers.inbox.schema import is_current, migrate
from handlers.inbox.tables import metadata
from handlers.inbox.writer import Writer


def test_the_migrations_make_the_tables_that_the_code_knows(database):
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_empty_file_is_not_current(tmp_path):
    opened = Database(f"sqlite:///{tmp_path}/empty.db")
    assert not is_current(opened)
    opened.close()


def test_migrating_twice_changes_nothing(database):
    migrate(database)
    assert is_current(database)


def test_a_newer_schema_is_refused_with_what_to_do(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(FaultySettings, match="newer than this version"):
        migrate(database)


def _migrate(url):
    opened = Database(url)
    migrate(opened)
    opened.close()


def test_processes_that_start_together_migrate_one_after_the_other(database, database_url):
    """All from the beginning, on both kinds."""
    if database.dialect == "postgresql":
        with database.engine.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    fresh = get_context("spawn")
    url = database_url.replace("marquee.db", "fresh.db")
    processes = [fresh.Process(target=_migrate, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    opened = Database(url)
    assert is_current(opened)
    opened.close()


def drop_index(database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql("DROP INDEX notification_attempt")


def usable(database):
    with database.read() as connection:
        return online._missing(connection) == []


@pytest.mark.postgresql
def test_whoever_stores_is_not_held_up_while_an_index_is_built(database):
    many = (
        "INSERT INTO notification (source, received_at, outcome, settled_at)"
        " SELECT 'tickets', n, 'dead', n FROM generate_series(1, 200000) n"
    )
    drop_index(database)
    with database.write() as connection:
        connection.exec_driver_sql(many)
    writer, waits, end = Writer(database, 1.0), [], Event()

    def store():
        while not end.is_set():
            began = time.monotonic()
            writer.store(arrival())
            waits.append(time.monotonic() - began)

    door = Thread(target=store)
    door.start()
    began = time.monotonic()
    migrate(database)
    took = time.monotonic() - began
    end.set()
    door.join(10)
    print(f"built in {took:.2f} s, meanwhile {len(waits)} stored, the longest wait {max(waits) * 1000:.0f} ms")
    assert usable(database)
    assert max(waits) < 1.0


@pytest.mark.postgresql
def test_an_index_whose_building_was_cut_short_is_built_anew(database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'notification_attempt'::regclass"
        )
    assert not usable(database)
    migrate(database)
    assert usable(database)


@pytest.mark.postgresql
def test_an_index_that_another_replaces_goes(database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE INDEX notification_source ON notification (source, id)")
    migrate(database)
    with database.read() as connection:
        assert online._left(connection) == []


@pytest.mark.postgresql
def test_whoever_waits_for_its_turn_does_not_hold_up_the_building(database, database_url):
    drop_index(database)
    other = Database(database_url)
    with database.write_alone() as guard:
        waiting = Thread(target=lambda: migrate(other))
        waiting.start()
        time.sleep(0.5)
        began = time.monotonic()
        (index,) = online._missing(guard)
        online._build(database, index)
        assert time.monotonic() - began < 5
    waiting.join(20)
    assert not waiting.is_alive()
    other.close()
    assert usable(database)


def _go_back_to(database, revision):
    config = schema._config()
    with database.write_alone() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.mark.postgresql
def test_a_table_that_somebody_keeps_locked_is_not_waited_for_long(database, postgres):
    _go_back_to(database, "0004")
    with psycopg.connect(host="127.0.0.1", port=postgres.port, user="marquee", dbname="postgres") as holder:
        holder.execute("LOCK TABLE state IN SHARE UPDATE EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(InboxUnavailable, match="lock timeout"):
            migrate(database)
        assert time.monotonic() - began < 10
        assert not is_current(database)
    migrate(database)
    assert is_current(database)
