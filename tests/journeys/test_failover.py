"""One leads, in real processes: whatever becomes of it another takes over in time, and the one that was lost does no harm."""

import signal
import time
import uuid

import pytest
from cut import Wire
from replicas import FAILOVER_SECONDS, Site, Traffic, is_at_least, name, post, steps_back
from running import Sandbox, wait_until
from senders import marketing_events

HOUR = 3600.0
EVENTS = [f"ev-{number}" for number in range(12)]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    running.seed(marketing_events(len(EVENTS)))
    yield running
    running.stop()


@pytest.fixture
def site(postgres, sandbox, tmp_path):
    """Without any process yet."""
    database = f"failover_{uuid.uuid4().hex[:8]}"
    postgres.execute(f"CREATE DATABASE {database}")
    made = Site(tmp_path, postgres.url(database), sandbox)
    yield made
    made.remove()
    postgres.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def wires():
    made = []
    yield lambda port: made.append(Wire(port)) or made[-1]
    for wire in made:
        wire.close()


def throttled(sandbox):
    return sum(entry["count"] for entry in sandbox.calls()["counts"] if entry["status"] == 429)


def is_told(site, event, version):
    return site.told()[event][-1:] == [name(event, version)]


DEATHS = {
    "killed": (lambda leader, wire: leader.signal(signal.SIGKILL), lambda leader, wire: None),
    "stopped": (lambda leader, wire: leader.signal(signal.SIGSTOP), lambda leader, wire: leader.signal(signal.SIGCONT)),
    "cut off": (lambda leader, wire: wire.cut(), lambda leader, wire: wire.mend()),
    "cut off silently": (lambda leader, wire: wire.fall_silent(), lambda leader, wire: wire.mend()),
}


@pytest.mark.parametrize("death", DEATHS)
def test_the_lead_moves_and_nothing_is_lost_nor_old_over_new(site, wires, postgres, death):
    die, come_back = DEATHS[death]
    ports = [site.web(), site.web()]
    workers = {site.worker(database_wire=wire): wire for wire in (wires(postgres.port), wires(postgres.port))}
    leader, _ = site.wait_for_leader(workers)
    with Traffic(ports, EVENTS) as traffic:
        wait_until(lambda: all(site.told().values()), "all is told")
        die(leader, workers[leader])
        other, took = site.wait_for_leader([child for child in workers if child is not leader])
        assert took < FAILOVER_SECONDS
        seen = dict(traffic.versions)
        wait_until(lambda: is_at_least(site, seen), "the other one sends")
        come_back(leader, workers[leader])
        time.sleep(3.0)
        assert site.leader() == other.pid
    outcomes = site.settle()
    assert sum(outcomes.values()) == traffic.taken
    assert outcomes.keys() <= {"sent", "superseded"}
    told = site.told()
    assert {event: history[-1] for event, history in told.items()} == traffic.names()
    assert steps_back(told) == 0
    assert throttled(site.sandbox) == 0


def test_a_clean_stop_hands_the_lead_over_at_once_and_within_hubspots_limit(site):
    """The second one cannot know what the first one sent a moment ago, until HubSpot's first answer tells it."""
    site.sandbox.configure(limit=30)
    port, workers = site.web(), [site.worker(), site.worker()]
    leader, _ = site.wait_for_leader(workers)
    with Traffic([port], EVENTS) as traffic:
        wait_until(lambda: len(site.sandbox.calls()["last"]) > 26, "the limit is nearly reached")
        began = time.monotonic()
        leader.end()
        ended = time.monotonic() - began
        site.wait_for_leader([child for child in workers if child is not leader], seconds=3)
        assert ended < 6.0
        calls = len(site.sandbox.calls()["last"])
        wait_until(lambda: len(site.sandbox.calls()["last"]) > calls + 3, "the other one sends", 25)
    site.sandbox.configure(limit=190)
    site.settle()
    assert {event: history[-1] for event, history in site.told().items()} == traffic.names()
    assert steps_back(site.told()) == 0
    assert throttled(site.sandbox) == 0


def test_a_leader_that_wakes_up_makes_none_of_the_calls_that_waited_for_their_turn(site, wires):
    """They would tell HubSpot what is old by then."""
    site.sandbox.configure(limit=20)
    site.settings["HUBSPOT_BATCH_SIZE"] = "1"
    wire = wires(site.sandbox.port)
    port, leader = site.web(), site.worker(hubspot_wire=wire)
    site.wait_for_leader([leader])
    with Traffic([port], EVENTS) as traffic:
        wait_until(lambda: len(site.sandbox.calls()["last"]) >= 18, "its calls wait for their turn")
        time.sleep(1.0)
        leader.signal(signal.SIGSTOP)
        site.sandbox.configure(limit=1000)
        other = site.worker()
        site.wait_for_leader([other], seconds=FAILOVER_SECONDS + 5.0)
        seen = dict(traffic.versions)
        wait_until(lambda: is_at_least(site, seen), "the other one sends")
        settled = site.attempts()
        woken = time.monotonic()
        leader.signal(signal.SIGCONT)
        time.sleep(4.0)
        assert wire.said_since(woken) == 0
        assert site.leader() == other.pid
        assert site.attempts() > settled
    site.settle()
    assert {event: history[-1] for event, history in site.told().items()} == traffic.names()
    assert steps_back(site.told()) == 0


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_a_host_whose_clock_is_an_hour_off_holds_up_and_hurries_nothing(site, shift):
    """Whether it takes in or sends; and its death moves the lead as any other's."""
    right, wrong = site.web(), site.web(shift)
    leader = site.worker(shift)
    site.wait_for_leader([leader])
    assert post(right, "ev-0", 1)
    assert post(wrong, "ev-1", 1)
    assert post(wrong, "ev-2", 1)
    assert post(right, "ev-2", 2)
    wait_until(lambda: is_told(site, "ev-0", 1) and is_told(site, "ev-1", 1) and is_told(site, "ev-2", 2), "told", 8)
    site.settle()
    for moments in site.moments():
        assert moments == pytest.approx([time.time()] * len(moments), abs=60)
    other = site.worker()
    leader.signal(signal.SIGSTOP)
    site.wait_for_leader([other], seconds=FAILOVER_SECONDS + 5.0)
    assert post(wrong, "ev-3", 1)
    assert post(right, "ev-4", 1)
    wait_until(lambda: is_told(site, "ev-3", 1) and is_told(site, "ev-4", 1), "told", 8)
    leader.signal(signal.SIGCONT)


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
def test_on_one_host_with_sqlite_the_lead_moves_too(sandbox, tmp_path, death):
    site = Site(tmp_path, f"sqlite:///{tmp_path}/marquee.db", sandbox)
    try:
        port, workers = site.web(), [site.worker(), site.worker()]
        leader, _ = site.wait_for_leader(workers)
        assert post(port, "ev-0", 1)
        site.settle()
        leader.signal(death)
        assert post(port, "ev-0", 2)
        other, took = site.wait_for_leader([child for child in workers if child is not leader])
        assert took < FAILOVER_SECONDS
        site.settle()
        assert site.told()["ev-0"] == [name("ev-0", 1), name("ev-0", 2)]
        if death == signal.SIGSTOP:
            leader.signal(signal.SIGCONT)
            time.sleep(2.0)
            assert site.leader() == other.pid
            other.end()
            site.wait_for_leader([leader], seconds=3)
    finally:
        site.remove()
