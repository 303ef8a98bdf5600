"""Calling out: one host, no redirects, an end to everything."""

import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from handlers.forwarding import outgoing
from handlers.forwarding.outgoing import Outgoing, quoted


class Handler(BaseHTTPRequestHandler):
    """Answers by the path."""

    def do_GET(self):
        self.server.heard.append((self.path, dict(self.headers)))
        if self.path.startswith("/redirect"):
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path.startswith("/endless"):
            self.send_response(200)
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b"x" * 65536)
        elif self.path.startswith("/slow"):
            self.server.released.wait(5)
        else:
            content = b'{"a": 1}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.heard = []
    server.released = Event()
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def server():
    with serving() as running:
        yield running


def caller(server, timeout=5.0):
    return Outgoing(f"http://127.0.0.1:{server.server_port}", timeout)


def test_an_answer_comes_back_whole(server):
    reply = caller(server).call("GET", "/a", params={"q": "x y"}, headers={"Authorization": "Token t"})
    assert (reply.status, reply.body, reply.fault) == (200, b'{"a": 1}', None)
    assert server.heard[0][0] == "/a?q=x+y"


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    assert caller(server).call("GET", "/redirect").status == 302
    assert len(server.heard) == 1


@pytest.mark.rule(10)
def test_an_endless_answer_is_given_up(server):
    assert caller(server).call("GET", "/endless").fault == "too_large_or_slow"


@pytest.mark.rule(10)
def test_a_silent_server_is_given_up(server):
    reply = caller(server, timeout=0.2).call("GET", "/slow")
    assert (reply.status, reply.fault) == (None, "read_timeout")


def test_a_server_that_is_not_there_is_said_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert Outgoing(f"http://127.0.0.1:{port}", 1.0).call("GET", "/").fault == "refused"


def test_a_name_that_is_nowhere_is_said_so():
    assert Outgoing("https://no-such-host.invalid", 2.0).call("GET", "/").fault in ("dns", "connect_timeout")


@pytest.mark.rule(10)
def test_a_connection_that_breaks_is_said_so():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=lambda: listener.accept()[0].close())
        thread.start()
        assert Outgoing(f"http://127.0.0.1:{listener.getsockname()[1]}", 2.0).call("GET", "/").fault == "reset"
        thread.join()


@pytest.mark.parametrize(
    "base_url", ["http://example.com", "https://u:p@example.com", "example.com", "ftp://127.0.0.1", "https://"]
)
def test_only_https_is_called_or_this_host(base_url):
    with pytest.raises(ValueError, match="."):
        Outgoing(base_url, 1.0)


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "a", "/../x", "/a/../b", "/a\r\nHost: x", ""]
)
def test_a_path_can_only_lead_down(server, path):
    with pytest.raises(ValueError, match="leads down"):
        caller(server).call("GET", path)
    assert server.heard == []


@pytest.mark.parametrize(
    ("segment", "safe"),
    [
        ("a/b", "a%2Fb"),
        ("..a", "..a"),
        ("...", "..."),
        ("a:b c?#", "a%3Ab%20c%3F%23"),
        ("ü", "%C3%BC"),
        ("%2e", "%252e"),
    ],
)
def test_a_segment_is_quoted_so_that_it_stays_one(server, segment, safe):
    assert quoted(segment) == safe
    caller(server).call("GET", f"/a/{quoted(segment)}/b")
    assert server.heard[-1][0] == f"/a/{safe}/b"


@pytest.mark.parametrize("segment", [".", ".."])
def test_a_step_up_is_no_segment(segment):
    with pytest.raises(ValueError, match="segment"):
        quoted(segment)


def test_no_proxy_and_no_credentials_of_the_environment_are_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert caller(server).call("GET", "/a").status == 200


def test_each_fault_has_its_word():
    assert outgoing._fault(outgoing.SSLError()) == "tls"
    assert outgoing._fault(outgoing.ConnectTimeout()) == "connect_timeout"
    assert outgoing._fault(OSError()) == "broken"
