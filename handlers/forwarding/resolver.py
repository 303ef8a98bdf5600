"""Finds the marketing event that stands for an event, by the ids under which it was made in HubSpot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from time import time
from typing import Any

import orjson

from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.verdict import Pause, judge_look_up
from schemas.hubspot import LookUpResponse, understood


@dataclass(frozen=True)
class Linked:
    """Exactly one stands for it."""

    object_id: str


@dataclass(frozen=True)
class NotInHubSpot:
    """None does, by now: HubSpot's index lags by minutes."""


@dataclass(frozen=True)
class Ambiguous:
    """Several could, and a guess would overwrite one that is somebody else's."""

    object_ids: tuple[str, ...]


@dataclass(frozen=True)
class HubSpotUnavailable:
    """There is no answer, and all calls wait."""

    pause: Pause


Resolution = Linked | NotInHubSpot | Ambiguous | HubSpotUnavailable
_LOOK_UP = LookUpResponse()


def resolve(
    external_id: str, account_id: str | None, hubspot: HubSpot, zone: tzinfo, clock: Callable[[], float] = time
) -> Resolution:
    """Ask for this app's own marketing events first, which are known at once, then for those of any app.

    `account_id` is the externalAccountId that it must have been made under; without one any counts.
    """
    for ask in (hubspot.search, hubspot.identifiers):
        reply = ask(external_id)
        pause = judge_look_up(reply, clock(), zone)
        if pause:
            return HubSpotUnavailable(pause)
        found = _matching(reply, external_id, account_id)
        if found:
            return Linked(found[0]) if len(found) == 1 else Ambiguous(tuple(found))
    return NotInHubSpot()


def _matching(reply: Reply, external_id: str, account_id: str | None) -> Sequence[str]:
    """The object ids of exact matches; one without an account counts only where none with the right account is."""
    answer = understood(_LOOK_UP, orjson.loads(reply.body)) if reply.status == 200 else {}
    ours = [item for item in answer.get("results") or [] if item.get("externalEventId") == external_id]
    exact = [item for item in ours if account_id is None or item.get("externalAccountId") == account_id]
    nameless = [item for item in ours if item.get("externalAccountId") is None]
    return sorted({object_id for item in exact or nameless if (object_id := _object_id(item))})


def _object_id(item: dict[str, Any]) -> str | None:
    text = str(item.get("objectId"))
    return text if text.isascii() and text.isdigit() else None
