"""Brings the database's schema up to date, or says why it must not be touched."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from handlers.errors import FaultySettings
from handlers.inbox.database import Database
from handlers.inbox.online import build

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Run what is missing, one process at a time. Raises `FaultySettings` where the schema is newer than this code."""
    if not is_current(database):
        _upgrade(database)
    if database.dialect == "postgresql":
        build(database)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this code was written for."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == _head(_config())


def is_usable(database: Database) -> bool:
    """Whether the schema is this code's, or a newer one: the next version only adds, while this one runs beside it still."""
    config = _config()
    with database.read() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision is not None and (revision == _head(config) or not _is_known(config, revision))


def _upgrade(database: Database) -> None:
    config = _config()
    with database.write_alone() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == _head(config):
            return
        _refuse_newer(config, current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _head(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def _is_known(config: Config, revision: str) -> bool:
    try:
        ScriptDirectory.from_config(config).get_revision(revision)
    except CommandError:
        return False
    return True


def _refuse_newer(config: Config, current: str | None) -> None:
    if current and not _is_known(config, current):
        raise FaultySettings(
            [
                f"DATABASE_URL: its schema ({current}) is newer than this version of Marquee: update Marquee, or restore a backup."
            ]
        )
