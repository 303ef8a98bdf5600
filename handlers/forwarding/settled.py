"""Tells in the log which notifications a call or a look came to settle, by the ids that the door told."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import structlog

from handlers.inbox.queue import Settlement

MOST_IN_A_LINE = 500  # longer lines are cut by what collects them: Docker's limit is 16 KiB
_log = structlog.get_logger()


def log_settled(settlements: Sequence[Settlement], batch: str | None) -> None:
    """A line for each outcome, and more where there are many. `batch` joins them with HubSpot's answer, if it was asked."""
    for outcome, numbers in _by_outcome(settlements).items():
        for part in _parts(numbers):
            _log.info(
                "notifications were settled",
                action="notification.settled",
                outcome=outcome,
                batch=batch,
                settled=[str(number) for number in part],
            )


def _by_outcome(settlements: Sequence[Settlement]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for settlement in settlements:
        for outcome in settlement.outcomes:
            found[outcome.outcome].append(outcome.notification)
    return found


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + MOST_IN_A_LINE] for start in range(0, len(numbers), MOST_IN_A_LINE))
