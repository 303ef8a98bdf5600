"""What becomes of an event's waiting notifications, as values that the inbox writes down."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from handlers.forwarding.merging import Merged, Seen
from handlers.inbox.queue import Outcome, Settlement

INVALID = "invalid"


def sent(merged: Merged, confirmed: Mapping[str, Any]) -> Settlement:
    """HubSpot confirmed `confirmed` (flat fields): the newest is sent, the older ones are covered by it."""
    return replace(_settled(merged, "sent"), confirmed=confirmed)


def unchanged(merged: Merged, reason: str | None = None) -> Settlement:
    """Nothing that HubSpot could see differs, or nothing is to be sent, for `reason`."""
    return _settled(merged, "unchanged", reason)


def dead(merged: Merged, reason: str, detail: Mapping[str, Any] | None = None, *, unlink: bool = False) -> Settlement:
    """It cannot be sent as it is; the state is kept, so that what is mended later starts from it."""
    words = orjson.dumps(detail).decode() if detail else None
    outcomes = [_outcome(seen, "dead", reason, words) for seen in merged.all_valid()]
    return Settlement(merged.event, [*outcomes, *_invalid(merged)], merged.state, unlink=unlink)


def later(merged: Merged, at: float, waits_for: str, missing_since: float | None = None) -> Settlement:
    """It is taken up again at that time (Unix seconds); only what is invalid in itself is settled."""
    return Settlement(merged.event, _invalid(merged), retry_at=at, waits_for=waits_for, missing_since=missing_since)


def _settled(merged: Merged, outcome: str, reason: str | None = None) -> Settlement:
    newest = [_outcome(merged.newest, outcome, reason)] if merged.newest else []
    older = [_outcome(seen, "superseded") for seen in merged.older]
    return Settlement(merged.event, [*newest, *older, *_invalid(merged)], merged.state)


def _invalid(merged: Merged) -> list[Outcome]:
    return [
        _outcome(seen, "dead", INVALID, orjson.dumps(errors, default=str).decode()) for seen, errors in merged.invalid
    ]


def _outcome(seen: Seen, outcome: str, reason: str | None = None, detail: str | None = None) -> Outcome:
    return Outcome(seen.id, seen.received_at, outcome, reason, detail)
