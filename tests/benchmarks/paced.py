"""Sends at an even pace and prints the rate reached, p50 and p99 in ms; called by ack.py.

One thread, which holds bytes ready and reads no more of an answer than it must: what the load costs, the service lacks.
"""

import hashlib
import hmac
import selectors
import socket
import sys
import time
from collections import deque

from ack import EVENTS, SECRET, body

CONNECTIONS = 16
ACCEPTED = b"HTTP/1.1 202 "
TIMEOUT_SECONDS = 30


def signed(content):
    """The bytes of a request."""
    signature = hmac.new(SECRET.encode(), content.encode(), hashlib.sha256).hexdigest()
    head = f"POST /webhooks/bench HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Signature: {signature}\r\n"
    return f"{head}Content-Length: {len(content.encode())}\r\n\r\n{content}".encode()


def is_whole(answer):
    """Whether all has come that its head promises."""
    head, end, content = answer.partition(b"\r\n\r\n")
    return bool(end) and len(content) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


class Lane:
    """A kept connection, with one request at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._due, self._answer = 0.0, b""

    def ask(self, request, due):
        self._due, self._answer = due, b""
        self.socket.sendall(request)

    def read(self):
        """Seconds since the request was due, once the answer is whole."""
        part = self.socket.recv(65536)
        assert part, "a connection was closed"
        self._answer += part
        if not is_whole(self._answer):
            return None
        assert self._answer.startswith(ACCEPTED), self._answer[:40]
        return time.monotonic() - self._due


def send(port, requests, rate, count, before=0):
    """Send `count` of the requests, again from the first after the last; sorted seconds from when each was due.

    So many more are sent `before` them.
    """
    with selectors.DefaultSelector() as selector:
        idle = deque(Lane(port) for _ in range(CONNECTIONS))
        for lane in idle:
            selector.register(lane.socket, selectors.EVENT_READ, lane)
        latencies, turn, start = [], 0, time.monotonic() + 0.1
        while len(latencies) < before + count:
            due = start + turn / rate
            rest = max(0.0, due - time.monotonic()) if idle and turn < before + count else TIMEOUT_SECONDS
            if rest == 0.0:
                lane = idle.popleft()
                lane.ask(requests[turn % len(requests)], due)
                turn += 1
            for key, _ in selector.select(rest):
                if (seconds := key.data.read()) is not None:
                    latencies.append(seconds)
                    idle.append(key.data)
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        return sorted(latencies[before:])


def main(port, rate, seconds, before):
    requests = [signed(body(number)) for number in range(EVENTS)]
    began = time.monotonic()
    latencies = send(port, requests, rate, int(rate * seconds), int(rate * before))
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    print(len(latencies) / (time.monotonic() - began - before), p50, p99)


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(float, sys.argv[2:]))
