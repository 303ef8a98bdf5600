"""What was received, called and how fresh it was, step by step: pure functions from rows to the series of a chart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from handlers.inbox.browsing.series import Called, Received

R = TypeVar("R")
OUTCOMES = ("sent", "superseded", "unchanged", "dead", "pending")
MOST_STATUSES = 6


@dataclass(frozen=True)
class Span:
    """How far back a chart looks: `steps` of so many `seconds`, each named in the form of `strftime`."""

    words: str
    steps: int
    seconds: int
    form: str

    def begin(self, now: float) -> float:
        """When (Unix seconds) the first step begins; the last one holds `now`."""
        return (now // self.seconds - self.steps + 1) * self.seconds

    def moments(self, now: float, zone: tzinfo | None) -> list[str]:
        """The names of the steps, in the zone (UTC where none is known)."""
        begin = self.begin(now)
        starts = (begin + step * self.seconds for step in range(self.steps))
        return [format(datetime.fromtimestamp(start, zone or UTC), self.form) for start in starts]

    def step(self, at: float, now: float) -> int | None:
        """In which step that moment lies, if in any."""
        number = int((at - self.begin(now)) // self.seconds)
        return number if 0 <= number < self.steps else None


SPANS: Mapping[str, Span] = {
    "hour": Span("the last hour", 30, 120, "%H:%M"),
    "day": Span("the last day", 48, 1800, "%H:%M"),
    "week": Span("the last week", 42, 4 * 3600, "%d %b"),
}


def by_outcome(rows: Iterable[Received], span: Span, now: float) -> dict[str, list[float | None]]:
    """How many notifications came, by what became of them."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if (step := span.step(row.received_at, now)) is not None:
            counts[row.outcome][step] += row.weight
    return {outcome: _filled(counts[outcome], span) for outcome in OUTCOMES if outcome in counts}


def by_status(rows: Iterable[Called], span: Span, now: float) -> dict[str, list[float | None]]:
    """How many calls were made, by the status of the answer: the most frequent by name, the others together."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if (step := span.step(row.sent_at, now)) is not None:
            counts[str(row.status or "no answer")][step] += row.weight
    named = sorted(counts, key=lambda status: -counts[status].total())[:MOST_STATUSES]
    others = sum((counts[status] for status in counts.keys() - set(named)), Counter[int]())
    series = {status: _filled(counts[status], span) for status in sorted(named)}
    return series | ({"others": _filled(others, span)} if others else {})


def by_freshness(rows: Iterable[Received], span: Span, now: float) -> dict[str, list[float | None]]:
    """Within how many seconds of its arrival half, and 99 of 100, of what was sent were confirmed by HubSpot."""
    ages: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row.outcome == "sent" and row.settled_at is not None:
            step = span.step(row.settled_at, now)
            if step is not None:
                ages[step].append(max(0.0, row.settled_at - row.received_at))
    if not ages:
        return {}
    return {
        words: [_share(ages[step], share) if step in ages else None for step in range(span.steps)]
        for words, share in (("half within", 0.5), ("99 % within", 0.99))
    }


def freshness(rows: Iterable[Received]) -> tuple[float, float] | None:
    """The same over all that was sent: the seconds of half, and of 99 of 100."""
    sent = (row for row in rows if row.outcome == "sent")
    ages = [max(0.0, row.settled_at - row.received_at) for row in sent if row.settled_at is not None]
    return (_share(ages, 0.5), _share(ages, 0.99)) if ages else None


def _share(ages: Sequence[float], share: float) -> float:
    """The least age that so large a share is within."""
    ordered = sorted(ages)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _filled(counts: Counter[int], span: Span) -> list[float | None]:
    return [float(counts[step]) for step in range(span.steps)]
