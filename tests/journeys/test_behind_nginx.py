"""Two web replicas behind nginx as it is deployed: what each lets through, who is believed, and what is sent once."""

import http.client
import json
import socket
import struct
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from deployed import Deployed
from running import Marquee, wait_until
from senders import HEADERS, SOURCES

MAX_BODY_BYTES = 1_048_576
TOKEN = "operators-token-of-tests"
TIME_WAIT = "06"  # https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt


@contextmanager
def running(what):
    try:
        yield what
    finally:
        what.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """nginx, and the replicas behind it, which log to files."""
    folder = tmp_path_factory.mktemp("behind")
    with running(replica(folder, "first")) as first, running(replica(folder, "second")) as second:
        sooner = {"client_body_timeout 10s;": "client_body_timeout 500ms;"}
        with Deployed(folder, [first.port, second.port], sooner) as nginx:
            nginx.replicas = (first, second)
            yield nginx


def replica(folder, name):
    place = folder / name
    place.mkdir()
    database = f"sqlite:///{folder}/marquee.db"
    made = Marquee(
        place,
        SOURCES,
        "http://127.0.0.1:9",
        DATABASE_URL=database,
        WORKER="off",
        WEB_CONCURRENCY="1",
        TRUSTED_PROXIES="1",
    )
    made.log_file = place / "log"
    with made.log_file.open("wb") as made.log:
        return made.start()


def post(nginx, body, **headers):
    return requests.post(f"{nginx.url}/webhooks/load", data=body, headers=HEADERS | headers, timeout=10)


def of_size(size):
    return b'{"id": "ev-1", "version": 1}'.ljust(size)


def lines(replica):
    return [json.loads(line) for line in replica.log_file.read_text().splitlines() if line.startswith("{")]


def test_a_body_as_large_as_marquee_takes_comes_through(site):
    assert post(site, of_size(MAX_BODY_BYTES)).status_code == 202


def test_a_larger_body_is_refused_before_marquee_hears_of_it(site):
    answer = post(site, of_size(MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.headers["Server"]) == (413, "nginx")


def test_a_request_has_one_id_in_nginxs_log_in_marquees_and_in_the_answer(site):
    """Not the sender's own, which two senders might both give."""
    number = post(site, of_size(100), **{"X-Request-Id": "of-the-sender"}).headers["X-Request-Id"]
    assert number != "of-the-sender"
    wait_until(lambda: number in site.log.read_text(), "nginx has logged it", 5)
    assert [line["action"] for one in site.replicas for line in lines(one) if line.get("request_id") == number] == [
        "notification.received"
    ]


def test_both_replicas_are_asked(site):
    for _ in range(10):
        assert post(site, of_size(100)).status_code == 202
    for one in site.replicas:
        assert any(line.get("action") == "notification.received" for line in lines(one))


def test_a_forged_address_of_the_client_is_not_believed(site):
    """Ten wrong tokens shut an address out, whichever it says that it has, and no other one."""

    def ask(here, token, number):
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"192.0.2.{number}"}
        address = ("127.0.0.1", site.port)
        with closing(http.client.HTTPConnection(*address, timeout=10, source_address=(here, 0))) as connection:
            connection.request("GET", "/api/status", headers=headers)
            return connection.getresponse().status

    assert {ask("127.0.0.2", "a-wrong-token-of-16", number) for number in range(10)} == {401}
    assert ask("127.0.0.2", TOKEN, 10) == 429
    assert ask("127.0.0.3", TOKEN, 0) == 200


def test_metrics_are_not_for_whoever_comes_through_nginx(site):
    assert requests.get(f"{site.url}/metrics", timeout=5).status_code == 404
    assert requests.get(f"{site.replicas[0].url}/metrics", timeout=5).status_code == 200


def test_nginx_keeps_its_connections_to_marquee(site):
    """The kernel remembers for a minute each one that was closed."""
    before = closed(site.replicas)
    with requests.Session() as session:
        for _ in range(50):
            answer = session.post(f"{site.url}/webhooks/load", data=of_size(100), headers=HEADERS, timeout=5)
            assert answer.status_code == 202
    assert closed(site.replicas) - before < 5


def closed(replicas):
    ports = {f"{one.port:04X}" for one in replicas}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] == TIME_WAIT and bool(ports & {row[1][-4:], row[2][-4:]}) for row in rows)


def test_a_client_that_stops_in_mid_body_is_dropped_and_marquee_never_hears_of_it(site):
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)) as connection:
        connection.putrequest("POST", "/webhooks/load?half")
        for name, value in {**HEADERS, "Content-Length": "1000"}.items():
            connection.putheader(name, value)
        connection.endheaders(b'{"id": ')
        assert connection.sock.recv(100) == b""
    wait_until(lambda: '"POST /webhooks/load" 408' in site.log.read_text(), "nginx has logged it", 5)
    assert site.log.read_text().split('" 408', 1)[1].split("\n", 1)[0].endswith(" - -")


class Resetting:
    """Two listeners that read a request, count it, and reset the connection."""

    def __init__(self):
        self.heard = 0
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.ports = [one.getsockname()[1] for one in self._listeners]
        for one in self._listeners:
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def close(self):
        for one in self._listeners:
            one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if connection.recv(65536):
                    self.heard += 1
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_what_a_replica_may_have_stored_is_sent_to_no_other(tmp_path):
    with closing(Resetting()) as replicas, Deployed(tmp_path, replicas.ports) as nginx:
        assert post(nginx, of_size(100)).status_code == 502
        assert replicas.heard == 1
