"""Merges what a platform said of one event, field by field, so that the newest word on each field stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from handlers.errors import InvalidNotification
from handlers.inbox.queue import Changed, Pending, Stamp, State
from handlers.platform import Fields, Notification, Version

PROPERTY = "property:"
CANCELLED = "eventCancelled"


@dataclass(frozen=True)
class Seen:
    """A waiting notification without its body."""

    id: int
    received_at: float


@dataclass
class Merged:
    """One event's state with its waiting notifications in it.

    `newest` is the notification whose word stands, `older` those that it covers, `invalid` those that say nothing
    usable, with the errors by field. `object_id` is the marketing event that the newest of them named. `asks`: one of
    them says too little, so that the platform must be asked. `unseen`: one said that nobody saw the event yet. `gone`: the
    platform no longer has it.
    """

    event: Changed
    state: State
    newest: Seen | None = None
    older: list[Seen] = field(default_factory=list)
    invalid: list[tuple[Seen, Mapping[str, Any]]] = field(default_factory=list)
    object_id: str | None = None
    asks: bool = False
    unseen: bool = False
    gone: bool = False
    _newest_stamp: Stamp = (float("-inf"), 0)

    def add(self, pending: Pending, notification: Notification) -> None:
        """Let one notification, whose fields are flat, have its say whenever it came."""
        stamp = (self._version_of(notification.version, pending.id), pending.id)
        said = notification.fields
        stands = not said or any(stamp >= tuple(self.state.stamps.get(name, (float("-inf"), 0))) for name in said)
        if notification.published:
            self.publish()
        self.unseen = self.unseen or notification.published is False
        self.asks = self.asks or said is None
        if said is None:  # what is looked up now is as new as what made us ask
            self.state = replace(self.state, version=max(self.state.version, stamp[0]))
        else:
            self.state = overlay(self.state, said, stamp)
        self.object_id = notification.object_id or self.object_id
        self._rank(Seen(pending.id, pending.received_at), stamp, stands=stands)

    def refuse(self, pending: Pending, error: InvalidNotification) -> None:
        """Set one aside that is no notification of its platform."""
        self.invalid.append((Seen(pending.id, pending.received_at), error.errors))

    def publish(self) -> None:
        """The event was public at some time."""
        self.state = replace(self.state, published=True)

    def all_valid(self) -> Iterable[Seen]:
        """Every waiting notification that was merged."""
        return [*self.older, *([self.newest] if self.newest else [])]

    def _version_of(self, version: Version | None, number: int) -> Version:
        """Without a version of its own, a notification is as new as the newest that came before it.

        One that is replayed came long ago: what came after it says nothing of how new it was.
        """
        if version is not None:
            return version
        stamps = self.state.stamps.values()
        if not any(later >= number for _, later in stamps):
            return self.state.version
        return max((known for known, earlier in stamps if earlier <= number), default=0)

    def _rank(self, seen: Seen, stamp: Stamp, *, stands: bool) -> None:
        if stands and stamp > self._newest_stamp:
            self.older += [self.newest] if self.newest else []
            self.newest, self._newest_stamp = seen, stamp
        else:
            self.older.append(seen)


def overlay(state: State, said: Mapping[str, Any], stamp: Stamp) -> State:
    """The state after something was said with that stamp; fields that a newer stamp holds stay."""
    fields, stamps = dict(state.fields), dict(state.stamps)
    for name, value in said.items():
        if name not in stamps or stamp >= tuple(stamps[name]):
            fields[name], stamps[name] = value, stamp
    return State(fields, stamps, max(state.version, stamp[0]), state.published)


def looked_up(state: State, said: Mapping[str, Any], stamp: Stamp) -> State:
    """The state after the platform showed the whole event: what it no longer shows is forgotten, but for a cancellation.

    Some platforms tell of that in a notification only, and whoever says nothing of it does not take it back. An answer
    older than the one before (by the platform's own version) changes nothing.
    """
    if stamp[0] < state.version:
        return state
    fields, stamps = ({CANCELLED: of[CANCELLED]} if CANCELLED in of else {} for of in (state.fields, state.stamps))
    return overlay(replace(state, fields=fields, stamps=stamps), said, stamp)


def flatten(fields: Fields) -> dict[str, Any]:
    """Each custom property as a field of its own, `property:<name>`, so that properties merge one by one."""
    flat = {name: value for name, value in fields.items() if name != "customProperties"}
    return flat | {PROPERTY + name: value for name, value in fields.get("customProperties", {}).items()}


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `flatten`."""
    fields = {name: value for name, value in flat.items() if not name.startswith(PROPERTY)}
    properties = {name.removeprefix(PROPERTY): value for name, value in flat.items() if name.startswith(PROPERTY)}
    return fields | ({"customProperties": properties} if properties else {})
