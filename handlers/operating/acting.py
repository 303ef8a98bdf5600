"""What an operator can do, whichever way it is asked for; each action is written down with who did it."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import ValidationError

from handlers.forwarding.hydrator import Guest
from handlers.inbox import links, pauses, reviving
from handlers.inbox.audit import About, Operator, record, record_alone
from handlers.inbox.browsing import events, notifications
from handlers.inbox.database import Database
from handlers.inbox.known import Hints
from handlers.inbox.listing import Wanted
from handlers.operating.redaction import redacted
from handlers.operating.replaying import Replay, Replayed
from handlers.platform import Platform
from schemas.links import LinkSchema
from schemas.sources import Source

_LINK = LinkSchema()
_SENDING = About("sending")


class NoSuchSource(LookupError):
    """No such source is configured."""


class NoSuchEvent(LookupError):
    """No such event is known."""


class CannotAsk(Exception):
    """The platform of the source cannot be asked about an event. The message says why."""


@dataclass(frozen=True)
class Actions:
    """For any thread. `guests`: who asks the platforms, of the sources that can be asked. `clock` tells Unix seconds.

    All of them raise `InboxUnavailable`, and then nothing was done for sure.
    """

    database: Database
    sources: Mapping[str, Source]
    platforms: Mapping[str, Platform[Any]]
    hints: Hints
    guests: Mapping[str, Guest]
    clock: Callable[[], float] = time.time

    def replay_count(self, wanted: Wanted | int) -> int:
        """How many notifications a replay would look at again: all that are `wanted`, or one by its id."""
        return self._replay(wanted).count()

    def replay(self, wanted: Wanted | int, by: Operator, before: int | None = None) -> Generator[Replayed, None, None]:
        """Do it a chunk at a time, from the newest to the oldest, or on from `before` an id; to stop it, close it.

        A replayed notification stands where it stood: what came after it is not overwritten.
        """
        about, replay = _about(wanted), self._replay(wanted)
        total, last = replay.count(), None
        record_alone(self.database, by, "replay", about, {"notifications": total})
        try:
            for last in replay.steps(total, self.clock(), before):
                yield last
        except GeneratorExit:
            done = last.done if last else 0
            record_alone(self.database, by, "replay_stopped", about, {"done": done, "notifications": total})
            raise

    def link(self, source: str, external_id: str, object_id: str, by: Operator) -> int:
        """Let a marketing event stand for an event; returns how many dead notifications wait again because of it.

        Raises `NoSuchSource`, `links.LinkedElsewhere`, and `ValueError` in words where one of the ids is none.
        """
        self._check_source(source)
        try:
            read = _LINK.load({"source": source, "external_id": external_id, "object_id": object_id})
        except ValidationError as error:
            faults = [f"{name}: {' '.join(texts)}" for name, texts in error.messages_dict.items()]
            raise ValueError("; ".join(faults)) from error
        woken = links.link(self.database, source, read["external_id"], read["object_id"], self.clock())
        detail = {"objectId": read["object_id"], "notifications": woken}
        record_alone(self.database, by, "link", _event(source, external_id), detail)
        return woken

    def send_again(self, source: str, external_id: str, by: Operator) -> None:
        """Send an event at once and in full, whatever HubSpot confirmed of it. Raises `NoSuchEvent`."""
        number = self._number(source, external_id)
        also = partial(record, by=by, action="send_again", about=_event(source, external_id))
        reviving.send_whole(self.database, number, self.clock(), also)

    def look_up_again(self, source: str, external_id: str, by: Operator) -> None:
        """Have the platform asked what an event looks like now. Raises `NoSuchEvent`, `CannotAsk`."""
        self._number(source, external_id)
        if source not in self.guests:
            raise CannotAsk(
                "Its platform cannot be asked: it has no API for that, or the source has no token for it. Send it again instead."
            )
        self.hints.add(source, [external_id], self.clock())
        record_alone(self.database, by, "look_up_again", _event(source, external_id))

    def pause(self, source: str | None, by: Operator, detail: str | None = None) -> None:
        """Send nothing of a source, or nothing at all, until it is resumed; the door stays open. Raises `NoSuchSource`."""
        words = {"detail": detail} if detail else None
        if source is None:
            also = partial(record, by=by, action="pause", about=_SENDING, detail=words)
            pauses.hold(self.database, self.clock(), detail, also)
        else:
            self._check_source(source)
            also = partial(record, by=by, action="pause", about=About("source", source), detail=words)
            pauses.hold_source(self.database, source, self.clock(), detail, also)

    def resume(self, source: str | None, by: Operator) -> None:
        """Lift what stops a source, or all sending, whoever caused it; HubSpot is then tried with one small batch at once.

        A source that an operator paused is only resumed by its name. Raises `NoSuchSource`.
        """
        if source is None:
            pauses.resume(self.database, partial(record, by=by, action="resume", about=_SENDING))
        else:
            self._check_source(source)
            also = partial(record, by=by, action="resume", about=About("source", source))
            pauses.resume_source(self.database, source, also)

    def body(self, number: int) -> Any | None:
        """A notification's body without what is private; None where it is not kept."""
        row = notifications.get(self.database, number)
        content = notifications.body_of(self.database, number) if row is not None else None
        if row is None or content is None:
            return None
        source = self.sources.get(row.source)
        if source is None:
            return redacted(content)
        return redacted(content, self.platforms[source.platform].private, source.secrets)

    def _replay(self, wanted: Wanted | int) -> Replay:
        return Replay(self.database, self.platforms, self.sources, wanted)

    def _check_source(self, source: str) -> None:
        if source not in self.sources:
            raise NoSuchSource(source)

    def _number(self, source: str, external_id: str) -> int:
        number = events.number_of(self.database, source, external_id)
        if number is None:
            raise NoSuchEvent(f"{source}/{external_id}")
        return number


def _event(source: str, external_id: str) -> About:
    return About("event", f"{source}/{external_id}")


def _about(wanted: Wanted | int) -> About:
    if isinstance(wanted, int):
        return About("notification", str(wanted))
    given = (f"{name}={value}" for name, value in vars(wanted).items() if value is not None)
    return About("filter", "&".join(given))
