"""Clients that go on at a steady pace whatever they hear, and count every answer."""

import http.client
import json
import threading
import time
from collections import Counter

from senders import HEADERS


class Steady:
    """Posts notifications to a port, from several connections, until the block is left.

    `rate` a second over all; `keeps`: whether a connection is used again; `events`: how many each connection tells of, in
    turn. `heard` counts the answers: a status, `refused` where no connection could be had (so nothing was sent), else the name
    of the error. `taken` are the notifications that were answered 202, `newest` the last of these names of each event.
    `latencies` are pairs of the moment, by the steady clock, at which a request was due and of the seconds from then to its
    answer, so that what had to wait for the one before it is counted.
    """

    def __init__(self, port, rate, *, connections=8, keeps=True, name="ev", events=1):
        self.heard, self.taken, self.newest, self.latencies = Counter(), [], {}, []
        self._port, self._gap, self._keeps = port, connections / rate, keeps
        self._names = [[f"{name}-{lane + connections * turn}" for turn in range(events)] for lane in range(connections)]
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
            event, said = self._names[lane][number % len(self._names[lane])], f"Version {number + 1}"
            number += 1
            answer, notification = self._post(connection, {"id": event, "version": number, "eventName": said})
            with self._lock:
                self.latencies.append((due, time.monotonic() - due))
                self.heard[answer] += 1
                if notification:
                    self.taken.append(notification)
                    self.newest[event] = said
            due += self._gap
        connection.close()

    def _post(self, connection, body):
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
