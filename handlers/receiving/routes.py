"""The door's addresses: every answer is logged and counted once, whatever it is."""

import re
import time
from collections.abc import Callable, Mapping
from http import HTTPMethod
from secrets import token_hex
from typing import Any

import structlog
from flask import Blueprint, Request, Response
from flask.globals import request_ctx

from handlers.errors import InboxUnavailable, Refusal
from handlers.metrics import Metrics
from handlers.platform import Platform
from handlers.receiving.answers import Passage
from handlers.receiving.door import Door, DoorSettings, Entrance, Inbox
from handlers.receiving.front import put_in_front
from handlers.receiving.refusals import failed, problem, unavailable
from handlers.receiving.rotation import Uses
from schemas.sources import Source

__all__ = ["DoorSettings", "blueprint"]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger()


def blueprint(
    sources: Mapping[str, Source],
    platforms: Mapping[str, Platform[Any]],
    inbox: Inbox,
    settings: DoorSettings,
    metrics: Metrics,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """`/webhooks/<source>` and `/webhooks/<source>/<token>`, and what senders add to them; the door judges the methods too.

    Addresses are only as deep as the sources' platforms make them.
    """
    entrances = {name: _entrance(source, platforms) for name, source in sources.items()}
    door, uses = Door(entrances, inbox, settings, clock), Uses(metrics, clock)
    receiving = Blueprint("receiving", __name__, url_prefix="/webhooks")

    def answer_to(request: Request, source: str, token: str | None, deeper: int = 0) -> Response:
        started = time.perf_counter()
        passage = Passage()
        request_id = _request_id(request)
        try:
            answer = _judged(door, request, source, token, passage, deeper)
        except Exception as error:  # noqa: BLE001 - what nobody foresaw is answered, logged and counted as all else
            passage.status = passage.reason = "internal_error"
            answer = failed(error, request_id)
        answer.headers["X-Request-Id"] = request_id
        uses.note(passage.source, passage.secret)
        _record(passage, request_id, time.perf_counter() - started, metrics)
        return answer

    def receive(source: str, token: str | None = None, **deeper: str) -> Response:
        return answer_to(request_ctx.request, source, token, len(deeper))

    longest = max((entrance.platform.path_suffix for entrance in entrances.values()), default=0)
    deeper_ones = ["".join(f"/<part{number}>" for number in range(depth)) for depth in range(longest + 1)]
    for address in ("/<source>", *(f"/<source>/<token>{parts}" for parts in deeper_ones)):
        receiving.add_url_rule(address, view_func=receive, methods=list(HTTPMethod), provide_automatic_options=False)
    receiving.record_once(lambda state: put_in_front(state.app, answer_to))
    return receiving


def _judged(door: Door, request: Request, source: str, token: str | None, passage: Passage, deeper: int) -> Response:
    try:
        return door.receive(request, source, token, passage, deeper)
    except Refusal as refusal:
        passage.status = passage.reason = refusal.reason
        answer = problem(refusal)
        if refusal.status == 405:
            answer.headers["Allow"] = "POST"
        return answer
    except InboxUnavailable as error:
        passage.status = passage.reason = "inbox_unavailable"
        return unavailable(error)


def _entrance(source: Source, platforms: Mapping[str, Platform[Any]]) -> Entrance:
    platform = platforms[source.platform]
    return Entrance(source, platform, tuple(platform.schemes(source)))


def _request_id(request: Request) -> str:
    """The caller's, if it is one that cannot disturb a log; else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(16)


def _record(passage: Passage, request_id: str, seconds: float, metrics: Metrics) -> None:
    """One line for each answer, and one count for each notification, under configured names only."""
    log = _log
    if passage.counts:
        log = log.bind(notifications=passage.counts.total(), kept=passage.kept)
        for status, count in passage.counts.items():
            metrics.notifications.labels(passage.source, status).inc(count)
    else:
        metrics.notifications.labels(passage.source, passage.status).inc()
    if passage.dead:
        metrics.settled.labels(passage.source, "dead").inc(passage.dead)
    metrics.ack.observe(seconds)
    log.info(
        "webhook answered",
        action="notification.received",
        source=passage.source,
        status=passage.status,
        reason=passage.reason,
        notification=passage.notification,
        about=passage.event,
        request_id=request_id,
        duration_ms=round(seconds * 1000, 2),
    )
