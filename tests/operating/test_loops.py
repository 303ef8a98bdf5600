"""What takes long is answered in threads, part by part, and holds up nobody."""

import socket
import time
from itertools import takewhile

import pytest
import requests
from dripping import PARTS
from running import Process, wait_until


@pytest.fixture
def server():
    command = ["-m", "gunicorn", "-c", "tests/benchmarks/bare.conf.py", "tests.operating.dripping:create_app()"]
    process = Process(command, {"WEB_CONCURRENCY": "1", "BARE_WITHIN_SECONDS": "2"}).start("/made")
    yield process
    process.stop()


def made(server):
    return int(requests.get(f"{server.url}/made", timeout=5).text)


def test_each_part_of_an_answer_leaves_when_it_is_made(server):
    started = time.monotonic()
    with requests.get(server.url, stream=True, timeout=5) as answer:
        assert next(answer.iter_lines()) == b"part 0"
        assert time.monotonic() - started < PARTS * 0.05 / 2


def test_a_long_answer_holds_up_nobody(server):
    with requests.get(server.url, stream=True, timeout=5):
        started = time.monotonic()
        assert made(server) < PARTS
        assert time.monotonic() - started < 2


def test_no_more_parts_are_made_once_the_client_has_left(server):
    with requests.get(server.url, stream=True, timeout=5) as answer:
        next(answer.iter_content(10))

    def stands_still():
        before = made(server)
        time.sleep(0.3)
        return made(server) == before < PARTS

    wait_until(stands_still, "nothing more is made", 5)


BEGUN = [b"GET /made HTTP/1.1\r\nX-Long: ", b"POST /made HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n"]


def seconds_let_in(server, begun, most):
    """For how long a client that sends a byte every fifth of a second is listened to, at most that long."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as connection:
        connection.sendall(begun)
        started = time.monotonic()
        for _ in takewhile(lambda _: time.monotonic() - started < most, iter(int, 1)):
            try:
                connection.sendall(b"x")
                if connection.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return time.monotonic() - started


@pytest.mark.parametrize("begun", BEGUN, ids=["a header", "a body"])
def test_a_client_that_drips_is_given_up_however_steadily(server, begun):
    assert 1.5 < seconds_let_in(server, begun, 8) < 6


def test_a_slow_client_that_comes_to_an_end_in_time_is_answered(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        for part in (b"GET /made ", b"HTTP/1.1\r\n", b"Host: x\r\n", b"\r\n"):
            connection.sendall(part)
            time.sleep(0.2)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
