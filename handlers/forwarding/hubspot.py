"""The only place that calls HubSpot."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson
import structlog

from handlers.forwarding.outgoing import Outgoing, Reply, quoted
from handlers.forwarding.pacer import NotNow, Pacer, number
from handlers.forwarding.tokens import CredentialsUnavailable
from handlers.metrics import Metrics

_LEFT = {"rolling": "X-HubSpot-RateLimit-Remaining", "daily": "X-HubSpot-RateLimit-Daily-Remaining"}
_log = structlog.get_logger()


class Credentials(Protocol):
    """What lets a call in."""

    def token(self) -> str:
        """The token of the moment. Raises `CredentialsUnavailable`."""
        ...

    def renewed(self, refused: str) -> str | None:
        """Another token in place of one that HubSpot `refused`, if there is one. Raises `CredentialsUnavailable`."""
        ...


class HubSpot:
    """HubSpot's marketing events: https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide"""

    def __init__(
        self, outgoing: Outgoing, credentials: Credentials, version: str, pacer: Pacer, metrics: Metrics
    ) -> None:
        """Call with the token of the moment, at the pace of `pacer`."""
        self._outgoing = outgoing
        self._credentials = credentials
        self._version = version
        self._root = root(version)
        self._pacer = pacer
        self._metrics = metrics

    def batch_update(self, inputs: Sequence[Mapping[str, Any]]) -> Reply:
        """Update marketing events by their `objectId`; the caller logs it, with its verdict."""
        return self._call("POST", f"{self._root}/batch/update", content=orjson.dumps({"inputs": inputs}))

    def search(self, external_id: str) -> Reply:
        """Marketing events of this app with that external id; known at once."""
        return self._look_up("search", f"{self._root}/events/search", {"q": external_id})

    def identifiers(self, external_id: str) -> Reply:
        """Marketing events of any app with that external id; known some minutes after they were made."""
        return self._look_up("identifiers", f"{self._root}/{quoted(external_id)}/identifiers")

    def lists(self, object_id: str) -> Reply:
        """The lists of a marketing event; of all that only reads it alone needs the scope that writes."""
        return self._look_up("lists", f"{self._root}/associations/{quoted(object_id)}/lists")

    def account(self) -> Reply:
        """Which account it is, and its time zone."""
        return self._look_up("account", f"/account-info/{self._version}/details")

    def usage(self) -> Reply:
        """How much of the day's limit is used; told to private apps only."""
        return self._look_up("usage", f"/account-info/{self._version}/api-usage/daily/private-apps")

    def properties(self) -> Reply:
        """The properties that the account defines for marketing events."""
        return self._look_up("properties", properties_path(self._version))

    def upsert(self, inputs: Sequence[Mapping[str, Any]]) -> Reply:
        """Make marketing events, or update those of this app that have the same ids; the caller logs it, with its verdict."""
        return self._call("POST", f"{self._root}/events/upsert", content=orjson.dumps({"inputs": inputs}))

    def _look_up(self, name: str, path: str, params: Mapping[str, str] | None = None) -> Reply:
        reply = self._call("GET", path, params=params)
        _log.info("HubSpot was asked", action=f"hubspot.{name}", **described(reply))
        return reply

    def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Reply:
        """One call; a refused token is replaced once. Where none can be made the answer has the fault that says why."""
        try:
            token = self._credentials.token()
            reply = self._send(token, method, path, params, content)
            other = self._replaced(token, reply) if reply.status == 401 else None
            return self._send(other, method, path, params, content) if other else reply
        except (CredentialsUnavailable, NotNow) as error:
            return Reply(None, {"Retry-After": str(math.ceil(error.at_least))}, fault=error.reason)

    def _replaced(self, token: str, refusal: Reply) -> str | None:
        other = self._credentials.renewed(token)
        if other:
            _log.info("HubSpot refused a token that was renewed", action="hubspot.refused", **described(refusal))
        return other

    def _send(
        self, token: str, method: str, path: str, params: Mapping[str, str] | None, content: bytes | None
    ) -> Reply:
        self._pacer.wait()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        reply = self._outgoing.call(method, path, params=params, content=content, headers=headers)
        self._pacer.heed(reply.headers)
        self._metrics.hubspot_calls.labels(str(reply.status or reply.fault)).inc()
        self._metrics.hubspot_seconds.observe(reply.seconds)
        for window, header in _LEFT.items():
            if (left := number(reply.headers.get(header))) is not None:
                self._metrics.hubspot_left.labels(window).set(left)
        return reply


def root(version: str) -> str:
    """Where an API version has its marketing events: dated versions stand behind the name, `v3` before it."""
    return (
        f"/marketing/{version}/marketing-events"
        if version.startswith("v")
        else f"/marketing/marketing-events/{version}"
    )


def properties_path(version: str) -> str:
    """Where an API version lists the properties of marketing events."""
    middle = f"{version}/properties" if version.startswith("v") else f"properties/{version}"
    return f"/crm/{middle}/marketing_event"


def described(reply: Reply) -> dict[str, Any]:
    """What a log tells of any call: never a header that opens something, never a body."""
    return {
        "status": reply.status,
        "fault": reply.fault,
        "duration_ms": round(reply.seconds * 1000, 1),
        "correlation_id": correlation_id(reply),
        "limit_remaining": number(reply.headers.get("X-HubSpot-RateLimit-Remaining")),
    }


def correlation_id(reply: Reply) -> str | None:
    """What HubSpot's support asks for."""
    given = reply.headers.get("X-HubSpot-Correlation-Id", "")[:64]
    return given if given.isprintable() and given else None
