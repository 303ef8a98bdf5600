"""Calls under way in threads of their own, whose results are dealt with by the one thread that collects them."""

from collections.abc import Callable
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
    """A call for some events, and what to do with its result or its fault."""

    kind: Kind
    events: frozenset[int]
    call: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[Exception], None]


class Jobs:
    """Two pools, so that a slow platform does not hold up HubSpot."""

    def __init__(self, platform_calls: int, hubspot_calls: int) -> None:
        self._platform = ThreadPoolExecutor(platform_calls, "platform")
        self._hubspot = ThreadPoolExecutor(hubspot_calls, "hubspot")
        self._running: dict[Future[Any], Job] = {}

    def start(self, job: Job) -> None:
        """Call as soon as a thread is free."""
        pool = self._platform if job.kind is Kind.PLATFORM else self._hubspot
        self._running[pool.submit(job.call)] = job

    def count(self, *kinds: Kind) -> int:
        """How many are under way, of these kinds or of any."""
        return sum(not kinds or job.kind in kinds for job in self._running.values())

    def events(self) -> set[int]:
        """The events that calls are under way for."""
        return {event for job in self._running.values() for event in job.events}

    def collect(self, seconds: float) -> None:
        """Wait so long for a call to end, and deal with all that did. Raises `LeadLost`, `InboxUnavailable`."""
        done, _ = wait(self._running, seconds, FIRST_COMPLETED)
        for future in done:
            job = self._running.pop(future)
            try:
                job.then(future.result())
            except (LeadLost, InboxUnavailable):
                raise
            except Exception as error:  # noqa: BLE001 - one event's fault must not hold up another
                job.failed(error)

    def finish(self, seconds: float) -> None:
        """Wait so long for all calls to end."""
        wait(self._running, seconds)

    def close(self) -> None:
        """Start no more."""
        for pool in (self._platform, self._hubspot):
            pool.shutdown(wait=False, cancel_futures=True)
