"""The schema comes to be by its migrations, and a newer one is not touched."""

from multiprocessing import get_context

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from handlers.errors import FaultySettings
from handlers.inbox.database import Database
from handlers.inbox.schema import is_current, migrate
from handlers.inbox.tables import metadata


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


def _migrate(path):
    migrate(Database(f"sqlite:///{path}"))


def test_processes_that_start_together_migrate_one_after_the_other(tmp_path):
    fresh = get_context("spawn")
    processes = [fresh.Process(target=_migrate, args=(tmp_path / "marquee.db",)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
