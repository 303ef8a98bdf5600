"""What many tests start from."""

import os

import pytest
import structlog
from compiled import Compiled
from emptying import emptying
from flask import Flask
from fresh import fresh_inbox
from hypothesis import HealthCheck, settings
from postgres import Postgres, binaries
from running import Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

KINDS = ["sqlite", "postgresql"]
# Begun first, in this order, so that at the end nobody waits for them; what computes stands beside what waits.
LONGEST = [
    *("test_failover.py", "test_browser_pages.py", "test_drain.py", "test_browser_finding.py", "test_pretix_tour.py"),
    *("test_zoom_tour.py", "test_eventbrite_tour.py", "test_browser_doing.py", "test_reconciliation.py"),
    *("test_restored.py", "test_fail_points.py", "test_soak.py", "test_rolling.py", "test_alerts_out.py"),
]
# A traceback in colours, with all variables, takes longer than most tests.
PLAIN = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
Flask.jinja_options = {"bytecode_cache": Compiled()}


@pytest.fixture(autouse=True)
def loggers_of_one_test(monkeypatch):
    """What one test makes of the log does not outlast it: loggers that are cached hear of no later setting."""
    configure = structlog.configure
    monkeypatch.setattr(
        structlog, "configure", lambda **given: configure(**given | {"cache_logger_on_first_use": False})
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], PLAIN])
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
    return emptying(postgres)


def pytest_generate_tests(metafunc):
    """What meets an inbox meets both kinds, unless a mark says that it is about one of them."""
    if "database_url" in metafunc.fixturenames:
        marked = [kind for kind in KINDS if metafunc.definition.get_closest_marker(kind)]
        metafunc.parametrize("database_url", marked or KINDS, indirect=True)


def pytest_collection_modifyitems(items):
    """Tracing doubles what a test takes: it is spared those that only go again where others have been.

    These are the ones on the second kind of database, and those that try whatever comes to mind.
    https://pytest-cov.readthedocs.io/en/latest/markers-fixtures.html
    """
    for item in items:
        at_random = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
        if at_random or _is_repeated(item):
            item.add_marker(pytest.mark.no_cover)
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def _is_repeated(item):
    kind = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
    return kind == "postgresql" and not item.get_closest_marker("postgresql")


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
def database(database_url, tmp_path):
    """An empty inbox of the present schema, which was made before."""
    opened = fresh_inbox(tmp_path) if database_url.startswith("sqlite") else Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sandbox():
    """A HubSpot stand-in in a process of its own, as new."""
    running = Sandbox().start()
    yield running
    running.stop()
