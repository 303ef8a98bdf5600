"""Asks a platform what an event looks like now; other hosts than the source's own are never asked."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Event as Flag
from threading import Lock
from typing import Any, TypeVar

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.granting import Granted
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Outgoing
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.visiting import Visitor, count
from handlers.metrics import Metrics
from handlers.platform import Answer, Api, Found, Get, Gone, LookUp, Platform, Remaining, Skipped
from schemas.sources import Source

FORGET_SECONDS = 60.0
MOST_BYTES = 8 * 1024 * 1024
Key = tuple[str, tuple[tuple[str, str], ...]]
T = TypeVar("T")


@dataclass
class _Asked:
    """The latest answer to one question. `at` is when it was asked; its lock lets only one ask at a time."""

    at: float
    answer: Answer | None = None
    bytes: int = 0
    lock: Lock = field(default_factory=Lock)


@dataclass
class Guest:
    """One source's platform, asked no more often than needed."""

    source: Source
    look_up_event: Callable[[str, Any], LookUp]
    visitor: Visitor
    clock: Callable[[], float] = time.time
    _asked: dict[Key, _Asked] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def lane(self) -> Lane:
        """Whether, how often and by how many it may be asked."""
        return self.visitor.lane

    def look_up(self, external_id: str, since: float) -> Found | Gone | Skipped | Remaining:
        """The event as it was at some moment after `since` (Unix seconds).

        Raises `LookUpFailed` where the platform gives no answer, `InvalidNotification` where it makes no sense.
        """
        started = time.monotonic()
        found = self.follow(self.look_up_event(external_id, self.source), since)
        self.lane.took(time.monotonic() - started)
        return found

    def follow(self, asking: Generator[Get, Answer, T], since: float | None) -> T:
        """What comes of the questions, each answered as things were at some moment after `since`; raises as `look_up`.

        None: as they are now; nothing is remembered, since nobody else will ask that.
        """
        try:
            question = next(asking)
            while True:
                question = asking.send(self.visitor.ask(question)[0] if since is None else self._ask(question, since))
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    def _ask(self, question: Get, since: float) -> Answer:
        """An answer asked for after `since` serves all who need one, such as the parent of several dates."""
        asked = self._remembered((question.path, tuple(sorted(question.params.items()))))
        with asked.lock:
            if asked.answer is None or asked.at <= since:
                at = self.clock()
                asked.answer, asked.bytes = self.visitor.ask(question)
                asked.at = at
            return asked.answer

    def _remembered(self, key: Key) -> _Asked:
        """What is old is forgotten, and the oldest of what is more than memory should hold."""
        with self._lock:
            stale, size = self.clock() - FORGET_SECONDS, 0
            kept: dict[Key, _Asked] = {}
            for known, asked in reversed(self._asked.items()):
                size += asked.bytes
                if asked.lock.locked() or (asked.at > stale and size <= MOST_BYTES):
                    kept[known] = asked
            self._asked = dict(reversed(kept.items()))
            return self._asked.setdefault(key, _Asked(self.clock()))


def guests(
    platforms: Mapping[str, Platform[Any]],
    sources: Mapping[str, Source],
    outgoing: Callable[[str], Outgoing],
    metrics: Metrics,
    stop: Flag | None = None,
    clock: Callable[[], float] = time.time,
) -> dict[str, Guest]:
    """A guest for each source whose platform can be asked; `outgoing` makes a caller for one base URL.

    `stop` ends all waiting for a turn. `clock` tells Unix seconds as the inbox does: answers are compared with its times.
    """
    visits = {}
    for name, source in sources.items():
        platform = platforms[source.platform]
        api = platform.api(source) if platform.api else None
        if api is not None and platform.look_up is not None:
            spacing = Spacing(api.calls_per_second, stop or Flag())
            granted = _granted(name, api, outgoing, metrics)
            lane = Lane(spacing, api.at_once, clock, Breaker(clock))
            visitor = Visitor(name, api, outgoing(api.base_url), lane, metrics, granted)
            visits[name] = Guest(source, platform.look_up, visitor, clock)
    return visits


def _granted(source: str, api: Api, outgoing: Callable[[str], Outgoing], metrics: Metrics) -> Granted | None:
    if api.grant is None:
        return None
    return Granted(api.grant, outgoing(api.grant.base_url), source, partial(count, metrics, source))
