"""What many tests start from."""

import pytest
import structlog
from hypothesis import HealthCheck, settings
from running import Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

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


@pytest.fixture
def database(tmp_path):
    """An empty inbox of the present schema."""
    opened = Database(f"sqlite:///{tmp_path}/marquee.db")
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def sandbox():
    """A HubSpot stand-in in a process of its own, as new."""
    running = Sandbox().start()
    yield running
    running.stop()
