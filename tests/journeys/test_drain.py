"""Told to stop, the service lets nobody down: not the senders, not the load balancers, not HubSpot."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
import requests
from balancers import Haproxy, Nginx, found
from running import PROJECT, Marquee, wait_until
from senders import HEADERS, SOURCES, marketing_events, post_all
from sqlalchemy import select
from steady import Steady

from handlers.inbox import reports, tables
from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NOWHERE = "http://127.0.0.1:9"
NAMES = [f"{balancer}-{lane}" for balancer in ("nginx", "haproxy") for lane in range(8)]


@pytest.fixture
def service(tmp_path):
    """What starts a service with settings of the test's own, and ends it afterwards."""
    with ExitStack() as ends:

        def start(hubspot=NOWHERE, **settings):
            running = Marquee(tmp_path, SOURCES, hubspot, LOG_LEVEL="WARNING", **settings).start()
            ends.callback(running.stop)
            return running

        yield start


def tell(marquee, number=signal.SIGTERM):
    os.kill(marquee._process.pid, number)


def ended(marquee, seconds):
    """How long it still took."""
    started = time.monotonic()
    assert marquee._process.wait(seconds) == 0
    return time.monotonic() - started


def ready(marquee):
    reply = requests.get(f"{marquee.url}/readyz", timeout=5)
    return reply.status_code, reply.json().get("reason")


def kept_in(url):
    database = Database(url, pool_size=1)
    ids = {str(number) for (number,) in database.rows(select(tables.notification.c.id))}
    database.close()
    return ids


def leads(url):
    database = Database(url, pool_size=1)
    leader = reports.leader(database)
    database.close()
    return leader is not None


def post(connection, version):
    connection.request("POST", "/webhooks/load", json.dumps({"id": "ev-1", "version": version}), HEADERS)
    reply = connection.getresponse()
    reply.read()
    return reply.status, reply.getheader("Connection")


def test_readiness_fails_first_while_the_door_stays_open_and_the_lead_is_handed_over(service):
    marquee = service(DRAIN_SECONDS="2.5")
    wait_until(lambda: leads(marquee.database_url), "a worker leads", 10)
    with closing(http.client.HTTPConnection("127.0.0.1", marquee.port, timeout=5)) as kept:
        assert post(kept, 1) == (202, "keep-alive")
        tell(marquee)
        told = time.monotonic()
        wait_until(lambda: ready(marquee) == (503, "draining"), "it says that it drains", 1)
        assert post(kept, 2) == (202, "close")
        wait_until(lambda: not leads(marquee.database_url), "nobody leads", 2)
        while time.monotonic() - told < 2:
            assert post(kept, 3) == (202, "close")
    assert ended(marquee, 5) < 2


@pytest.mark.parametrize(("keeps", "rate"), [(True, 300), (False, 3000)], ids=["kept connections", "new ones"])
def test_without_a_load_balancer_whoever_is_let_in_is_answered(service, keeps, rate):
    marquee = service()
    with Steady(marquee.port, rate, connections=30, keeps=keeps) as clients:
        time.sleep(1)
        tell(marquee)
        assert ended(marquee, 10) < 6
        time.sleep(0.5)
    assert set(clients.heard) == {202, "refused"}
    assert kept_in(marquee.database_url) == set(clients.taken)


def test_a_connection_that_is_seldom_used_is_ended_with_an_answer(service):
    marquee = service()
    with closing(http.client.HTTPConnection("127.0.0.1", marquee.port, timeout=5)) as seldom:
        assert post(seldom, 1) == (202, "keep-alive")
        tell(marquee)
        time.sleep(1.2)
        assert post(seldom, 2) == (202, "close")
    assert ended(marquee, 10) < 3


def test_a_request_that_is_half_there_is_answered_and_a_silent_connection_holds_up_nothing(service):
    marquee = service()
    address = ("127.0.0.1", marquee.port)
    with socket.create_connection(address) as silent, socket.create_connection(address) as half:
        time.sleep(5.5)  # until nobody waits for the silent one any more
        body = b'{"id": "ev-1", "version": 1}'
        words = f"POST /webhooks/load HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        half.sendall((words + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()) + "\r\n").encode())
        half.sendall(body[:5])
        tell(marquee)
        time.sleep(1)
        half.sendall(body[5:])
        assert half.recv(12) == b"HTTP/1.1 202"
        silent.settimeout(5)
        assert silent.recv(1) == b""
    assert ended(marquee, 10) < 3


def test_a_client_that_keeps_its_side_open_after_the_last_answer_holds_up_nobody(service):
    marquee = service(WEB_CONCURRENCY="1")
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as ends:
        for _ in range(10):
            staying = ends.enter_context(socket.create_connection(("127.0.0.1", marquee.port)))
            staying.sendall(request)
            assert staying.recv(12) == b"HTTP/1.1 200"
        started = time.monotonic()
        assert requests.get(f"{marquee.url}/livez", timeout=30).status_code == 200
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("whom", ["the service to reload", "one that serves", "the one that carries the worker"])
def test_processes_that_are_replaced_lose_and_refuse_nothing(service, whom):
    marquee = service(DRAIN_SECONDS="30")
    before = marquee.processes()
    with Steady(marquee.port, 100) as kept, Steady(marquee.port, 50, keeps=False, name="new") as new:
        time.sleep(1)
        if whom == "the service to reload":
            gone = before
            tell(marquee, signal.SIGHUP)
        else:
            gone = {min(before) if "worker" in whom else max(before)}  # it is forked first
            os.kill(*gone, signal.SIGTERM)
        end = time.monotonic() + 15
        while gone & marquee.processes():
            assert ready(marquee) == (200, None)
            assert time.monotonic() < end
        time.sleep(0.5)
    assert len(marquee.processes()) == 3
    assert (set(kept.heard), set(new.heard)) == ({202}, {202})
    assert kept_in(marquee.database_url) == {*kept.taken, *new.taken}
    tell(marquee, signal.SIGINT)
    ended(marquee, 10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_who_is_in_a_hurry_waits_for_no_drain(service, number):
    marquee = service(DRAIN_SECONDS="60")
    tell(marquee, number)
    assert ended(marquee, 10) < 4


@pytest.mark.parametrize("busy", [False, True], ids=["at any time", "also while gunicorn replaces its processes"])
def test_a_drain_can_be_cut_short(service, busy):
    """While it replaces them gunicorn hears of nothing, and then of the SIGTERM alone."""
    marquee = service(DRAIN_SECONDS="60")
    if busy:
        before = marquee.processes()
        tell(marquee, signal.SIGHUP)
        wait_until(lambda: marquee.processes() != before, "it replaces them", 10)
    tell(marquee)
    wait_until(lambda: ready(marquee) == (503, "draining"), "it drains", 5)
    tell(marquee, signal.SIGINT)
    assert ended(marquee, 10) < 4


def test_a_worker_by_itself_ends_its_batch_and_hands_the_lead_over(service, sandbox):
    sandbox.seed(marketing_events(5))
    marquee = service(sandbox.url, WORKER="off")
    post_all(marquee.port, [{"id": f"ev-{n}", "version": 1, "eventName": "Now another"} for n in range(5)])
    sandbox.fault("slow", seconds=2.0, times=1, path="batch/update")
    environment = {"PATH": os.environ["PATH"], **marquee._environment}
    words = [sys.executable, "-m", "flask", "work"]
    worker = subprocess.Popen(words, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    wait_until(lambda: not sandbox.faults(), "a call is under way", 20)
    worker.terminate()
    assert worker.wait(15) == 0
    told = [event for event in sandbox.events() if event["eventName"] == "Now another"]
    assert 0 < len(told) == marquee.outcomes()["sent"]
    assert not leads(marquee.database_url)


@pytest.fixture
def replicas(tmp_path, postgres, sandbox):
    """Two, on one PostgreSQL and one HubSpot."""
    found("nginx")
    found("haproxy")
    sandbox.seed([{**event, "externalEventId": name} for event in marketing_events(1) for name in NAMES])
    postgres.execute("CREATE DATABASE rolling")
    url = postgres.url("rolling")
    with closing(Database(url, pool_size=1)) as database:
        migrate(database)
    with ExitStack() as ends:
        ends.callback(postgres.execute, "DROP DATABASE rolling")
        both = [replica(tmp_path / name, sandbox.url, url) for name in ("first", "second")]
        side_by_side = ends.enter_context(ThreadPoolExecutor())
        ends.callback(lambda: list(side_by_side.map(Marquee.stop, both)))
        list(side_by_side.map(Marquee.start, both))
        yield both


def replica(folder, hubspot, url):
    folder.mkdir()
    given = {"DATABASE_URL": url, "DRAIN_SECONDS": "1.5", "LOG_LEVEL": "WARNING"}
    made = Marquee(folder, SOURCES, hubspot, **given)
    made.database_url = url
    return made


@pytest.mark.postgresql
def test_a_rolling_restart_behind_load_balancers_loses_and_refuses_nothing(replicas, tmp_path):
    ports = [marquee.port for marquee in replicas]
    with ExitStack() as ends:
        balancers = [ends.enter_context(kind(tmp_path, ports)) for kind in (Nginx, Haproxy)]
        with ExitStack() as load:
            clients = [load.enter_context(Steady(at.port, 80, name=at.name)) for at in balancers]
            time.sleep(1)
            for marquee in replicas * 2:
                marquee.stop()
                marquee.start()
                time.sleep(2)  # until it is in turn again
    assert [set(client.heard) for client in clients] == [{202}, {202}]
    assert kept_in(replicas[0].database_url) == {number for client in clients for number in client.taken}
    assert set(replicas[0].settle()) <= {"sent", "superseded", "unchanged"}
