"""While the next version is rolled out, this one goes on beside it, on a schema that is a version ahead."""

import re
from pathlib import Path

import pytest
from flask import Flask
from inboxes import NOON, arrival, outcomes, queue
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from handlers.errors import FaultySettings
from handlers.inbox import schema
from handlers.inbox.queue import Attempt, Link, Outcome, Settlement
from handlers.inbox.schema import is_usable, migrate
from handlers.inbox.tables import metadata
from handlers.inbox.writer import Writer
from handlers.operating import health

ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")
TAKES_AWAY = re.compile(
    r"drop_column|drop_table|rename_table|new_column_name|DROP (TABLE|COLUMN)|RENAME", re.IGNORECASE
)


@pytest.fixture
def ahead(database):
    """What the next version may do: a column more in every table, and a table more."""
    with database.write() as connection:
        for name in metadata.tables:
            connection.execute(text(f'ALTER TABLE "{name}" ADD COLUMN next_versions TEXT'))
        connection.execute(text("CREATE TABLE next_version (id INTEGER PRIMARY KEY)"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    return database


@pytest.mark.sqlite
def test_a_notification_goes_its_whole_way(ahead):
    Writer(ahead, 0.0).store(arrival("ev-1"))
    inbox = queue(ahead, 0.0)
    (taken,) = inbox.take(NOON + 10**9, 10, ())
    inbox.doubt({taken.id: Link("101", "hubspot")}, {taken.id: {"eventName"}})
    notes = [Outcome(note.id, NOON, "sent") for note in inbox.pending_of([taken.id])[taken.id]]
    inbox.settle([Settlement(taken, notes, confirmed={"eventName": "A"})], NOON, ATTEMPT)
    assert outcomes(ahead) == [("sent", None)]


@pytest.mark.sqlite
def test_it_stays_ready(ahead):
    app = Flask("health", static_folder=None)
    app.register_blueprint(health.blueprint(ahead, {}, CollectorRegistry(), drains=lambda: False))
    assert app.test_client().get("/readyz").status_code == 200


@pytest.mark.sqlite
def test_it_does_not_start_anew(ahead):
    with pytest.raises(FaultySettings, match="newer than this version"):
        migrate(ahead)


@pytest.mark.parametrize("revision", ["0001", "0003"])
def test_a_schema_of_an_older_version_is_not_usable(database, revision):
    with database.write() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    assert not is_usable(database)


@pytest.mark.parametrize("file", sorted((schema.MIGRATIONS / "versions").glob("*.py")), ids=lambda file: file.stem)
def test_no_migration_takes_away_what_the_version_before_it_uses(file):
    assert not TAKES_AWAY.search(Path(file).read_text())
