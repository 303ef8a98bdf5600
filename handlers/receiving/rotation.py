"""Which of a source's secrets still proves webhooks, so that an operator knows when an old one may go."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from handlers.errors import Refusal
from handlers.metrics import Metrics

NOTED_SECONDS = 30.0


def position(secrets: Sequence[str], prove: Callable[[Sequence[str]], object]) -> int:
    """The place, from 1, of the secret that proved a webhook which all of them together prove.

    `prove` raises a `Refusal` unless the given secrets do; it is asked again only where there are several.
    """
    if len(secrets) == 1:
        return 1
    return next((place for place, secret in enumerate(secrets, start=1) if _proves(prove, secret)), 0)


def _proves(prove: Callable[[Sequence[str]], object], secret: str) -> bool:
    try:
        prove([secret])
    except Refusal:
        return False
    return True


@dataclass(frozen=True)
class Uses:
    """Notes when each secret was used last, at most every half minute; `clock` tells Unix seconds."""

    metrics: Metrics
    clock: Callable[[], float] = time.time
    _noted: dict[tuple[str, int], float] = field(default_factory=dict)

    def note(self, source: str, place: int) -> None:
        """The secret at that place proved a webhook just now."""
        now = self.clock()
        if place and abs(now - self._noted.get((source, place), 0.0)) >= NOTED_SECONDS:
            self._noted[source, place] = now
            self.metrics.secret_used.labels(source, str(place)).set(now)
