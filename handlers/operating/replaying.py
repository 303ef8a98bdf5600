"""Replay: settled notifications are looked at again with the present schemas and settings, a chunk at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from handlers.errors import InvalidNotification
from handlers.inbox import reviving
from handlers.inbox.browsing import notifications
from handlers.inbox.database import Database
from handlers.inbox.listing import Wanted
from handlers.inbox.reviving import Adopted, Orphan
from handlers.platform import Headers, Notification, Platform
from schemas.sources import Source

CHUNK = 200
_NO_HEADERS: Headers = {}


@dataclass(frozen=True)
class Replayed:
    """How far a replay has come, of `total` as counted before it.

    `done`: they wait to be looked at again. `invalid`: refused at the door, and still no notifications of their platform.
    `last`: the id that was reached; a replay may go on before it.
    """

    done: int
    invalid: int
    total: int
    last: int


@dataclass(frozen=True)
class Replay:
    """Steps through what is `wanted`, from the newest to the oldest. Whatever came in its meantime is not meant."""

    database: Database
    platforms: Mapping[str, Platform[Any]]
    sources: Mapping[str, Source]
    wanted: Wanted | int

    def count(self) -> int:
        """How many there are; what waits already does not count."""
        if isinstance(self.wanted, int):
            one = notifications.get(self.database, self.wanted)
            return int(one is not None and one.outcome != "pending")
        return notifications.count_settled(self.database, self.wanted)

    def steps(self, total: int, moment: float, before: int | None = None) -> Iterator[Replayed]:
        """Do it, telling of each chunk; whoever asks for no more stops it. `moment`: Unix seconds, for what is due."""
        done, invalid, last = 0, 0, before
        while chunk := self._chunk(last):
            adopted, refused = self._adopted(chunk)
            done += reviving.adopt(self.database, adopted, moment) if adopted else 0
            done += reviving.revive(self.database, [number for number in chunk if number not in adopted], moment)
            invalid, last = invalid + refused, chunk[-1]
            yield Replayed(done, invalid, total, last)

    def _chunk(self, before: int | None) -> list[int]:
        if isinstance(self.wanted, int):
            return [self.wanted] if before is None or self.wanted < before else []
        return notifications.numbers_of(self.database, self.wanted, CHUNK, before)

    def _adopted(self, chunk: list[int]) -> tuple[dict[int, Adopted], int]:
        """What the notifications that were refused at the door are about by now, and how many are still none."""
        orphans = reviving.orphans(self.database, chunk)
        read = {orphan.id: self._read(orphan) for orphan in orphans}
        adopted = {number: one for number, one in read.items() if one is not None}
        return adopted, len(orphans) - len(adopted)

    def _read(self, orphan: Orphan) -> Adopted | None:
        """Their signatures held when they came; only what they say is judged again."""
        source = self.sources.get(orphan.source)
        if source is None:
            return None
        try:
            body = orjson.loads(orphan.body)
            read = self.platforms[source.platform].read(body, _NO_HEADERS, source)
        except (InvalidNotification, orjson.JSONDecodeError):
            return None
        return Adopted(orphan.source, read.event, read.action) if isinstance(read, Notification) else None
