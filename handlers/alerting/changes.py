"""Notices what changed since it was last said, and says it once: in the transaction that keeps that it was said."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from handlers.alerting import states
from handlers.alerting.states import Now, written
from handlers.forwarding.jobs import Jobs
from handlers.inbox import reports
from handlers.inbox.alerts import Said, get_said, say
from handlers.inbox.counts import Tally
from handlers.inbox.database import Database
from handlers.inbox.pauses import get_pause
from handlers.inbox.silences import get_silences
from schemas.sources import Source

LOOK_SECONDS = 5.0
COUNT_SECONDS = 60.0
_log = structlog.get_logger()


def tell(database: Database, topic: str, before: Said | None, now: Now, moment: float) -> None:
    """Say a topic's state if it is another than before, or than usual where nothing was said yet.

    Only one of several who notice it at once says it. Raises `InboxUnavailable`.
    """
    is_news = now.state != (before.state if before else states.usual(topic))
    if not is_news and (before.noted if before else {}) == now.noted:
        return
    kind = f"{topic.partition(':')[0]}.{now.state}"
    data = {"text": now.text, **now.data}
    content = {"type": kind, "timestamp": written(moment), "data": data} if is_news else None
    since = moment if is_news or before is None else before.since
    if say(database, topic, before, Said(now.state, since, now.noted), content) and is_news:
        _log.info("a change is told", action="alert.said", alert=kind, topic=topic)


@dataclass
class Changes:
    """For the one thread of a worker, which looks every few seconds while it leads. `count` tells what waits and is dead."""

    database: Database
    sources: Mapping[str, Source]
    count: Callable[[], Tally]
    clock: Callable[[], float] = time.time
    _look_at: float = float("-inf")
    _count_at: float = float("-inf")

    def __call__(self, _jobs: Jobs) -> None:
        """Each turn. Raises `InboxUnavailable`."""
        moment = self.clock()
        if moment < self._look_at:
            return
        self._look_at = moment + LOOK_SECONDS
        said = get_said(self.database)
        self._look_at_sending(said.get("sending"), moment)
        self._look_at_sources(said, moment)
        if moment >= self._count_at:
            self._count_at = moment + COUNT_SECONDS
            self._look_at_dead(said.get("dead"), moment)

    def _look_at_sending(self, before: Said | None, moment: float) -> None:
        pause, state = get_pause(self.database), before.state if before else "resumed"
        if (pause is None) == (state == "resumed"):
            return  # as it was: nothing needs to be counted
        now = states.sending(pause, state, sum(self.count().waiting.values()), moment)
        tell(self.database, "sending", before, now, moment)

    def _look_at_sources(self, said: Mapping[str, Said], moment: float) -> None:
        silences = get_silences(self.database)
        for name in self.sources:
            before = said.get(f"source:{name}")
            since = reports.silent_since(self.database, name, silences) if name in silences else None
            tell(self.database, f"source:{name}", before, states.source(name, since), moment)

    def _look_at_dead(self, before: Said | None, moment: float) -> None:
        noted, state = (before.noted, before.state) if before else ({}, "steady")
        tell(self.database, "dead", before, states.dead(self.count().dead, noted, state, moment), moment)
