"""What is known and is missing from a list that the platform gave: to be looked up one by one, or to be doubted."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from handlers.inbox.known import Known

FEW = 2
SHARE = 3


@dataclass(frozen=True)
class Missing:
    """External ids that are known, not cancelled, and not in the list; and of how many `known` ones.

    `wholes`: how many these are, and of how many, where all dates of a series count as one: it may be deleted as one.
    """

    events: list[str]
    known: int
    wholes: tuple[int, int] | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the list is more likely to be at fault than so many events to be gone."""
        gone, known = self.wholes or (len(self.events), self.known)
        return gone > FEW and gone * SHARE > known


def missing(known: Iterable[Known], remains: Callable[[str], bool], whole: Callable[[str], str] = str) -> Missing:
    """Compare; `remains` tells of an external id whether the list has it, `whole` what it is a part of.

    What is cancelled already does not matter.
    """
    gone, count, wholes, wholes_gone = [], 0, set(), set()
    for one in known:
        if not one.cancelled:
            count += 1
            wholes.add(whole(one.event))
            if not remains(one.event):
                gone.append(one.event)
                wholes_gone.add(whole(one.event))
    return Missing(gone, count, (len(wholes_gone), len(wholes)))


def listed_as(prefix: str, event: str) -> str:
    """What a list of all below `prefix` names where it means the event: a date of a series goes by its series."""
    return prefix + event.removeprefix(prefix).partition(":")[0]


def is_in(events: Collection[str], event: str) -> bool:
    """Whether the event is among them, or what it is a part of: `acme:weekly` stands for its date `acme:weekly:5`."""
    while event not in events:
        event, colon, _ = event.rpartition(":")
        if not colon:
            return False
    return True
