"""How many calls HubSpot may count just now: a rolling window over our own calls and those of others."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

# The lowest that HubSpot gives any account: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
FIRST_LIMIT = 100
SHARE = 0.95  # what is left is for whoever counts differently
UNKNOWN_SECONDS = 0.1


@dataclass
class Window:
    """At most `limit` calls in any `interval` seconds, whose moments are seconds of any one clock.

    HubSpot counts a call when it arrives, which is some time between its sending and its answer. So a call counts here
    from the one until an interval after the other: no mixture of slow and fast calls adds up to more than the limit.

    `share` is the part of what HubSpot allows that may be ours at all; `limit` becomes that part of what is given.
    """

    limit: int = FIRST_LIMIT
    interval: float = 10.0
    share: float = 1.0
    _all: int | None = None
    _in_flight: set[Hashable] = field(default_factory=set)
    _answered: deque[float] = field(default_factory=deque)
    _others: int = 0
    _others_seen_at: float = float("-inf")
    _begun_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Take our part of what is given."""
        self.limit = _part(self.limit, self.share)

    @property
    def in_flight(self) -> int:
        """How many calls have no answer yet."""
        return len(self._in_flight)

    def wait_for(self, now: float, ahead: int = 0) -> float:
        """Seconds until one more call is within the limit, after as many as are `ahead` of it; 0 if it is."""
        self._forget(now)
        others = self._others_at(now)
        room = max(1, min(self.limit, (self._all or self.limit) - others))
        seconds = self._until_room(room - ahead - 1, now)
        if others:
            seconds = max(seconds, self._begun_at + (ahead + 1) * self.interval / room - now)
        return max(0.0, seconds)

    def begin(self, call: Hashable, now: float) -> None:
        """One more call is sent. `call` names it, and no two in flight alike."""
        self._in_flight.add(call)
        self._begun_at = now

    def end(self, call: Hashable, now: float) -> None:
        """Its answer is there, or there will be none."""
        if call in self._in_flight:
            self._in_flight.remove(call)
            self._answered.append(now)

    def learn(self, limit: int | None, remaining: int | None, interval: float | None, now: float) -> None:
        """Take what an answer tells, where it does; a little of the limit is left to others.

        What HubSpot counts beyond all that can be ours is the use of others, a worker before this one included. It
        counts for an interval, or until the next answer tells better.
        """
        self.interval = interval or self.interval
        if not limit:
            return
        self._all, self.limit = _part(limit, SHARE), _part(limit, SHARE * self.share)
        if remaining is not None:
            self._forget(now)
            self._others = max(0, limit - remaining - self.in_flight - len(self._answered))
            self._others_seen_at = now

    def _until_room(self, left: int, now: float) -> float:
        """`left` is how many calls would be in the window at most, beside this one; that many may stay."""
        too_many = self.in_flight + len(self._answered) - left
        if too_many <= 0:
            return 0.0
        if too_many <= len(self._answered):
            return self._answered[too_many - 1] + self.interval - now
        return UNKNOWN_SECONDS

    def _others_at(self, now: float) -> int:
        return self._others if now < self._others_seen_at + self.interval else 0

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0] <= now - self.interval:
            self._answered.popleft()


def _part(calls: int, share: float) -> int:
    return max(1, int(calls * share))
