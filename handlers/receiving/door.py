"""The door: judges a request in the fixed order, whatever the platform, and keeps what it lets in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Request, Response

from handlers.content import parse_object, write_json
from handlers.errors import InvalidNotification, Refusal
from handlers.inbox.arrival import Arrival, Receipt
from handlers.platform import Headers, Ignored, Json, Knock, Notification, Platform, Welcome
from handlers.receiving.answers import INVALID, Outcome, Passage, answer_one, answer_several, answer_welcome
from handlers.receiving.body import read_body
from handlers.receiving.rotation import position
from handlers.receiving.verifier import check_path_token, refuse_unknown, unknown_source, verify
from handlers.signatures import Scheme
from schemas.sources import Source

MAX_DELIVERY_ID = 255
MOST_AT_ONCE = 1000
_ASKED_AS = {"GET": "GET", "HEAD": "GET", "OPTIONS": "OPTIONS"}


class Inbox(Protocol):
    """Where what is let in is kept."""

    def store(self, arrival: Arrival) -> Receipt:
        """Return once it is on disk; raises `InboxUnavailable`."""
        ...

    def store_all(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Return once all of them are on disk, or raise `InboxUnavailable` and keep none."""
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


@dataclass(frozen=True)
class Door:
    """Judges a request in the fixed order: address, size, signature, media type and JSON, content."""

    entrances: Mapping[str, Entrance]
    inbox: Inbox
    settings: DoorSettings
    clock: Callable[[], float]

    def receive(self, request: Request, name: str, token: str | None, passage: Passage, deeper: int = 0) -> Response:
        """Let one webhook in, or raise `Refusal` or `InboxUnavailable`. `deeper`: parts of the address behind `token`."""
        entrance = self.entrances.get(name)
        if entrance is None:
            refuse_unknown(token)
        passage.source = name
        if entrance.platform.path_suffix or deeper:
            token = _before_suffix(entrance.platform.path_suffix, token, deeper)
        proven = check_path_token(entrance.schemes, entrance.source.secrets, token)
        if request.method == "POST":
            return self._receive_post(request, entrance, passage, token if proven else None)
        asked_as = _ASKED_AS.get(request.method)
        welcome = _welcome(entrance, Knock(asked_as, request.headers)) if asked_as else None
        if welcome is None:
            raise Refusal(405, "method_not_allowed", "Notifications come by POST.")
        return answer_welcome(welcome, passage)

    def _receive_post(self, request: Request, entrance: Entrance, passage: Passage, path_token: str | None) -> Response:
        platform, source, headers = entrance.platform, entrance.source, request.headers
        body = read_body(request, self.settings.max_body_bytes)
        if platform.handshake is not None:
            welcome = _welcome(entrance, Knock("POST", headers, body))
            if welcome is not None:
                return answer_welcome(welcome, passage)
        now = self.clock()
        tolerance, query = self.settings.timestamp_tolerance, request.query_string

        def prove(secrets: Sequence[str]) -> None:
            if path_token is None:
                verify(entrance.schemes, secrets, headers, body, now, tolerance, query)
            else:
                check_path_token(entrance.schemes, secrets, path_token)

        if path_token is None:
            prove(source.secrets)
        passage.secret = position(source.secrets, prove)
        if platform.unpack is not None:
            return self._keep_each(entrance, platform.unpack(headers, body), headers, passage)
        content = parse_object(request.content_type, headers.get("Content-Encoding"), body)
        return self._keep(entrance, _read(entrance, content, headers, body), passage)

    def _keep(self, entrance: Entrance, arrival: Arrival | None, passage: Passage) -> Response:
        if arrival is None:
            return answer_one(Outcome("ignored"), passage)
        passage.event = arrival.event
        return answer_one(_became(arrival, self.inbox.store(arrival), entrance), passage)

    def _keep_each(self, entrance: Entrance, contents: Sequence[Json], headers: Headers, passage: Passage) -> Response:
        """What one request brought, all in one commit or nothing of it."""
        if len(contents) > MOST_AT_ONCE:
            raise Refusal(
                413, "too_large", f"These are {len(contents)} notifications: send at most {MOST_AT_ONCE} at once."
            )
        arrivals = [_read(entrance, content, headers, write_json(content)) for content in contents]
        if len(arrivals) == 1:
            return self._keep(entrance, arrivals[0], passage)
        receipts = iter(self.inbox.store_all([arrival for arrival in arrivals if arrival is not None]))
        outcomes = [
            Outcome("ignored") if arrival is None else _became(arrival, next(receipts), entrance)
            for arrival in arrivals
        ]
        return answer_several(outcomes, passage)


def _before_suffix(suffix: int, token: str | None, deeper: int) -> str | None:
    """The token of an address to which the sender itself adds `suffix` parts, if it adds any. Raises `Refusal` if it is deeper.

    What the sender adds is not looked at: nothing proves it.
    """
    given = (token is not None) + deeper
    own = given - suffix if given >= suffix else given
    if own > 1:
        raise unknown_source()
    return token if own else None


def _welcome(entrance: Entrance, knock: Knock) -> Welcome | None:
    handshake = entrance.platform.handshake
    return handshake(knock, entrance.source) if handshake is not None else None


def _read(entrance: Entrance, content: Json, headers: Headers, body: bytes) -> Arrival | None:
    """What is to be kept, dead if it makes no sense; None for what says nothing about an event."""
    name = entrance.source.name
    try:
        read = entrance.platform.read(content, headers, entrance.source)
        _check_delivery_id(read)
    except InvalidNotification as error:
        return Arrival(name, body, errors=error.errors)
    if isinstance(read, Ignored):
        return None
    return Arrival(name, body, None, read.action, read.event, read.delivery_id)


def _check_delivery_id(read: Notification | Ignored) -> None:
    delivery_id = read.delivery_id if isinstance(read, Notification) else None
    if delivery_id is not None and not (0 < len(delivery_id) <= MAX_DELIVERY_ID and delivery_id.isprintable()):
        raise InvalidNotification({"delivery id": [f"Give 1 to {MAX_DELIVERY_ID} printable characters."]})


def _became(arrival: Arrival, receipt: Receipt, entrance: Entrance) -> Outcome:
    """What is refused is kept as dead. Only the operator's own system is told: others would switch the webhook off."""
    if receipt.duplicate:
        return Outcome("duplicate", receipt.notification)
    if arrival.errors is not None:
        status = INVALID if entrance.platform.own_sender else "accepted"
        return Outcome(status, receipt.notification, arrival.errors)
    return Outcome("accepted", receipt.notification)
