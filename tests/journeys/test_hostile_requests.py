"""The real server against those who mean harm; each test is named after the attack that comes to nothing."""

import gzip
import json
import socket
import time

import pytest
import requests
from running import Marquee
from senders import HEADERS, SECRET

PATH_SECRET = "the-own-secret-of-an-address"
SOURCES = f"""
[sources.load]
platform = "generic"
signature = "token"
secrets = ["{SECRET}"]
account_id = "acme"

[sources.hidden]
platform = "eventbrite"
api_token = "the-own-secret-of-an-interface"
secrets = ["{PATH_SECRET}"]
"""
INNER = b"POST /webhooks/load HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def marquee(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    running = Marquee(folder, SOURCES, "http://127.0.0.1:9", WORKER="off", WEB_CONCURRENCY="1", WEB_THREADS="4")
    with (folder / "log").open("wb") as running.log:
        running.logged = (folder / "log").read_text
        yield running.start()
        running.stop()


def exchange(marquee, sent):
    """All that comes back for raw bytes, until the server hangs up or is silent."""
    answer = b""
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=2) as connection:
        connection.sendall(sent)
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
    return answer


def head(*lines):
    return "\r\n".join(["POST /webhooks/load HTTP/1.1", "Host: x", *lines]).encode() + b"\r\n\r\n"


SMUGGLED = {
    "two ways to frame a body": head(f"Content-Length: {len(INNER) + 5}", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n"
    + INNER,
    "two lengths": head("Content-Length: 0", f"Content-Length: {len(INNER)}") + INNER,
    "a list of lengths": head(f"Content-Length: 0, {len(INNER)}") + INNER,
    "a length with a sign": head("Content-Length: +0") + INNER,
    "a coding that hides another": head("Transfer-Encoding: xchunked") + b"0\r\n\r\n" + INNER,
    "a coding after chunked": head("Transfer-Encoding: chunked, identity") + b"0\r\n\r\n" + INNER,
    "a name that ends in a space": head("Transfer-Encoding : chunked", "Content-Length: 0") + b"0\r\n\r\n" + INNER,
    "a folded line": head("Transfer-Encoding:", " chunked", "Content-Length: 0") + INNER,
    "a bare line feed": head("X-A: b\nTransfer-Encoding: chunked", "Content-Length: 0") + b"0\r\n\r\n" + INNER,
}


@pytest.mark.parametrize("attack", SMUGGLED)
def test_no_request_is_smuggled_in_another_by(marquee, attack):
    answer = exchange(marquee, SMUGGLED[attack])
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert not answer or int(answer.split()[1]) in (400, 501), answer


@pytest.mark.parametrize(
    "path", ["/webhooks/load%0d%0aSet-Cookie:%20a=b", "/webhooks/x%0a{%22level%22:%22error%22}", "/%0d%0a"]
)
def test_no_header_and_no_line_of_the_log_is_made_by_an_address(marquee, path):
    answer = requests.get(marquee.url + path, timeout=5)
    assert answer.status_code in (400, 404, 405)
    assert "Set-Cookie" not in answer.headers
    assert all(json.loads(line) for line in marquee.logged().splitlines() if line)


def test_no_line_of_the_log_is_made_by_a_header(marquee):
    forged = 'x"}\\n{"level":"error","action":"forged"'
    for name in ("X-Request-Id", "X-Delivery-Id", "User-Agent", "Content-Type"):
        requests.post(f"{marquee.url}/webhooks/load", data=b"{}", headers=HEADERS | {name: forged}, timeout=5)
    assert all(json.loads(line).get("action") != "forged" for line in marquee.logged().splitlines() if line)


def test_a_small_body_that_unpacks_to_a_large_one_is_not_unpacked(marquee):
    bomb = gzip.compress(b'{"id": "ev-1", "eventName": "' + b"x" * 50_000_000 + b'"}')
    answer = requests.post(
        f"{marquee.url}/webhooks/load", data=bomb, headers=HEADERS | {"Content-Encoding": "gzip"}, timeout=5
    )
    assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("attack", "body"),
    [
        ("depth", b'{"id":' * 50_000 + b"1" + b"}" * 50_000),
        ("arrays", b"[" * 500_000 + b"]" * 500_000),
        ("a number of a million digits", b'{"id": "a", "version": ' + b"9" * 900_000 + b"}"),
        ("a hundred thousand names", json.dumps({"id": "a"} | {f"{n:x}": 1 for n in range(80_000)}).encode()),
    ],
)
def test_json_that_is_costly_to_read_is_answered_soon_and_never_by_a_fault(marquee, attack, body):
    began = time.monotonic()
    answer = requests.post(f"{marquee.url}/webhooks/load", data=body, headers=HEADERS, timeout=10)
    assert answer.status_code in (202, 400, 413, 422), attack
    assert time.monotonic() - began < 5


def test_whether_a_source_exists_cannot_be_told_by_a_wrong_address(marquee):
    bodies = {"data": b"{}", "headers": {"Content-Type": "application/json"}, "timeout": 5}
    wrong = requests.post(f"{marquee.url}/webhooks/hidden/guess", **bodies)
    missing = requests.post(f"{marquee.url}/webhooks/hidden", **bodies)
    nobody = requests.post(f"{marquee.url}/webhooks/nobody/guess", **bodies)
    plain = {"Date", "X-Request-Id", "Content-Length"}
    shown = [
        (one.status_code, one.json(), {name: value for name, value in one.headers.items() if name not in plain})
        for one in (wrong, missing, nobody)
    ]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0][0] == 404


def test_no_secret_is_ever_logged_whatever_place_it_came_in(marquee):
    requests.post(f"{marquee.url}/webhooks/hidden/{PATH_SECRET}", json={"config": {"action": "test"}}, timeout=5)
    requests.post(f"{marquee.url}/webhooks/hidden/{PATH_SECRET}x?token={PATH_SECRET}", data=b"{", timeout=5)
    requests.post(f"{marquee.url}/webhooks/load", data=b"{", headers=HEADERS, timeout=5)
    requests.get(f"{marquee.url}/webhooks/hidden/{PATH_SECRET}", timeout=5)
    exchange(marquee, f"BROKEN /webhooks/hidden/{PATH_SECRET}\r\n\r\n".encode())
    logged = marquee.logged()
    assert "notification.received" in logged
    for secret in (SECRET, PATH_SECRET, "the-own-secret-of-an-interface"):
        assert secret not in logged


def test_it_serves_still(marquee):
    answer = requests.post(f"{marquee.url}/webhooks/load", json={"id": "ev-1"}, headers=HEADERS, timeout=5)
    assert answer.status_code == 202
