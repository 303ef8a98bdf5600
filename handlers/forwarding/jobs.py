"""Calls under way in threads of their own, whose results are dealt with by the one thread that collects them."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from typing import Any

from handlers.errors import InboxUnavailable
from handlers.inbox.lease import LeadLost


class Kind(Enum):
    """Who is called, and what for."""

    PLATFORM = "platform"
    LOOK_UP = "look-up"
    UPDATE = "update"
    CREATION = "creation"


@dataclass(frozen=True)
class Job:
    """A call for some events, and what to do with its result or its fault. `source`: whose platform is called."""

    kind: Kind
    events: frozenset[int]
    call: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[Exception], None]
    source: str | None = None


class Jobs:
    """A pool for HubSpot and one for each source's platform, so that nobody who is slow holds up another."""

    def __init__(self, hubspot_calls: int, platform_calls: Mapping[str, int]) -> None:
        """`platform_calls`: how many at once by source."""
        self._hubspot = ThreadPoolExecutor(hubspot_calls, "hubspot")
        self._platforms = {name: ThreadPoolExecutor(calls, name) for name, calls in platform_calls.items()}
        self._running: dict[Future[Any], Job] = {}
        self._by_source: Counter[str | None] = Counter()

    def start(self, job: Job) -> None:
        """Call as soon as a thread is free."""
        pool = self._hubspot if job.source is None else self._platforms[job.source]
        self._running[pool.submit(job.call)] = job
        self._by_source[job.source] += 1

    def count(self, *kinds: Kind) -> int:
        """How many are under way, of these kinds or of any."""
        return sum(not kinds or job.kind in kinds for job in self._running.values())

    def count_of(self, source: str) -> int:
        """How many calls of this source's platform are under way or wait for a thread."""
        return self._by_source[source]

    def events(self, *kinds: Kind) -> set[int]:
        """The events that calls are under way for, of these kinds or of any."""
        return {event for job in self._running.values() if not kinds or job.kind in kinds for event in job.events}

    def collect(self, seconds: float) -> None:
        """Wait so long for a call to end, and deal with all that did. Raises `LeadLost`, `InboxUnavailable`."""
        done, _ = wait(self._running, seconds, FIRST_COMPLETED)
        for future in done:
            job = self._running.pop(future)
            self._by_source[job.source] -= 1
            try:
                job.then(future.result())
            except (LeadLost, InboxUnavailable):
                raise
            except Exception as error:  # noqa: BLE001 - one event's fault must not hold up another
                job.failed(error)

    def finish(self, seconds: float) -> None:
        """Wait so long for all calls of HubSpot to end: what a platform answers now is asked for again later."""
        wait([future for future, job in self._running.items() if job.kind is not Kind.PLATFORM], seconds)

    def close(self) -> None:
        """Start no more."""
        for pool in (self._hubspot, *self._platforms.values()):
            pool.shutdown(wait=False, cancel_futures=True)
