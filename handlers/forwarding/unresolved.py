"""What becomes of an event for which no marketing event was found: looked up again, created, or dead with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handlers.forwarding import settling
from handlers.forwarding.creations import Newcomer, newcomer
from handlers.forwarding.merging import Merged
from handlers.forwarding.resolver import Ambiguous, Foreign, NotInHubSpot, WrongAccount
from handlers.inbox.queue import Link, Settlement
from schemas.sources import Source

AGAIN_SECONDS = 10.0
AGAIN_MOST_SECONDS = 120.0
_FOREIGN = "Another app made it. Set update_foreign = true in the source to let it be changed, or link it: flask link."
_ACCOUNT = (
    "HubSpot has this external id under other accounts only. Set the source's account_id, or link it: flask link."
)


@dataclass(frozen=True)
class Grace:
    """How many seconds an event that HubSpot does not know is looked up again: its index lags by minutes."""

    seconds: float

    def again(self, merged: Merged, now: float, waits_for: str) -> Settlement | None:
        """When it is looked up next, less and less often; None once the time is over. `now` is Unix seconds."""
        since = merged.event.missing_since or now
        if now - since >= self.seconds:
            return None
        pause = min(AGAIN_MOST_SECONDS, AGAIN_SECONDS * 2.0 ** min(merged.event.tries, 10))
        return settling.later(merged, min(now + pause, since + self.seconds), waits_for, since)


def decide(
    merged: Merged,
    fields: Mapping[str, Any],
    resolution: NotInHubSpot | WrongAccount | Ambiguous | Foreign,
    source: Source,
    grace: Grace,
    now: float,
) -> Settlement | Newcomer:
    """What to do about a look-up without a marketing event; `fields` (flat) is all that HubSpot shall show.

    Nothing is created before the whole grace found nothing. Where a creation is in doubt the grace has begun anew, so
    that it is looked up again for as long.
    """
    match resolution:
        case Ambiguous(object_ids):
            return settling.dead(merged, "ambiguous", {"objectIds": object_ids})
        case Foreign(object_ids, apps):
            detail = {"objectIds": object_ids, "apps": apps, "message": _FOREIGN}
            return settling.dead(merged, "made_by_another_app", detail)
        case WrongAccount(account_ids):
            detail = {"externalAccountIds": account_ids, "message": _ACCOUNT}
            return _nowhere(merged, grace, now, "wrong_account") or settling.dead(merged, "wrong_account", detail)
    return _nowhere(merged, grace, now, "not_in_hubspot") or _never_there(merged, fields, source)


def deleted(merged: Merged, link: Link, detail: Mapping[str, Any], grace: Grace, now: float) -> Settlement:
    """What to do where HubSpot has no marketing event of the link's objectId: forget the link, and look up again.

    One that was linked before is looked up at once; one that a look-up has only just named, which lags as well, later.
    One that the sender itself names is dead with `detail`, as is whatever the grace does not mend.
    """
    named = merged.event.link is None and link.found_by == "notification"
    again = None if named else grace.again(merged, now, "not_in_hubspot")
    if again is None:
        return settling.dead(merged, "not_in_hubspot", detail, unlink=True)
    return replace(again, retry_at=now if merged.event.link else again.retry_at, unlink=True)


def _nowhere(merged: Merged, grace: Grace, now: float, waits_for: str) -> Settlement | None:
    """An event that is gone need not come into being, unless it may be on its way there."""
    if merged.gone and not settling.is_in_doubt(merged):
        return settling.unchanged(merged, "deleted")
    again = grace.again(merged, now, waits_for)
    return settling.unchanged(merged, "deleted") if merged.gone and again is None else again


def _never_there(merged: Merged, fields: Mapping[str, Any], source: Source) -> Settlement | Newcomer:
    if source.on_missing != "create":
        return settling.dead(merged, "not_in_hubspot")
    return settling.unchanged(merged, "cancelled") if fields.get("eventCancelled") else newcomer(merged, fields, source)
