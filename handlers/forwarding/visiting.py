"""The one way to a platform: at its pace, with what opens it, and each call judged, counted and logged."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from handlers.forwarding.granting import Granted
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Outgoing, Reply
from handlers.forwarding.reading import json_of
from handlers.forwarding.trouble import UNREADABLE, Troubled, trouble_of
from handlers.metrics import Metrics
from handlers.platform import Answer, Api, Get

_log = structlog.get_logger()


@dataclass(frozen=True)
class Visitor:
    """One source before its platform. `granted`: where the token comes from, if it is not in the API's own headers."""

    source: str
    api: Api
    outgoing: Outgoing
    lane: Lane
    metrics: Metrics
    granted: Granted | None = None
    clock: Callable[[], float] = time.time

    def ask(self, question: Get) -> tuple[Answer, int]:
        """The answer, and of how many bytes it was. Raises `LookUpFailed`: the call failed, or none was made."""
        with self.lane.visit():
            reply = self._call(question)
            trouble = trouble_of(reply, question.expects, self.clock())
            if trouble:
                raise Troubled(trouble)
            return Answer(reply.status or 0, _object(reply) if reply.status == 200 else {}), len(reply.body)

    def _call(self, question: Get) -> Reply:
        """A token that was granted and is refused is replaced once."""
        opening = self.granted.headers() if self.granted else {}
        reply = self._send(question, opening)
        if self.granted and reply.status == 401 and 401 not in question.expects:
            return self._send(question, self.granted.headers(refused=opening["Authorization"]))
        return reply

    def _send(self, question: Get, opening: Mapping[str, str]) -> Reply:
        headers = {**self.api.headers, **opening, "Accept": "application/json"}
        reply = self.outgoing.call("GET", question.path, params=question.params, headers=headers)
        count(self.metrics, self.source, reply)
        told = {"status": reply.status, "fault": reply.fault, "duration_ms": round(reply.seconds * 1000, 1)}
        _log.info(
            "a platform was asked", action="platform.call", source=self.source, path=_shown(question.path), **told
        )
        return reply


def count(metrics: Metrics, source: str, reply: Reply) -> None:
    """One more call of a source's platform."""
    metrics.platform_calls.labels(source, str(reply.status or reply.fault)).inc()
    metrics.platform_seconds.observe(reply.seconds)


def _shown(path: str) -> str:
    """The path for the log: a part of it may be a person's address, as that of Zoom's hosts is."""
    return "/".join("…" if "@" in part else part for part in path.split("/"))


def _object(reply: Reply) -> dict[str, Any]:
    value = json_of(reply)
    if not isinstance(value, dict):
        raise Troubled(UNREADABLE)
    return value
