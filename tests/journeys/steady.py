"""Clients that go on at a steady pace whatever they hear, and count every answer."""

import http.client
import json
import threading
import time
from collections import Counter

from senders import HEADERS


class Steady:
    """Posts notifications to a port, from several connections, until the block is left.

    `rate` a second over all; `keeps`: whether a connection is used again. `heard` counts the answers: a status, `refused`
    where no connection could be had (so nothing was sent), else the name of the error; `latencies` are in seconds.
    """

    def __init__(self, port, rate, *, connections=8, keeps=True, name="ev"):
        self.heard, self.taken, self.slowest, self.latencies = Counter(), [], 0.0, []
        self._port, self._gap, self._keeps, self._name = port, connections / rate, keeps, name
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._go_on, args=(lane,)) for lane in range(connections)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, lane):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        due, number = time.monotonic() + self._gap * lane / len(self._threads), 0
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            number += 1
            due += self._gap
            started = time.monotonic()
            answer, notification = self._post(connection, lane, number)
            with self._lock:
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.latencies.append(time.monotonic() - started)
                self.heard[answer] += 1
                self.taken += [notification] if notification else []
        connection.close()

    def _post(self, connection, lane, number):
        body = {"id": f"{self._name}-{lane}", "version": number, "eventName": f"Version {number}"}
        headers = HEADERS if self._keeps else HEADERS | {"Connection": "close"}
        if connection.sock is None:
            try:
                connection.connect()
            except ConnectionRefusedError:
                return "refused", None
        try:
            connection.request("POST", "/webhooks/load", json.dumps(body), headers)
            reply = connection.getresponse()
            answer = json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            return type(error).__name__, None
        return reply.status, answer.get("notification")
