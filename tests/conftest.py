"""What many tests start from."""

import os

import pytest
import structlog
from hypothesis import HealthCheck, settings
from postgres import Postgres, binaries
from running import Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate
from handlers.inbox.tables import metadata

KINDS = ["sqlite", "postgresql"]
# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def loggers_of_one_test(monkeypatch):
    """What one test makes of the log does not outlast it: loggers that are cached hear of no later setting."""
    configure = structlog.configure
    monkeypatch.setattr(
        structlog, "configure", lambda **given: configure(**given | {"cache_logger_on_first_use": False})
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL for all tests of this process, whose commits need not outlive the machine."""
    if not binaries() and "REQUIRE_ALL" not in os.environ:
        pytest.skip("no PostgreSQL on this machine")
    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def migrated(postgres):
    """What empties its database, which has the present schema."""
    opened = Database(postgres.url())
    migrate(opened)
    opened.close()
    ((head,),) = postgres.execute("SELECT version_num FROM alembic_version")
    tables = ", ".join(metadata.tables)
    return f"TRUNCATE {tables} RESTART IDENTITY CASCADE; UPDATE alembic_version SET version_num = '{head}'"


def pytest_generate_tests(metafunc):
    """What meets an inbox meets both kinds, unless a mark says that it is about one of them."""
    if "database_url" in metafunc.fixturenames:
        marked = [kind for kind in KINDS if metafunc.definition.get_closest_marker(kind)]
        metafunc.parametrize("database_url", marked or KINDS, indirect=True)


@pytest.fixture
def database_url(request, tmp_path):
    """Where an empty inbox is: a file, or a server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/marquee.db"
        return
    emptied, server = request.getfixturevalue("migrated"), request.getfixturevalue("postgres")
    yield server.url()
    server.execute(emptied)


@pytest.fixture
def database(database_url):
    """An empty inbox of the present schema."""
    opened = Database(database_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def sandbox():
    """A HubSpot stand-in in a process of its own, as new."""
    running = Sandbox().start()
    yield running
    running.stop()
