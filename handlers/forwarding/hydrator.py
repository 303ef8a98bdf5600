"""Asks a platform what an event looks like now; other hosts than the source's own are never asked."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import orjson

from handlers.errors import LookUpFailed
from handlers.forwarding.outgoing import Outgoing, Reply
from handlers.platform import Answer, Api, Found, Get, Gone, LookUp, Platform, Remaining, Skipped
from schemas.sources import Source

FORGET_SECONDS = 60.0
Key = tuple[str, tuple[tuple[str, str], ...]]
T = TypeVar("T")


@dataclass
class _Asked:
    """The latest answer to one question. `at` is when it was asked; its lock lets only one ask at a time."""

    at: float
    answer: Answer | None = None
    lock: Lock = field(default_factory=Lock)


@dataclass
class Guest:
    """One source's platform, asked no more often than needed."""

    source: Source
    look_up_event: Callable[[str, Any], LookUp]
    api: Api
    outgoing: Outgoing
    clock: Callable[[], float] = time.time
    _asked: dict[Key, _Asked] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def look_up(self, external_id: str, since: float) -> Found | Gone | Skipped | Remaining:
        """The event as it was at some moment after `since` (Unix seconds).

        Raises `LookUpFailed` where the platform gives no answer, `InvalidNotification` where it makes no sense.
        """
        return self.follow(self.look_up_event(external_id, self.source), since)

    def follow(self, asking: Generator[Get, Answer, T], since: float) -> T:
        """What comes of the questions, each answered as things were at some moment after `since`; raises as `look_up`."""
        try:
            question = next(asking)
            while True:
                question = asking.send(self._ask(question, since))
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    def _ask(self, question: Get, since: float) -> Answer:
        """An answer asked for after `since` serves all who need one, such as the parent of several dates."""
        asked = self._remembered((question.path, tuple(sorted(question.params.items()))))
        with asked.lock:
            if asked.answer is None or asked.at <= since:
                at = self.clock()
                asked.answer, asked.at = self._call(question), at
            return asked.answer

    def _remembered(self, key: Key) -> _Asked:
        with self._lock:
            stale = self.clock() - FORGET_SECONDS
            self._asked = {k: a for k, a in self._asked.items() if a.at > stale or a.lock.locked()}
            return self._asked.setdefault(key, _Asked(self.clock()))

    def _call(self, question: Get) -> Answer:
        headers = {**self.api.headers, "Accept": "application/json"}
        reply = self.outgoing.call("GET", question.path, params=question.params, headers=headers)
        if reply.status not in question.expects:
            raise LookUpFailed(_why(reply))
        return Answer(reply.status, _object(reply) if reply.status == 200 else {})


def guests(
    platforms: Mapping[str, Platform[Any]], sources: Mapping[str, Source], outgoing: Callable[[str], Outgoing]
) -> dict[str, Guest]:
    """A guest for each source whose platform can be asked; `outgoing` makes a caller for one base URL."""
    visits = {}
    for name, source in sources.items():
        platform = platforms[source.platform]
        api = platform.api(source) if platform.api else None
        if api is not None and platform.look_up is not None:
            visits[name] = Guest(source, platform.look_up, api, outgoing(api.base_url))
    return visits


def _object(reply: Reply) -> dict[str, Any]:
    try:
        value = orjson.loads(reply.body)
    except ValueError as error:
        raise LookUpFailed("platform_unreadable") from error
    if not isinstance(value, dict):
        raise LookUpFailed("platform_unreadable")
    return value


def _why(reply: Reply) -> str:
    if reply.status is None:
        return "platform_unreachable"
    return "platform_refuses_token" if reply.status in (401, 403) else "platform_unavailable"
