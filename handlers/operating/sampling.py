"""Plays a platform: signs and posts sample notifications to this Marquee."""

import time
from typing import Any

from rich.console import Console
from rich.progress import track

from handlers.forwarding.outgoing import Outgoing
from handlers.platform import Platform
from handlers.receiving.verifier import sign
from schemas.sources import Source


class Sender:
    """Sends as the platform of one source would."""

    def __init__(self, source: Source, platform: Platform[Any], url: str) -> None:
        """Send to the Marquee at `url`. Raises `ValueError` where that is neither https nor on this host."""
        self._source = source
        self._platform = platform
        self._outgoing = Outgoing(url, timeout=30.0)

    def send(self, count: int, events: int, rate: float | None) -> dict[str, int]:
        """Post `count` notifications about `events` events, `rate` a second; returns how often each answer came.

        Raises `ValueError` where the source cannot be played.
        """
        answers: dict[str, int] = {}
        started, first = time.monotonic(), int(time.time())  # a later run is newer, and no duplicate
        for number in track(range(count), f"Sending to {self._source.name}", console=Console(stderr=True)):
            answer = self._post(number % events + 1, first + number // events)
            answers[answer] = answers.get(answer, 0) + 1
            if rate is not None:
                time.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
        return answers

    def _post(self, event: int, count: int) -> str:
        sample = self._platform.sample(self._source, event, count)
        scheme = self._platform.schemes(self._source)[0]
        signed = sign(scheme, self._source.secrets[0], sample.body, f"sample-{time.time_ns()}", time.time())
        path = f"/webhooks/{self._source.name}" + (f"/{signed.path_token}" if signed.path_token else "")
        reply = self._outgoing.call("POST", path, content=sample.body, headers={**sample.headers, **signed.headers})
        return str(reply.status or reply.fault)
