"""Compares the list of a source's platform with what is known, a page at a time, and has the platform asked where it differs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from handlers.errors import LookUpFailed
from handlers.forwarding.differing import Comparing, Difference
from handlers.forwarding.expecting import unlisted
from handlers.forwarding.hydrator import Guest
from handlers.inbox import reconciliations
from handlers.inbox.database import Database
from handlers.inbox.known import Hints
from handlers.inbox.reconciliations import Result, Run
from handlers.platform import Listed, Page, Platform
from schemas.sources import Source

HOUR = 3600.0
CHUNK = 200
MOST_PAGES = 20_000
WITHOUT_END = "platform_lists_without_end"
_log = structlog.get_logger()


@dataclass(frozen=True)
class Wish:
    """What an operator may want besides: `everything` that is public asked about; a list believed however much is missing."""

    everything: bool = False
    believe: bool = False


@dataclass(frozen=True)
class Roll:
    """One source whose platform can be listed."""

    source: Source
    platform: Platform[Any]
    guest: Guest

    def page(self, following: str | None) -> Page:
        """A page of the list as it is now, each event once. Raises `LookUpFailed`, `InvalidNotification`."""
        if self.platform.list_events is None:
            raise LookUpFailed("platform_lists_nothing")
        page = self.guest.follow(self.platform.list_events(self.source, following), None)
        if page.following is not None and page.following == following:
            raise LookUpFailed(WITHOUT_END)
        return replace(page, events=list({one.event: one for one in page.events}.values()))


@dataclass(frozen=True)
class Found:
    """What a page came to: where it `following` goes on, what it `digests` of each event, and what differs."""

    following: str | None
    digests: Mapping[str, str]
    fresh: int
    differences: list[Difference]


@dataclass(frozen=True)
class Reconciliation:
    """One source's runs by one process, called `holder`, which has claimed the run whose steps it takes."""

    database: Database
    roll: Roll
    hints: Hints
    holder: str
    clock: Callable[[], float]
    chance: Callable[[], float]
    wish: Wish = field(default_factory=Wish)

    def step(self, run: Run) -> Run | Result:
        """The next page, or after the last one what is missing. What is found is kept before the progress is: a crash
        between the two finds it again, and it waits already.

        Raises `LookUpFailed`, `InvalidNotification`, `ClaimLost`, `InboxUnavailable`.
        """
        if run.ended:
            return self._finish(run)
        if run.pages >= MOST_PAGES:
            raise LookUpFailed(WITHOUT_END)
        found = self.look(run)
        self._hint(difference.event for difference in found.differences)
        done = replace(
            run,
            following=found.following,
            ended=found.following is None,
            pages=run.pages + 1,
            listed=run.listed + found.fresh,
            differing=run.differing + len(found.differences),
        )
        reconciliations.save(self.database, done, self.holder, found.digests)
        return done

    def look(self, run: Run) -> Found:
        """Compare the next page; nothing is kept."""
        page = self.roll.page(run.following)
        comparing = Comparing(self.roll.source, self.roll.platform, self.clock(), self.wish.everything)
        digests: dict[str, str] = {}
        differences: list[Difference] = []
        fresh = 0
        for some in _chunks(page.events):
            known = reconciliations.standings(self.database, self.roll.source.name, [one.event for one in some])
            for one in some:
                standing = known.get(one.event)
                comparison = comparing.compare(one, standing)
                digests[one.event] = comparison.digest
                differences += [comparison.difference] if comparison.difference else []
                fresh += standing is None or standing.run_at != run.begun_at
        return Found(page.following, digests, fresh, differences)

    def _finish(self, run: Run) -> Result:
        moment, source = self.clock(), self.roll.source
        chunks = reconciliations.expected(self.database, source.name)
        missing = unlisted(chunks, lambda one: one.run_at == run.begun_at, run.begun_at, moment)
        doubted = missing.is_doubtful and not self.wish.believe
        if doubted:
            _log.warning(
                "much of what is known is missing in the platform's list: it is not believed",
                action="reconciliation.doubted",
                source=source.name,
                missing=len(missing.events),
                known=missing.known,
            )
        else:
            self._hint(missing.events)
        ended = self.clock()
        result = Result(run.listed, run.differing, len(missing.events), doubted, ended - run.begun_at)
        following = ended + (source.reconcile_hours or 24.0) * HOUR * (1 + self.chance() / 20)
        reconciliations.finish(self.database, run, self.holder, result, ended, following)
        _log.info(
            "the platform's list was compared",
            action="reconciliation.finished",
            source=source.name,
            listed=result.listed,
            differing=result.differing,
            missing=result.missing,
            doubted=result.doubted,
            duration_ms=round(result.seconds * 1000),
        )
        return result

    def _hint(self, events: Iterable[str]) -> None:
        self.hints.add(self.roll.source.name, events, self.clock())


def rolls(
    platforms: Mapping[str, Platform[Any]], sources: Mapping[str, Source], guests: Mapping[str, Guest]
) -> dict[str, Roll]:
    """The sources whose platform tells a list, and that have a token for it."""
    listable = {name: platforms[source.platform] for name, source in sources.items() if name in guests}
    return {
        name: Roll(sources[name], platform, guests[name]) for name, platform in listable.items() if platform.list_events
    }


def _chunks(events: Sequence[Listed]) -> Iterator[Sequence[Listed]]:
    return (events[start : start + CHUNK] for start in range(0, len(events), CHUNK))
