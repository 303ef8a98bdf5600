"""When a process may stop taking connections, and how it ends those that it has."""

import selectors
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from handlers.operating import health, leaving
from handlers.operating.leaving import IP_MINTTL, Departure, let_in, turn_away
from handlers.operating.lingering import LINGER_SECONDS, MOST_BYTES, Lingering

PROJECT = Path(__file__).resolve().parents[2]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def after(clock, seconds):
    clock.now += seconds


@pytest.mark.parametrize("draining", [True, False])
def test_whoever_drains_is_not_ready_and_says_why(database, draining):
    app = Flask("ready")
    app.register_blueprint(health.blueprint(database, {}, CollectorRegistry(), drains=lambda: draining))
    answer = app.test_client().get("/readyz")
    expected = (503, {"status": "not ready", "reason": "draining"}) if draining else (200, {"status": "ready"})
    assert (answer.status_code, answer.json) == expected
    assert app.test_client().get("/livez").status_code == 200


def test_whoever_was_told_nothing_stays(clock, listener):
    departure = Departure(5.0, lambda: False, clock)
    assert not departure.is_told()
    after(clock, 1000)
    assert not departure.may_go([listener])


def test_whoever_is_replaced_goes_soon_whatever_a_drain_would_take(clock, listener):
    departure = Departure(60.0, lambda: False, clock)
    departure.tell()
    after(clock, leaving.REPLACED_SECONDS - 0.1)
    assert not departure.may_go([listener])
    after(clock, 0.1)
    assert departure.may_go([listener])


def test_told_again_it_is_no_later(clock, listener):
    departure = Departure(60.0, lambda: False, clock)
    departure.tell()
    after(clock, leaving.REPLACED_SECONDS)
    departure.tell()
    assert departure.may_go([listener])


def test_a_port_that_closes_is_served_for_the_drain_though_nobody_told_this_process(clock, listener):
    departure = Departure(5.0, lambda: True, clock)
    assert departure.is_told()
    after(clock, 4.9)
    assert not departure.may_go([listener])
    with socket.create_connection(listener.getsockname(), timeout=5):
        listener.accept()[0].close()


def leaving_now(clock, listener):
    """A departure whose listener just turned away all that are new."""
    departure = Departure(0.0, lambda: True, clock)
    departure.tell()
    assert not departure.may_go([listener])
    return departure


def test_at_the_end_of_the_drain_nobody_new_is_let_in_and_whoever_waits_is_taken_first(clock, listener):
    with socket.create_connection(listener.getsockname(), timeout=5) as waiting:
        departure = leaving_now(clock, listener)
        after(clock, leaving.HANDSHAKE_SECONDS + 0.1)
        assert not departure.may_go([listener])
        with closing(listener.accept()[0]) as taken:
            assert departure.may_go([listener])
            listener.close()
            taken.sendall(b"answer")
            assert waiting.recv(6) == b"answer"


@contextmanager
def half_made(listener):
    """A connection whose client asked for it, and hears no answer."""
    with closing(socket.socket()) as client:
        turn_away([client])
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        yield


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of connections that are half made")


@on_linux
def test_where_nobody_is_about_to_come_in_the_listener_closes_at_once(clock, listener):
    departure = leaving_now(clock, listener)
    after(clock, leaving.SETTLE_SECONDS + 0.001)
    assert departure.may_go([listener])


@on_linux
def test_whoever_is_about_to_come_in_is_waited_for_a_moment(clock, listener):
    with half_made(listener):
        departure = leaving_now(clock, listener)
        after(clock, leaving.HANDSHAKE_SECONDS - 0.1)
        assert not departure.may_go([listener])
        after(clock, 0.2)
        assert departure.may_go([listener])


def test_near_its_end_a_drain_is_looked_at_at_the_moment_and_then_again_and_again(clock, listener):
    departure = Departure(5.0, lambda: True, clock)
    departure.tell()
    assert departure.next_look() == leaving.STEP_SECONDS
    after(clock, 4.98)
    assert departure.next_look() == pytest.approx(0.02)
    after(clock, 0.1)
    assert departure.next_look() == leaving.LAST_STEP_SECONDS


def test_what_waits_does_not_hold_it_up_for_ever(clock, listener):
    with socket.create_connection(listener.getsockname(), timeout=5):
        departure = leaving_now(clock, listener)
        after(clock, leaving.MOST_WAITING_SECONDS)
        assert departure.may_go([listener])


def test_whoever_is_turned_away_is_refused_a_second_later_and_not_reset(listener):
    turn_away([listener])
    address, heard = listener.getsockname(), []

    def come():
        try:
            socket.create_connection(address, timeout=5).close()
        except OSError as error:
            heard.append(type(error))

    comer = threading.Thread(target=come)
    comer.start()
    comer.join(0.3)
    assert (comer.is_alive(), heard) == (True, [])
    listener.close()
    comer.join()
    assert heard == [ConnectionRefusedError]


def test_a_connection_from_before_goes_on_as_if_nothing_were(listener):
    with socket.create_connection(listener.getsockname(), timeout=5) as before:
        turn_away([listener])
        before.sendall(b"x" * 100_000)
        with closing(listener.accept()[0]) as taken:
            taken.settimeout(5)
            assert sum(len(taken.recv(10_000, socket.MSG_WAITALL)) for _ in range(10)) == 100_000


@on_linux
def test_a_connection_that_was_half_made_is_heard_once_it_is_let_in(listener):
    """How many hops it may have come is handed down; 1 stands for a rule that lets this one connect."""
    listener.setsockopt(socket.IPPROTO_IP, IP_MINTTL, 1)
    with socket.create_connection(listener.getsockname(), timeout=5), closing(listener.accept()[0]) as taken:
        assert taken.getsockopt(socket.IPPROTO_IP, IP_MINTTL) == 1
        let_in(taken)
        assert taken.getsockopt(socket.IPPROTO_IP, IP_MINTTL) == 0


@on_linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_right_is_needed_to_turn_newcomers_away(host):
    """A container's user has none; a listener of IPv6 may take connections of both."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    program = (
        "import os, socket, sys; from handlers.operating.leaving import turn_away; "
        "os.getuid() or os.setuid(10001); "
        "listening = socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True); "
        "turn_away([listening]); coming = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET); "
        "coming.settimeout(0.3); coming.connect((sys.argv[1], listening.getsockname()[1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, host], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ended.stderr.endswith("TimeoutError: timed out\n")


@pytest.fixture
def signals():
    """What a test makes of signals ends with it."""
    told = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.getsignal(number) for number in told}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    leaving._port_closes.value = leaving._hurries.value = 0


def watched(reexec_pid=0, master_pid=0, systemd=False):
    """What an arbiter that is watched hears."""
    heard = []
    state = {"reexec_pid": reexec_pid, "master_pid": master_pid, "systemd": systemd}
    leaving.watch(SimpleNamespace(signal=lambda number, _frame: heard.append(number), **state))
    return heard


@pytest.mark.parametrize(
    ("arbiter", "closes"),
    [({}, True), ({"reexec_pid": 7}, False), ({"master_pid": 7}, False), ({"systemd": True}, False)],
)
def test_the_port_closes_unless_another_holds_it_too(signals, arbiter, closes):
    heard = watched(**arbiter)
    signal.raise_signal(signal.SIGTERM)
    assert (leaving.port_closes(), leaving.hurries(), heard) == (closes, False, [signal.SIGTERM])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("arbiter", [{}, {"reexec_pid": 7}])
def test_who_is_told_to_hurry_hurries_whoever_else_holds_the_port(signals, arbiter, number):
    heard = watched(**arbiter)
    signal.raise_signal(number)
    assert (leaving.port_closes(), leaving.hurries(), heard) == (False, True, [number])


class Ends:
    """Two ends of a connection, and a poller that one of them lingers in."""

    def __init__(self, clock):
        self.ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(5)
        self.poller, self.closed = selectors.DefaultSelector(), 0
        self.lingering = Lingering(self.poller, self._count, clock)

    def poll(self):
        for key, _ in self.poller.select(0):
            key.data(key.fileobj)

    def close(self):
        self.ours.close()
        self.theirs.close()
        self.poller.close()

    def _count(self):
        self.closed += 1


@pytest.fixture
def ends(clock):
    with closing(Ends(clock)) as made:
        yield made


def test_a_connection_is_half_closed_until_the_client_closes_it(ends):
    ends.lingering.add(ends.ours)
    ends.poll()
    assert (ends.theirs.recv(1), ends.closed, ends.ours.fileno() >= 0) == (b"", 0, True)
    ends.theirs.close()
    ends.poll()
    assert (ends.closed, ends.ours.fileno()) == (1, -1)


def test_what_the_client_sends_still_is_read_away(ends):
    ends.lingering.add(ends.ours)
    ends.theirs.sendall(b"more")
    ends.poll()
    assert ends.closed == 0
    ends.theirs.close()
    ends.poll()
    assert ends.closed == 1


def test_a_client_that_sends_for_ever_is_cut_off(ends):
    ends.lingering.add(ends.ours)
    for _ in range(MOST_BYTES // 8192):
        ends.theirs.sendall(b"x" * 8192)
        ends.poll()
    assert ends.closed == 1


def test_a_client_that_stays_is_left_in_the_end(ends, clock):
    ends.lingering.add(ends.ours)
    after(clock, LINGER_SECONDS - 0.1)
    ends.lingering.give_up()
    assert ends.closed == 0
    after(clock, 0.1)
    ends.lingering.give_up()
    ends.lingering.give_up()
    assert (ends.closed, ends.ours.fileno(), len(ends.poller.get_map())) == (1, -1, 0)


def test_a_client_that_has_gone_already_is_counted_once(ends):
    ends.ours.close()
    ends.lingering.add(ends.ours)
    ends.lingering.give_up()
    assert ends.closed == 1
