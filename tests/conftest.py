"""What many tests start from."""

import pytest
from hypothesis import HealthCheck, settings
from running import Sandbox

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


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
