"""Calls under way in threads of their own, whose results are dealt with by the one thread that collects them."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from handlers.errors import InboxUnavailable
from handlers.forwarding.pacer import Withdrawn
from handlers.inbox.lease import LeadLost, current_term


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


@dataclass(frozen=True)
class _Running:
    job: Job
    term: int | None


class Jobs:
    """A pool for HubSpot and one for each source's platform, so that nobody who is slow holds up another.

    A call about events belongs to the term in which it was started: it is not begun in a later one, and what it came to
    counts for nothing then. `overtakable` are the events that were being sent to HubSpot when the lead was lost.
    """

    def __init__(
        self, hubspot_calls: int, platform_calls: Mapping[str, int], may_go_on: Callable[[], bool] = lambda: True
    ) -> None:
        """`platform_calls`: how many at once by source. `may_go_on`: whether the lead is still this worker's."""
        self._may_go_on = may_go_on
        self.overtakable: set[int] = set()
        self._hubspot = ThreadPoolExecutor(hubspot_calls, "hubspot")
        self._platforms = {name: ThreadPoolExecutor(calls, name) for name, calls in platform_calls.items()}
        self._running: dict[Future[Any], _Running] = {}
        self._by_source: Counter[str | None] = Counter()

    def start(self, job: Job) -> None:
        """Call as soon as a thread is free."""
        pool = self._hubspot if job.source is None else self._platforms[job.source]
        call = partial(self._begin, job.call) if job.events else job.call
        self._running[pool.submit(copy_context().run, call)] = _Running(job, current_term())
        self._by_source[job.source] += 1

    def count(self, *kinds: Kind) -> int:
        """How many are under way, of these kinds or of any."""
        return sum(not kinds or one.job.kind in kinds for one in self._running.values())

    def count_of(self, source: str) -> int:
        """How many calls of this source's platform are under way or wait for a thread."""
        return self._by_source[source]

    def events(self, *kinds: Kind) -> set[int]:
        """The events that calls are under way for, of these kinds or of any."""
        jobs = [one.job for one in self._running.values() if not kinds or one.job.kind in kinds]
        return {event for job in jobs for event in job.events}

    def collect(self, seconds: float) -> set[int]:
        """Wait so long for a call to end, and deal with all that did. Raises `LeadLost`, `InboxUnavailable`.

        Returns the events of those that came to nothing, because the lead was lost or this worker stops.
        """
        done, _ = wait(self._running, seconds, FIRST_COMPLETED)
        dropped: set[int] = set()
        for future in done:
            one = self._running.pop(future)
            self._by_source[one.job.source] -= 1
            if one.job.events and (one.term != current_term() or not self._may_go_on()):
                self._note(one.job)
                dropped |= one.job.events
            else:
                dropped |= self._deal(one.job, future)
        return dropped

    def finish(self, seconds: float) -> bool:
        """Wait so long for all calls of HubSpot to end, and tell whether they did.

        What a platform answers now is asked for again later.
        """
        calls = [future for future, one in self._running.items() if one.job.kind is not Kind.PLATFORM]
        return not wait(calls, seconds).not_done

    def close(self) -> None:
        """Start no more."""
        for pool in (self._hubspot, *self._platforms.values()):
            pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, call: Callable[[], Any]) -> Any:
        if not self._may_go_on():
            raise Withdrawn
        return call()

    def _deal(self, job: Job, future: Future[Any]) -> frozenset[int]:
        """Returns the events that nothing came of."""
        try:
            job.then(future.result())
        except Withdrawn:
            return job.events
        except LeadLost:
            self._note(job)
            raise
        except InboxUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one event's fault must not hold up another
            job.failed(error)
        return frozenset()

    def _note(self, job: Job) -> None:
        if job.kind in (Kind.UPDATE, Kind.CREATION):
            self.overtakable |= job.events
