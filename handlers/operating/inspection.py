"""Asks HubSpot about the token, the account, scopes, limits and custom properties; it changes nothing there."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from marshmallow import Schema

from handlers.forwarding.account import zone_of
from handlers.forwarding.credentials import OAuth, StaticToken
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.pacer import number
from handlers.forwarding.reading import json_of
from handlers.forwarding.tokens import explained
from handlers.forwarding.waits import judge_look_up
from handlers.operating.findings import Finding, fault
from schemas.account import AccountDetails, DailyUsage, Properties
from schemas.hubspot import understood
from schemas.sources import Source

# https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
READ, WRITE = "crm.objects.marketing_events.read", "crm.objects.marketing_events.write"
NO_EVENT, NO_OBJECT = "marquee-check", "1"
_LIMIT = "X-HubSpot-RateLimit-"
_DETAILS, _PROPERTIES, _USAGE = AccountDetails(), Properties(), DailyUsage()


@dataclass(frozen=True)
class Inspection:
    """One look at HubSpot through the service's own client, so that what it finds is what the worker will meet."""

    hubspot: HubSpot
    credentials: StaticToken | OAuth
    base_url: str

    def findings(self, sources: Iterable[Source]) -> Iterator[Finding]:
        """All that HubSpot tells; without a token that opens, only why."""
        search = self.hubspot.search(NO_EVENT)
        yield Finding("token", self._kind())
        if pause := judge_look_up(search, time.time(), UTC):
            yield fault(f"HubSpot at {self.base_url}: {pause.detail or pause.reason}")
        if search.status in (None, 401):
            return
        yield from self._scopes(search)
        yield self._account()
        yield Finding("limits", _limits(search))
        yield self._usage()
        yield from self._properties(sources)

    def _kind(self) -> str:
        if isinstance(self.credentials, OAuth):
            return "OAuth, renewed by a refresh token"
        made = self.credentials.value.startswith("pat-")
        return "static, of a private app or a service key" if made else "static, of a kind that is not known (no pat-)"

    def _scopes(self, search: Reply) -> Iterator[Finding]:
        """OAuth tells its scopes. Else what answers tells, and what is refused is refused by name."""
        told = self.credentials.grant.scopes if isinstance(self.credentials, OAuth) else ()
        if told:
            yield Finding("scopes", ", ".join(sorted(map(_plain, told))))
            yield from (fault(f"OAuth did not grant {scope}: {_GRANT}") for scope in (READ, WRITE) if scope not in told)
            return
        lists = self.hubspot.lists(NO_OBJECT)
        if lists.status == 403:
            yield fault(f"to write: {explained(lists)}")
        opened = [(READ, search.status in (200, 404)), (WRITE, lists.status in (200, 404))]
        known = ", ".join(scope for scope, opens in opened if opens) or "none"
        yield Finding("scopes", f"{known} (by what HubSpot answers)")

    def _account(self) -> Finding:
        reply = self.hubspot.account()
        if reply.status != 200:
            return Finding(
                "account", f"not told ({_answered(reply)}); without HUBSPOT_TIME_ZONE the day ends as in UTC"
            )
        zone = zone_of(reply)
        hub = _read(_DETAILS, reply).get("portalId", "not told")
        return Finding("account", f"hub {hub}, time zone {zone or 'not told'}")

    def _usage(self) -> Finding:
        reply = self.hubspot.usage()
        days = _read(_USAGE, reply).get("results") or [{}]
        used, most = days[0].get("currentUsage"), days[0].get("usageLimit")
        if used is None or most is None:
            return Finding("day", f"not told ({_answered(reply)})")
        return Finding("day", f"{used} of {most} calls used, until {_plain(days[0].get('resetsAt', 'midnight'))}")

    def _properties(self, sources: Iterable[Source]) -> Iterator[Finding]:
        """HubSpot drops what it does not define without a word: https://developers.hubspot.com/docs/guides/crm/using-object-apis"""
        mapped = [(source.name, name) for source in sources for name in source.custom_properties]
        if not mapped:
            return
        reply = self.hubspot.properties()
        listed = _read(_PROPERTIES, reply).get("results")
        if listed is None:
            yield Finding("custom", f"properties could not be checked ({_answered(reply)})")
            return
        names = {entry.get("name") for entry in listed}
        for source, name in mapped:
            if name not in names:
                yield fault(
                    f"sources.{source}.custom_properties.{name}: HubSpot's marketing events have no such property: make it there."
                )
        yield Finding("custom", f"{len(mapped)} properties mapped")


_GRANT = "add it to the app and authorize it again."


def _limits(reply: Reply) -> str:
    most, left, interval, daily, daily_left = (
        number(reply.headers.get(_LIMIT + name))
        for name in ("Max", "Remaining", "Interval-Milliseconds", "Daily", "Daily-Remaining")
    )
    rolling = "not told" if most is None else f"{most} calls in {(interval or 10_000) / 1000:g} s, {left} left"
    return rolling if daily is None else f"{rolling}; {daily} a day, {daily_left} left"


def _read(schema: Schema, reply: Reply) -> dict[str, Any]:
    return understood(schema, json_of(reply)) if reply.status == 200 else {}


def _answered(reply: Reply) -> str:
    return f"HubSpot answers {reply.status}" if reply.status else f"no answer: {reply.fault}"


def _plain(text: str) -> str:
    """What HubSpot says must not move a terminal's cursor."""
    return "".join(letter for letter in text[:100] if letter.isprintable())
