"""The only place that calls HubSpot."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import structlog

from handlers.forwarding.outgoing import Outgoing, Reply, quoted
from handlers.forwarding.pacer import Pacer, number
from handlers.metrics import Metrics

_log = structlog.get_logger()


class HubSpot:
    """HubSpot's marketing events: https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide"""

    def __init__(
        self, outgoing: Outgoing, token: Callable[[], str], version: str, pacer: Pacer, metrics: Metrics
    ) -> None:
        """Call with the `token` of the moment, at the pace of `pacer`."""
        self._outgoing = outgoing
        self._token = token
        self._root = root(version)
        self._pacer = pacer
        self._metrics = metrics

    def batch_update(self, inputs: Sequence[Mapping[str, Any]]) -> Reply:
        """Update marketing events by their `objectId`; the caller logs it, with its verdict."""
        return self._call("POST", "/batch/update", content=orjson.dumps({"inputs": inputs}))

    def search(self, external_id: str) -> Reply:
        """Marketing events of this app with that external id; known at once."""
        return self._look_up("search", "/events/search", {"q": external_id})

    def identifiers(self, external_id: str) -> Reply:
        """Marketing events of any app with that external id; known some minutes after they were made."""
        return self._look_up("identifiers", f"/{quoted(external_id)}/identifiers")

    def _look_up(self, name: str, path: str, params: Mapping[str, str] | None = None) -> Reply:
        reply = self._call("GET", path, params=params)
        _log.info("HubSpot was asked", action=f"hubspot.{name}", **described(reply))
        return reply

    def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Reply:
        self._pacer.wait()
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        reply = self._outgoing.call(method, self._root + path, params=params, content=content, headers=headers)
        self._pacer.heed(reply.headers)
        self._metrics.hubspot_calls.labels(str(reply.status or reply.fault)).inc()
        self._metrics.hubspot_seconds.observe(reply.seconds)
        return reply


def root(version: str) -> str:
    """Where an API version has its marketing events: dated versions stand behind the name, `v3` before it."""
    return (
        f"/marketing/{version}/marketing-events"
        if version.startswith("v")
        else f"/marketing/marketing-events/{version}"
    )


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
