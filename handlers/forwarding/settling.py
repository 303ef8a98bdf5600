"""What becomes of an event's waiting notifications, as values that the inbox writes down."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import orjson

from handlers.forwarding.merging import Merged, Seen
from handlers.inbox.queue import Outcome, Settlement

INVALID = "invalid"
UNSEEN = "not_shown"
"""HubSpot took it, and shows some fields otherwise or not at all: it drops custom properties that it does not define."""
CREATING = "creating"
"""What an event waits for from before it is created until HubSpot's word on it is clear."""


def sent(merged: Merged, confirmed: Mapping[str, Any], unseen: Collection[str] = ()) -> Settlement:
    """HubSpot confirmed `confirmed` (flat fields): the newest is sent, the older ones are covered by it.

    The `unseen` fields are not shown as they were sent. They count as confirmed all the same, for HubSpot would drop them
    again: the newest is marked with them, once.
    """
    reason, detail = (UNSEEN, {"fields": sorted(unseen)}) if unseen else (None, None)
    return replace(_settled(merged, "sent", reason, detail), confirmed=confirmed)


def unchanged(merged: Merged, reason: str | None = None) -> Settlement:
    """Nothing that HubSpot could see differs, or nothing is to be sent, for `reason`."""
    return _settled(merged, "unchanged", reason)


def dead(merged: Merged, reason: str, detail: Mapping[str, Any] | None = None, *, unlink: bool = False) -> Settlement:
    """It cannot be sent as it is; the state is kept, so that what is mended later starts from it."""
    words = _written(detail) if detail else None
    outcomes = [_outcome(seen, "dead", reason, words) for seen in merged.all_valid()]
    return Settlement(
        merged.event, [*outcomes, *_invalid(merged)], merged.state, unlink=unlink, standing=("dead", reason)
    )


def later(merged: Merged, at: float, waits_for: str, missing_since: float | None = None) -> Settlement:
    """It is taken up again at that time (Unix seconds); only what is invalid in itself is settled.

    Doubt whether it was created outlasts every other reason to wait.
    """
    if is_in_doubt(merged):
        waits_for, missing_since = CREATING, missing_since or merged.event.missing_since
    return Settlement(merged.event, _invalid(merged), retry_at=at, waits_for=waits_for, missing_since=missing_since)


def put_off(merged: Merged, at: float, waits_for: str) -> Settlement:
    """It had no turn, and is taken up again at that time (Unix seconds) as if nothing had been."""
    return replace(later(merged, at, waits_for, merged.event.missing_since), tried=False)


def is_in_doubt(merged: Merged) -> bool:
    """Whether HubSpot may have been told to create it, with no clear answer."""
    return merged.event.link is None and merged.event.waits_for == CREATING


def _settled(
    merged: Merged, outcome: str, reason: str | None = None, detail: Mapping[str, Any] | None = None
) -> Settlement:
    words = _written(detail) if detail else None
    newest = [_outcome(merged.newest, outcome, reason, words)] if merged.newest else []
    older = [_outcome(seen, "superseded") for seen in merged.older]
    standing: tuple[str, str | None] | None = (outcome, reason)
    if merged.newest is None and merged.invalid:  # they say nothing of the event: it stands as before
        standing = ("dead", INVALID) if not merged.event.state.stamps else None
    return Settlement(merged.event, [*newest, *older, *_invalid(merged)], merged.state, standing=standing)


def _invalid(merged: Merged) -> list[Outcome]:
    return [_outcome(seen, "dead", INVALID, _written(errors)) for seen, errors in merged.invalid]


def _written(detail: Mapping[str, Any]) -> str:
    """As JSON; errors of a list are told by number."""
    return orjson.dumps(detail, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _outcome(seen: Seen, outcome: str, reason: str | None = None, detail: str | None = None) -> Outcome:
    return Outcome(seen.id, seen.received_at, outcome, reason, detail)
