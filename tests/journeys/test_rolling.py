"""Everything at once, as on a bad day: behind nginx replicas are replaced while the worker that leads is killed."""

import pytest
from balancers import Nginx
from replicas import FAILOVER_SECONDS, Site, steps_back
from running import wait_until
from senders import marketing_events
from steady import Steady
from upheaval import Upheaval

CONNECTIONS, EVENTS_EACH = 8, 3


@pytest.fixture
def site(database_url, sandbox, tmp_path):
    """Without any process yet."""
    sandbox.seed(marketing_events(CONNECTIONS * EVENTS_EACH))
    made = Site(tmp_path, database_url, sandbox, DRAIN_SECONDS="1.5")
    yield made
    made.remove()


@pytest.mark.postgresql
def test_replicas_replaced_while_the_leader_is_killed_lose_and_refuse_nothing(site, tmp_path):
    ports = [site.web(), site.web()]
    upheaval = Upheaval(site, ports)
    with (
        Nginx(tmp_path, ports) as nginx,
        Steady(nginx.port, 80, connections=CONNECTIONS, events=EVENTS_EACH) as clients,
    ):
        wait_until(lambda: all(site.told().values()), "all is told")
        upheaval.happen()
        wait_until(lambda: all(upheaval.takeovers()), "the other one sends")
    outcomes, told = site.settle(), site.told()
    assert set(clients.heard) == {202}
    assert site.kept() == set(clients.taken)
    assert outcomes.keys() <= {"sent", "superseded"}
    assert {event: history[-1] for event, history in told.items()} == clients.newest
    assert steps_back(told) == 0
    assert max(upheaval.takeovers()) < FAILOVER_SECONDS
