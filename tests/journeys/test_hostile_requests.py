"""The real server against those who mean harm; each test is named after the attack that comes to nothing."""

import gzip
import json
import socket
import sys
import time
from pathlib import Path

import pytest
import requests
from running import PROJECT, Marquee
from senders import HEADERS, SECRET

from handlers.receiving.verifier import sign
from handlers.signatures import StandardWebhooks

PATH_SECRET = "the-own-secret-of-an-address"
SIGNING_SECRET = "the-own-secret-of-a-signature"
SOURCES = f"""
[sources.load]
platform = "generic"
signature = "token"
secrets = ["{SECRET}"]
account_id = "acme"

[sources.signed]
platform = "generic"
signature = "standard-webhooks"
secrets = ["{SIGNING_SECRET}"]
account_id = "signed"

[sources.also-signed]
platform = "generic"
signature = "standard-webhooks"
secrets = ["another-secret-of-another-source"]
account_id = "also-signed"

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


def head(*lines, source="load"):
    return "\r\n".join([f"POST /webhooks/{source} HTTP/1.1", "Host: x", *lines]).encode() + b"\r\n\r\n"


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


LENGTHS = ["+0", "-1", "0x0", "1_0", "0 0", "0\x0b", "\u0660", "9" * 5000, "", '"0"', "0;"]
CHUNKS = {
    "a size with a sign": b"+0\r\n\r\n",
    "a size below zero": b"-1\r\n",
    "a size of another base": b"0x0\r\n\r\n",
    "a size in parts": b"0_0\r\n\r\n",
    "a size before a space": b"0 \r\n\r\n",
    "a size that is none": b"zz\r\n\r\n",
    "no size": b"\r\n\r\n",
    "a size of another alphabet": "\uff10\r\n\r\n".encode(),
    "a size that no machine holds": b"f" * 64 + b"\r\n",
    "a chunk shorter than its size": b"40\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than its size": b"1\r\n{}\r\n0\r\n\r\n",
    "a bare line feed after a size": b"0\n\n",
    "a bare line feed in an extension": b"0;a\nb\r\n\r\n",
    "an extension without a name": b"0;=\r\n\r\n",
    "an endless extension": b"0;" + b"a" * 70_000,
    "a trailer that is no header": b"0\r\nno header\r\n\r\n",
    "a trailer with a bare line feed": b"0\r\na: b\nc: d\r\n\r\n",
    "trailers without end": b"0\r\n" + b"a: b\r\n" * 60_000,
}


def is_refused_alone(answer):
    """One answer at most, which is about the request that was sent and not about one hidden in it."""
    return answer.count(b"HTTP/1.1 ") <= 1 and (not answer or int(answer.split()[1]) in (400, 404, 413, 431, 501))


@pytest.mark.parametrize("attack", SMUGGLED)
def test_no_request_is_smuggled_in_another_by(marquee, attack):
    assert is_refused_alone(exchange(marquee, SMUGGLED[attack]))


@pytest.mark.parametrize("length", LENGTHS)
def test_no_request_is_smuggled_in_another_by_a_length_that_is_none(marquee, length):
    assert is_refused_alone(exchange(marquee, head(f"Content-Length: {length}") + INNER))


@pytest.mark.parametrize("source", ["load", "nobody"])  # whose body is read, and who is refused before
@pytest.mark.parametrize("attack", CHUNKS)
def test_no_request_is_smuggled_in_another_by_chunks_with(marquee, attack, source):
    answer = exchange(marquee, head("Transfer-Encoding: chunked", source=source) + CHUNKS[attack] + INNER)
    assert is_refused_alone(answer), answer


def test_no_request_is_smuggled_in_the_body_of_one_that_is_refused_unread(marquee):
    answer = exchange(marquee, head(f"Content-Length: {len(INNER)}", source="nobody") + INNER)
    assert is_refused_alone(answer)


def test_no_request_is_smuggled_past_a_balancer_by_another_protocol(marquee):
    """https://bishopfox.com/blog/h2c-smuggling-request: a balancer that passes an upgrade on looks at nothing after it."""
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
    answer = exchange(marquee, head(*upgrade, "Content-Length: 2") + b"{}")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"HTTP/1.1 101 " not in answer


def test_the_hidden_request_would_be_answered_if_it_were_one(marquee):
    """So that each refusal above is one."""
    assert exchange(marquee, head("Content-Length: 0") + INNER).count(b"HTTP/1.1 401 ") == 2


@pytest.mark.parametrize(
    "path", ["/webhooks/load%0d%0aSet-Cookie:%20a=b", "/webhooks/x%0a{%22level%22:%22error%22}", "/%0d%0a"]
)
def test_no_header_and_no_line_of_the_log_is_made_by_an_address(marquee, path):
    answer = requests.get(marquee.url + path, timeout=5)
    assert answer.status_code in (400, 404, 405)
    assert "Set-Cookie" not in answer.headers
    assert all(json.loads(line) for line in marquee.logged().splitlines() if line)


FORGED = '"}\r\n{"level":"error","action":"forged"}\x1b[2J\x9b1m\u2028\u202e\u2066\u200b'


def lines(marquee):
    """The log's, each of them an object; nothing in them moves a cursor or turns the direction."""
    logged = marquee.logged()
    assert [letter for letter in logged if not letter.isprintable() and letter != "\n"] == []
    return [json.loads(line) for line in logged.splitlines() if line]


def test_no_line_of_the_log_is_made_by_a_header(marquee):
    for name in ("X-Request-Id", "X-Delivery-Id", "User-Agent", "Content-Type", "Authorization", "X-Forwarded-For"):
        written = FORGED.replace("\r\n", "").encode()
        exchange(marquee, head("Content-Length: 2")[:-2] + name.encode() + b": " + written + b"\r\n\r\n{}")
    assert all(line.get("action") != "forged" for line in lines(marquee))


@pytest.mark.parametrize("member", ["id", "version", "notificationId", "eventName", "objectId", "unknown"])
def test_no_line_of_the_log_is_made_by_what_a_notification_says(marquee, member):
    told = {"id": "ev-forging", member: FORGED}
    answer = requests.post(f"{marquee.url}/webhooks/load", json=told, headers=HEADERS, timeout=5)
    assert answer.status_code in (202, 422)
    assert all(line.get("action") != "forged" for line in lines(marquee))


def test_a_signed_notification_that_was_recorded_is_not_taken_again(marquee):
    body, now = b'{"id": "ev-recorded", "version": 1}', time.time()

    def replayed(source="signed", at=now, **other):
        headers = sign(StandardWebhooks(), SIGNING_SECRET, body, "msg_1", at).headers | other
        given = headers | {"Content-Type": "application/json"}
        answer = requests.post(f"{marquee.url}/webhooks/{source}", data=body, headers=given, timeout=5).json()
        return answer.get("status"), answer.get("reason"), answer.get("notification")

    _, _, first = replayed()
    assert replayed() == ("duplicate", None, first)
    assert replayed(**{"webhook-id": "msg_2"})[:2] == (401, "bad_signature")
    assert replayed(**{"webhook-timestamp": str(int(now) + 1)})[:2] == (401, "bad_signature")
    assert replayed(at=now - 3600)[:2] == (401, "stale_timestamp")
    assert replayed("also-signed")[:2] == (401, "bad_signature")


def test_a_small_body_that_unpacks_to_a_large_one_is_not_unpacked(marquee):
    bomb = gzip.compress(b'{"id": "ev-1", "eventName": "' + b"x" * 50_000_000 + b'"}')
    answer = requests.post(
        f"{marquee.url}/webhooks/load", data=bomb, headers=HEADERS | {"Content-Encoding": "gzip"}, timeout=5
    )
    assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")


def test_a_body_without_end_is_refused_before_it_comes(marquee):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=5) as connection:
        connection.sendall(head(f"Content-Length: {10**12}"))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    assert time.monotonic() - began < 2


def test_chunks_without_end_are_refused_at_the_limit(marquee):
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=5) as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + b"10000\r\n%b\r\n" % (b"x" * 65536) * 17)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("attack", "body"),
    [
        ("depth", b'{"id":' * 50_000 + b"1" + b"}" * 50_000),
        ("arrays", b"[" * 500_000 + b"]" * 500_000),
        ("a number of a million digits", b'{"id": "a", "version": ' + b"9" * 900_000 + b"}"),
        ("a number beyond all numbers", b'{"id": "a", "version": 1e999999999}'),
        (
            "numbers without end",
            b'{"id": "a", "customProperties": {"n": [' + b"9999999999999999999," * 45_000 + b"1]}}",
        ),
        ("a name of a million letters", b'{"' + b"x" * 1_000_000 + b'": 1, "id": "a"}'),
        ("a string of a million letters", b'{"id": "' + b"x" * 1_000_000 + b'"}'),
        ("a million escapes", b'{"id": "a", "eventName": "' + b"\\u0000" * 170_000 + b'"}'),
        ("a hundred thousand names", json.dumps({"id": "a"} | {f"{n:x}": 1 for n in range(80_000)}).encode()),
    ],
)
def test_json_that_is_costly_to_read_is_answered_soon_and_never_by_a_fault(marquee, attack, body):
    began = time.monotonic()
    answer = requests.post(f"{marquee.url}/webhooks/load", data=body, headers=HEADERS, timeout=10)
    assert answer.status_code in (202, 400, 413, 422), attack
    assert time.monotonic() - began < 5


def test_names_whose_hashes_collide_cannot_be_made_up_beforehand(marquee):
    """They are another in each start (https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED)."""
    assert b"PYTHONHASHSEED" not in Path(f"/proc/{marquee._process.pid}/environ").read_bytes()
    deployed = [
        file for file in (PROJECT / "deploy").rglob("*") if file.is_file() and file.suffix not in (".png", ".pyc")
    ]
    assert [file.name for file in deployed if "PYTHONHASHSEED" in file.read_text(errors="replace")] == []
    assert sys.flags.hash_randomization


def test_whether_a_source_exists_cannot_be_told_by_a_wrong_address(marquee):
    bodies = {"data": b"{}", "headers": {"Content-Type": "application/json"}}
    wrong = requests.post(f"{marquee.url}/webhooks/hidden/guess", timeout=5, **bodies)
    missing = requests.post(f"{marquee.url}/webhooks/hidden", timeout=5, **bodies)
    nobody = requests.post(f"{marquee.url}/webhooks/nobody/guess", timeout=5, **bodies)
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


def test_no_secret_of_an_address_is_told_in_a_metric_or_an_answer(marquee):
    told = requests.post(f"{marquee.url}/webhooks/hidden/{PATH_SECRET}", json={}, timeout=5)
    wrong = requests.post(f"{marquee.url}/webhooks/hidden/{PATH_SECRET}/more?token={PATH_SECRET}", timeout=5)
    odd = exchange(marquee, f"GET /webhooks/hidden/{PATH_SECRET} HTTP/9.9\r\n\r\n".encode())
    metrics = requests.get(f"{marquee.url}/metrics", timeout=5).text
    assert 'marquee_notifications_total{source="hidden"' in metrics
    assert not [one for one in (told.text, wrong.text, odd.decode(), metrics) if PATH_SECRET in one]
    assert not [name for name in (*told.headers.values(), *wrong.headers.values()) if PATH_SECRET in name]


def test_it_serves_still(marquee):
    answer = requests.post(f"{marquee.url}/webhooks/load", json={"id": "ev-1"}, headers=HEADERS, timeout=5)
    assert answer.status_code == 202
