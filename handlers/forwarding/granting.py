"""The token that opens a platform's API: granted to the source, kept in memory, renewed by one thread at a time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

import structlog
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from handlers.forwarding.outgoing import Outgoing, Reply
from handlers.forwarding.reading import json_of
from handlers.forwarding.trouble import REFUSED, UNREADABLE, Troubled, trouble_of
from handlers.platform import Grant

AHEAD_SECONDS = 60.0
LIFETIME = 3600.0  # where it is not told, which RFC 6749, 5.1 allows: an hour is usual
_REFUSALS = (400, 401, 403)  # RFC 6749, 5.2: invalid_client, invalid_grant …
_log = structlog.get_logger()


class _Granted(Schema):
    """RFC 6749, 5.1."""

    class Meta:
        """Whatever else it says does not matter here."""

        unknown = EXCLUDE

    access_token = fields.String(required=True, validate=validate.Regexp(r"[\x21-\x7e]{1,8192}\Z"))
    expires_in = fields.Float(load_default=LIFETIME, allow_none=False, validate=validate.Range(min=0))


_GRANTED = _Granted()


@dataclass
class Granted:
    """`outgoing` leads to the grant's own host only. `count` is told of each call's reply."""

    grant: Grant
    outgoing: Outgoing
    source: str
    count: Callable[[Reply], None]
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _token: str = field(default="", repr=False)
    _renew_at: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def headers(self, refused: str | None = None) -> Mapping[str, str]:
        """The headers that open the API, with another token than that of the `refused` header. Raises `Troubled`."""
        with self._lock:
            if self.monotonic() >= self._renew_at or _bearer(self._token) == refused:
                self._renew()
            return {"Authorization": _bearer(self._token)}

    def _renew(self) -> None:
        self._renew_at = float("-inf")
        asked = self.monotonic()
        reply = self.outgoing.call(
            "POST",
            self.grant.path,
            params=self.grant.params,
            headers={"Authorization": self.grant.authorization, "Accept": "application/json"},
        )
        self.count(reply)
        told = {"status": reply.status, "fault": reply.fault, "duration_ms": round(reply.seconds * 1000, 1)}
        _log.info("a platform was asked for a token", action="platform.token", source=self.source, **told)
        self._token, seconds = self._read(reply)
        self._renew_at = asked + max(seconds - AHEAD_SECONDS, seconds / 2)

    def _read(self, reply: Reply) -> tuple[str, float]:
        trouble = REFUSED if reply.status in _REFUSALS else trouble_of(reply, (200,), self.clock())
        if trouble:
            raise Troubled(trouble)
        try:
            said = _GRANTED.load(json_of(reply) or {})
        except ValidationError:
            raise Troubled(UNREADABLE) from None  # its words may hold the token
        return said["access_token"], said["expires_in"]


def _bearer(token: str) -> str:
    return f"Bearer {token}"
