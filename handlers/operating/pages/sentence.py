"""Says in plain words whether HubSpot shows what the platforms say, and if not, why: pure functions."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from handlers.inbox.pauses import FOR_GOOD, Pause
from handlers.operating.pages.saying import clause, counted, length, listed, moment
from handlers.operating.reasons import words

OVERDUE_SECONDS = 900.0  # longer than a new event is looked up in HubSpot's index, and no reason to wait is known
Level = Literal["well", "waits", "wrong"]


@dataclass(frozen=True)
class Situation:
    """How things stand at `now`. Times are Unix seconds; `zone` is the HubSpot account's, where it is known.

    Of the `events`, `waiting` ones are still on their way and `astray` ones will not get there by themselves; `dead` counts
    notifications. `held` is an operator's pause, `paused` HubSpot's, `freshness` how many seconds the change that HubSpot
    confirmed last took from its arrival.
    """

    now: float
    sources: Collection[str] = ()
    events: int = 0
    waiting: int = 0
    oldest_waiting: float | None = None
    held: Pause | None = None
    paused: Pause | None = None
    source_pauses: Mapping[str, Pause] = field(default_factory=dict)
    silent: Mapping[str, float] = field(default_factory=dict)
    astray: int = 0
    dead: int = 0
    is_led: bool = True
    freshness: float | None = None
    zone: tzinfo | None = None


@dataclass(frozen=True)
class Remark:
    """One sentence, what to do about it, and the page where that is done."""

    level: Level
    text: str
    advice: str = ""
    page: str | None = None


def remarks(situation: Situation) -> list[Remark]:
    """What is to be said, the most important first: that is the answer to the operator's question."""
    found = list(_amiss(situation))
    return found or [_under_way(situation) if situation.waiting else _all_well(situation)]


def _amiss(situation: Situation) -> Iterator[Remark]:
    if not situation.sources:
        yield Remark("wrong", "No source is configured, so nothing can arrive.", "Write a sources.toml.", "sources")
        return
    if not situation.is_led:
        advice = "Start a worker: flask work, or WORKER=embedded in the web processes."
        yield Remark("wrong", f"Nobody sends: no worker leads; {_waits(situation)}.", advice)
    yield from _paused(situation)
    yield from _astray(situation)
    yield from _troubled_sources(situation)
    if _is_overdue(situation):
        yield _overdue(situation)


def _paused(situation: Situation) -> Iterator[Remark]:
    if situation.held:
        since = moment(situation.held.since, situation.zone, situation.now)
        text = f"Sending is paused by an operator since {since}; {_waits(situation)}."
        yield Remark("waits", text, "Resume it when the reason is gone.", "hubspot")
    elif situation.paused:
        why = words(situation.paused.reason)
        text = f"Sending is paused: {clause(why.says)}{_until(situation, situation.paused)}; {_waits(situation)}."
        yield Remark("waits", text, why.mend or "", "hubspot")


def _until(situation: Situation, pause: Pause) -> str:
    """The end as far as it is known; a spent day ends at the account's midnight, though it is asked earlier."""
    if pause.until >= FOR_GOOD:
        return ""
    if pause.reason != "daily_limit":
        ahead = pause.until - situation.now
        return f"; it is tried again in {length(ahead)}" if ahead > 0 else "; it is tried again now"
    if situation.zone is None:
        return " until midnight in the account's time zone"
    return f" until {moment(_midnight(situation.now, situation.zone), situation.zone, situation.now)}"


def _midnight(now: float, zone: tzinfo) -> float:
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), zone).astimezone(UTC).timestamp()


def _astray(situation: Situation) -> Iterator[Remark]:
    if situation.astray:
        of = f"{situation.astray:,} of {counted(situation.events, 'event')}"
        text = f"{of} {_is(situation.astray)} not as the platforms say, and waiting will not help."
        yield Remark("wrong", text, "See why, mend it, replay.", "dead")
    elif situation.dead:
        words = counted(situation.dead, "notification is dead", "notifications are dead")
        yield Remark("waits", f"{words}, but no event is known to be wrong for it.", "See why.", "dead")


def _troubled_sources(situation: Situation) -> Iterator[Remark]:
    for name, pause in situation.source_pauses.items():
        why = words(pause.reason)
        yield Remark("waits", f"{name} is paused: {clause(why.says)}.", why.mend or "", "sources")
    if situation.silent:
        names = sorted(situation.silent)
        since = moment(min(situation.silent.values()), situation.zone, situation.now)
        text = f"{listed(names)} {'was' if len(names) == 1 else 'were'} busy and fell silent; last heard at {since}."
        yield Remark("waits", text, "See whether the webhook is still switched on at the platform.", "sources")


def _is_overdue(situation: Situation) -> bool:
    """Waiting is only remarked on by itself where nothing else explains it."""
    explained = situation.held or situation.paused or situation.source_pauses or not situation.is_led
    return not explained and situation.waiting > 0 and _age(situation) > OVERDUE_SECONDS


def _overdue(situation: Situation) -> Remark:
    text = f"{_waits(situation).capitalize()}, the oldest for {length(_age(situation))}."
    return Remark("waits", text, "See what they wait for.", "events")


def _under_way(situation: Situation) -> Remark:
    of = f"{situation.waiting:,} of {counted(situation.events, 'event')}"
    text = f"{of} {_is(situation.waiting)} on the way to HubSpot, the first for {length(_age(situation))}"
    return Remark("well", f"{text}; all others are as the platforms say.")


def _all_well(situation: Situation) -> Remark:
    if not situation.events:
        advice = "Give the platform its address, or send a sample."
        return Remark("well", "All is ready, and nothing has arrived yet.", advice, "sources")
    many = situation.events != 1
    words = f"All {counted(situation.events, 'event')} are" if many else "The one event is"
    last = situation.freshness
    took = "" if last is None else f"; the last change reached HubSpot {length(last)} after it arrived"
    return Remark("well", f"{words} as the platforms say{took}.")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _waits(situation: Situation) -> str:
    if not situation.waiting:
        return "no event waits"
    return counted(situation.waiting, "event waits", "events wait")


def _age(situation: Situation) -> float:
    return max(0.0, situation.now - situation.oldest_waiting) if situation.oldest_waiting is not None else 0.0
