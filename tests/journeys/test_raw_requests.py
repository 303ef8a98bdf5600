"""The real server against clients that cut, drip and lie about lengths."""

import json
import socket
import time

import pytest
import requests
from running import Marquee
from senders import HEADERS, SOURCES

LIMIT = 2000
BODY = json.dumps({"id": "ev-1", "eventName": "x" * 1000}).encode()
BIG = json.dumps({"id": "ev-1", "eventName": "x" * 5000}).encode()


@pytest.fixture(scope="module")
def marquee(tmp_path_factory):
    settings = {"WORKER": "off", "MAX_BODY_BYTES": str(LIMIT), "WEB_CONCURRENCY": "1", "WEB_THREADS": "4"}
    running = Marquee(tmp_path_factory.mktemp("raw"), SOURCES, "http://127.0.0.1:9", **settings).start()
    yield running
    running.stop()


def request(headers, body):
    lines = ["POST /webhooks/load HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in {**HEADERS, **headers}.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def exchange(marquee, sent):
    """The status of the answer to raw bytes, after which the client sends nothing more."""
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


def chunked(body, *, ended=True):
    middle = len(body) // 2
    parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:])]
    return b"".join(parts) + (b"0\r\n\r\n" if ended else b"")


def test_a_body_within_the_limit_comes_in_either_framing(marquee):
    assert exchange(marquee, request({"Content-Length": len(BODY)}, BODY))[0] == 202
    assert exchange(marquee, request({"Transfer-Encoding": "chunked"}, chunked(BODY)))[0] == 202


def test_a_body_over_the_limit_is_refused_in_either_framing(marquee):
    for sent in (
        request({"Content-Length": len(BIG)}, BIG),
        request({"Transfer-Encoding": "chunked"}, chunked(BIG)),
    ):
        status, content = exchange(marquee, sent)
        assert (status, json.loads(content)["reason"]) == (413, "too_large")


def test_a_body_shorter_than_announced_is_truncated(marquee):
    status, content = exchange(marquee, request({"Content-Length": len(BODY)}, BODY[:500]))
    assert (status, json.loads(content)["reason"]) == (400, "truncated")


def test_a_chunked_body_that_is_cut_off_is_refused(marquee):
    for sent in (chunked(BODY, ended=False), chunked(BODY)[:300]):
        assert exchange(marquee, request({"Transfer-Encoding": "chunked"}, sent))[0] == 400


def test_nothing_of_what_was_refused_is_kept(marquee):
    before = marquee.outcomes()
    exchange(marquee, request({"Content-Length": len(BODY)}, BODY[:500]))
    exchange(marquee, request({"Transfer-Encoding": "chunked"}, chunked(BIG)))
    assert marquee.outcomes() == before


def test_clients_that_stall_in_the_middle_give_their_threads_back(marquee):
    stalled = [socket.create_connection(("127.0.0.1", marquee.port)) for _ in range(8)]
    for connection in stalled:
        connection.sendall(request({"Content-Length": len(BODY)}, BODY[:10]))
    started = time.monotonic()
    answer = requests.post(f"{marquee.url}/webhooks/load", data=BODY, headers=HEADERS, timeout=40)
    for connection in stalled:
        connection.close()
    assert answer.status_code == 202
    assert time.monotonic() - started < 20


def test_thirty_half_sent_requests_hold_up_nobody(marquee):
    whole = request({"Content-Length": len(BODY)}, BODY)
    halves = [whole[:40], whole[:-500]] * 15
    stalled = [socket.create_connection(("127.0.0.1", marquee.port)) for _ in halves]
    for connection, half in zip(stalled, halves, strict=True):
        connection.sendall(half)
    started = time.monotonic()
    for _ in range(10):
        assert requests.post(f"{marquee.url}/webhooks/load", data=BODY, headers=HEADERS, timeout=40).status_code == 202
    assert time.monotonic() - started < 2
    for connection in stalled:
        connection.close()


def test_a_half_sent_request_is_given_up(marquee):
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=20) as connection:
        connection.sendall(request({"Content-Length": len(BODY)}, BODY)[:40])
        assert connection.recv(100) == b""


def test_requests_that_come_in_one_go_are_answered_one_by_one(marquee):
    whole = request({"Content-Length": len(BODY)}, BODY)
    kept = whole.replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=20) as connection:
        connection.sendall(kept * 4 + whole)
        answers = b""
        while chunk := connection.recv(65536):
            answers += chunk
    assert answers.count(b"HTTP/1.1 202 ") == 5
