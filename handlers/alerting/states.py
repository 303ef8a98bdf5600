"""In which state each thing is that alerts are about: told from what the inbox says, without asking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from handlers.inbox.pauses import FOR_GOOD, OPERATOR, Pause

LASTING_SECONDS = 60.0
QUIET_SECONDS = 3600.0
Dead = Mapping[tuple[str, str | None], int]
# topic's beginning: the state that is as it should be, and the one that is not
STATES = {
    "sending": ("resumed", "paused"),
    "dead": ("steady", "growing"),
    "source": ("heard", "silent"),
    "leader": ("found", "missing"),
}


@dataclass(frozen=True)
class Now:
    """A topic's state, the words for it, what belongs to it, and what is noted to judge the next by."""

    state: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    noted: Mapping[str, Any] = field(default_factory=dict)


def usual(topic: str) -> str:
    """The state that nobody needs to be told of, unless it was another before."""
    return STATES[topic.partition(":")[0]][0]


def sending(pause: Pause | None, before: str, waiting: int, moment: float) -> Now:
    """A pause counts once it lasts a minute, or will; an operator's counts at once."""
    if pause is None:
        return Now("resumed", f"Sending to HubSpot goes on; {waiting} events wait.", {"waiting_events": waiting})
    lasts = pause.reason == OPERATOR or max(pause.until, moment) - pause.since >= LASTING_SECONDS
    until = None if pause.until >= FOR_GOOD else written(pause.until)
    data = {"reason": pause.reason, "detail": pause.detail, "since": written(pause.since), "until": until}
    text = f"Sending to HubSpot is paused ({pause.reason}); {waiting} events wait."
    return Now("paused" if lasts or before == "paused" else "resumed", text, data | {"waiting_events": waiting})


def dead(counts: Dead, noted: Mapping[str, Any], before: str, moment: float) -> Now:
    """It grows as soon as one more is dead for any reason, and until none was for an hour.

    What is not noted yet is no growth: that is how it was when alerts began.
    """
    now = {f"{source} {reason}": count for (source, reason), count in counts.items()}
    known: Mapping[str, int] = noted.get("counts", now)
    grown = {which: count - known.get(which, 0) for which, count in now.items() if count > known.get(which, 0)}
    grew_at = moment if grown else noted.get("grew_at")
    told = {"counts": now, "grew_at": grew_at}
    if before != "growing" and not grown:
        return Now("steady", noted=told)
    if grew_at is None or moment - grew_at >= QUIET_SECONDS:
        return Now("steady", "No further notification was dead for an hour.", {"dead": sum(now.values())}, told)
    rows = [
        {"source": (parts := which.split(" ", 1))[0], "reason": parts[1], "new": new} for which, new in grown.items()
    ]
    text = f"{sum(grown.values())} more notifications are dead: look at them, mend the reason, and replay them."
    return Now("growing", text, {"dead": sum(now.values()), "grown": rows}, told)


def source(name: str, silent_since: float | None) -> Now:
    """A source that was busy and sends nothing may have been switched off by its platform."""
    if silent_since is None:
        return Now("heard", f"The source {name} is heard again.", {"source": name})
    text = f"The source {name} has sent nothing for long: see whether its webhook is still switched on at the platform."
    return Now("silent", text, {"source": name, "since": written(silent_since)})


def leader(seconds_missing: float | None) -> Now:
    """Nobody sends where nobody leads; another worker takes over within seconds, so a minute is too long."""
    if seconds_missing is None or seconds_missing < LASTING_SECONDS:
        return Now("found", "A worker leads again.")
    return Now("missing", "No worker leads, so nothing is sent: see whether one runs.")


def written(moment: float) -> str:
    """Unix seconds as RFC 3339, UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
