"""The door: prove, read, store, answer; written once for all platforms."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import getrandbits
from typing import Any, Protocol

import orjson
import structlog
from flask import Blueprint, Request, Response
from flask.globals import request_ctx

from handlers.content import parse_object
from handlers.errors import InboxUnavailable, InvalidNotification, Refusal
from handlers.inbox.arrival import Arrival, Receipt
from handlers.metrics import Metrics
from handlers.platform import Ignored, Notification, Platform
from handlers.receiving.body import read_body
from handlers.receiving.refusals import problem, unavailable
from handlers.receiving.verifier import check_path_token, unknown_source, verify
from handlers.signatures import Scheme
from schemas.sources import Source

MAX_DELIVERY_ID = 255
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger()


class Inbox(Protocol):
    """Where what is let in is kept."""

    def store(self, arrival: Arrival) -> Receipt:
        """Return once it is on disk; raises `InboxUnavailable`."""
        ...


@dataclass(frozen=True)
class DoorSettings:
    """The largest body in bytes, and by how many seconds a signature's time may be off."""

    max_body_bytes: int
    timestamp_tolerance: float


@dataclass(frozen=True)
class Entrance:
    """One source's way in, with all that can be prepared before a request comes."""

    source: Source
    platform: Platform[Any]
    schemes: tuple[Scheme, ...]


@dataclass
class Passage:
    """What is known so far of a request on its way in, for the answer and the log."""

    source: str = ""
    status: str = ""
    reason: str | None = None
    notification: str | None = None
    event: str | None = None


@dataclass(frozen=True)
class Door:
    """Judges a request in the fixed order: address, size, signature, media type and JSON, content."""

    entrances: Mapping[str, Entrance]
    inbox: Inbox
    settings: DoorSettings
    clock: Callable[[], float]

    def receive(self, request: Request, name: str, token: str | None, passage: Passage) -> Response:
        """Let one webhook in, or raise `Refusal` or `InboxUnavailable`."""
        entrance = self.entrances.get(name)
        if entrance is None:
            raise unknown_source()
        passage.source = name
        proven = check_path_token(entrance.schemes, entrance.source.secrets, token)
        body = read_body(request, self.settings.max_body_bytes)
        now = self.clock()
        if not proven:
            tolerance = self.settings.timestamp_tolerance
            verify(entrance.schemes, entrance.source.secrets, request.headers, body, now, tolerance)
        content = parse_object(request.content_type, request.headers.get("Content-Encoding"), body)
        try:
            read = entrance.platform.read(content, request.headers, entrance.source)
            _check_delivery_id(read)
        except InvalidNotification as error:
            arrival = Arrival(name, body, now, errors=error.errors)
            return self._keep_refused(entrance, error, arrival, passage)
        if isinstance(read, Ignored):
            return _answer(200, "ignored", None, passage)
        return self._keep(Arrival(name, body, now, read.action, read.event, read.delivery_id), passage)

    def _keep(self, arrival: Arrival, passage: Passage) -> Response:
        passage.event = arrival.event
        receipt = self.inbox.store(arrival)
        if receipt.duplicate:
            return _answer(200, "duplicate", receipt.notification, passage)
        return _answer(202, "accepted", receipt.notification, passage)

    def _keep_refused(
        self, entrance: Entrance, error: InvalidNotification, arrival: Arrival, passage: Passage
    ) -> Response:
        """It is kept as dead. Only the operator's own system is told: others would switch the webhook off."""
        passage.notification = self.inbox.store(arrival).notification
        if entrance.platform.own_sender:
            raise Refusal(422, "invalid_notification", "It is no notification that can be mapped.", error.errors)
        passage.reason = "invalid_notification"
        return _answer(202, "accepted", passage.notification, passage)


def blueprint(
    sources: Mapping[str, Source],
    platforms: Mapping[str, Platform[Any]],
    inbox: Inbox,
    settings: DoorSettings,
    metrics: Metrics,
    clock: Callable[[], float] = time.time,
) -> Blueprint:
    """`POST /webhooks/<source>` and `POST /webhooks/<source>/<token>`."""
    door = Door({name: _entrance(source, platforms) for name, source in sources.items()}, inbox, settings, clock)
    receiving = Blueprint("receiving", __name__, url_prefix="/webhooks")

    @receiving.post("/<source>", provide_automatic_options=False)
    @receiving.post("/<source>/<token>", provide_automatic_options=False)
    def receive(source: str, token: str | None = None) -> Response:
        started = time.perf_counter()
        passage, request = Passage(), request_ctx.request  # each look at Flask's own `request` would cost again
        answer = _judged(door, request, source, token, passage)
        request_id = _request_id(request)
        answer.headers["X-Request-Id"] = request_id
        _record(passage, request_id, time.perf_counter() - started, metrics)
        return answer

    return receiving


def _judged(door: Door, request: Request, source: str, token: str | None, passage: Passage) -> Response:
    try:
        return door.receive(request, source, token, passage)
    except Refusal as refusal:
        passage.status = passage.reason = refusal.reason
        return problem(refusal)
    except InboxUnavailable as error:
        passage.status = passage.reason = "inbox_unavailable"
        return unavailable(error)


def _entrance(source: Source, platforms: Mapping[str, Platform[Any]]) -> Entrance:
    platform = platforms[source.platform]
    return Entrance(source, platform, tuple(platform.schemes(source)))


def _check_delivery_id(read: Notification | Ignored) -> None:
    delivery_id = read.delivery_id if isinstance(read, Notification) else None
    if delivery_id is not None and not (0 < len(delivery_id) <= MAX_DELIVERY_ID and delivery_id.isprintable()):
        raise InvalidNotification({"delivery id": [f"Give 1 to {MAX_DELIVERY_ID} printable characters."]})


def _answer(code: int, status: str, notification: str | None, passage: Passage) -> Response:
    passage.status, passage.notification = status, notification
    content = orjson.dumps({"notification": notification, "status": status})
    return Response(content, code, content_type="application/json")


def _request_id(request: Request) -> str:
    """The caller's, if it is one that cannot disturb a log; else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"


def _record(passage: Passage, request_id: str, seconds: float, metrics: Metrics) -> None:
    """One line and one count for each answer, under configured names only."""
    metrics.notifications.labels(passage.source, passage.status).inc()
    metrics.ack.observe(seconds)
    _log.info(
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
