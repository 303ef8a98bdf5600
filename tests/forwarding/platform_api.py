"""A platform's API on loopback that can be anything but well: slow, throttling, failing, redirecting, endless, rude."""

import json
import socket
import struct
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import urlsplit


class PlatformApi:
    """Answers `/<name>` with that name, while it is well. `mood` is what it is instead; `told` is its Retry-After.

    `asked` holds when and what it was asked, `most` how many questions it had at one time.
    """

    def __init__(self, token="right", clock=time.time):
        self.mood, self.token, self.told, self.clock = "well", token, 2, clock
        self.seconds = 0.0
        self.elsewhere = "http://127.0.0.1:9/"
        self.asked, self.most = [], 0
        self._now, self._lock, self.released = 0, Lock(), Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def recover(self):
        self.mood = "well"
        self.released.set()

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, handler):
        with self._lock:
            self.asked.append((time.monotonic(), urlsplit(handler.path).path))
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            time.sleep(self.seconds)
            if handler.headers.get("Authorization") != f"Token {self.token}":
                say(handler, 401, {"detail": "Invalid token."})
            else:
                MOODS[self.mood](self, handler)
        finally:
            with self._lock:
                self._now -= 1


def _handler(api):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            api.serve(self)

        def log_message(self, *_):
            pass

    return Handler


def say(handler, status, body, headers=None, kind="application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in ({"Content-Type": kind, "Content-Length": str(len(content))} | (headers or {})).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def well(_api, handler):
    say(handler, 200, {"name": urlsplit(handler.path).path.strip("/")})


def slow(api, handler):
    api.released.wait(20)
    handler.close_connection = True


def throttling(api, handler):
    say(handler, 429, {}, {"Retry-After": str(api.told)})


def throttling_until(api, handler):
    say(handler, 429, {}, {"Retry-After": formatdate(api.clock() + api.told + 1, usegmt=True)})


def busy(api, handler):
    say(handler, 503, {}, {"Retry-After": str(api.told)})


def failing(_api, handler):
    say(handler, 500, b"<h1>Internal Server Error</h1>", kind="text/html")


def redirecting(api, handler):
    say(handler, 302, b"", {"Location": api.elsewhere})


def endless(_api, handler):
    """200 MB, or as much of it as somebody takes."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(200 * 1024 * 1024))
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(3200):
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


def html(_api, handler):
    say(handler, 200, b"<html>Down for maintenance</html>", kind="text/html")


def resetting(_api, handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


MOODS = {
    "well": well,
    "slow": slow,
    "throttling": throttling,
    "throttling until": throttling_until,
    "busy": busy,
    "failing": failing,
    "redirecting": redirecting,
    "endless": endless,
    "html": html,
    "resetting": resetting,
}
