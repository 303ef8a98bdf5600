"""What a list ought to tell of and does not, and whether so much of it is missing that the list is to be doubted."""

from collections.abc import Callable, Iterable

from handlers.forwarding.differing import is_over
from handlers.forwarding.missing import Missing
from handlers.inbox.known import HINT_ACTION
from handlers.inbox.reconciliations import Expected


def unlisted(
    chunks: Iterable[list[Expected]], is_listed: Callable[[Expected], bool], begun_at: float, moment: float
) -> Missing:
    """Those of the known events that a run which began then did not list, and of how many (times are Unix seconds).

    Not expected is what is over, and what its platform said before that it does not have. What changes just now, or was
    heard of since the run began, may have come after its place in the list was passed: it is not missing.
    """
    missing, known = [], 0
    for chunk in chunks:
        for one in chunk:
            if not _is_expected(one, moment):
                continue
            known += 1
            heard = one.newest is not None and one.newest.received_at >= begun_at
            if not (is_listed(one) or one.waits or heard):
                missing.append(one.event)
    return Missing(missing, known)


def _is_expected(one: Expected, moment: float) -> bool:
    return not (is_over({"startDateTime": one.start, "endDateTime": one.end}, moment) or _is_answered(one))


def _is_answered(one: Expected) -> bool:
    """Whether the platform was asked last, and said that there is nothing to send, or what cannot be sent."""
    newest = one.newest
    if newest is None or newest.action != HINT_ACTION:
        return False
    return newest.outcome == "dead" or (newest.outcome == "unchanged" and newest.reason is not None)
