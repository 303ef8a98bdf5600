"""What a platform is: data and pure functions that tell how it signs, names, sends and answers."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from handlers.signatures import Scheme
from schemas.sources import Source, SourceSchema

Json = Mapping[str, Any]
Fields = Mapping[str, Any]
"""HubSpot's field names with values ready to leave; `customProperties` maps a property's name to its value."""
Version = int | float
S = TypeVar("S", bound=Source)


class Headers(Protocol):
    """A request's headers, whatever their case."""

    def get(self, key: str, /) -> str | None:
        """The header's text, if it came."""
        ...


@dataclass(frozen=True)
class Notification:
    """One authentic webhook, read.

    `event` is the external id. `version` orders the notifications of one event, greater is newer; None means by arrival.
    `fields` is what a fat platform says of the event; a thin one says nothing (None) and is asked back.
    `published` tells that the event was public at some time.
    """

    action: str
    event: str
    delivery_id: str | None = None
    version: Version | None = None
    object_id: str | None = None
    fields: Fields | None = None
    published: bool = False


@dataclass(frozen=True)
class Ignored:
    """Authentic, but about nothing that HubSpot's marketing event shows."""

    action: str


@dataclass(frozen=True)
class Get:
    """A question to the platform's API: a path below its base URL. Statuses outside `expects` are faults of the look-up."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    expects: frozenset[int] = frozenset({200})


@dataclass(frozen=True)
class Answer:
    """What the platform's API said: status, and the JSON object of a 200."""

    status: int
    body: Json


@dataclass(frozen=True)
class Found:
    """The event as the platform shows it now.

    `event` is the platform's own object, for `custom_properties`. `published`: it is public now;
    `was_published`: the object shows that it was public at some time. `version` guards against stale answers.
    """

    fields: Fields
    event: Json
    version: Version | None = None
    published: bool = True
    was_published: bool = False


@dataclass(frozen=True)
class Gone:
    """The platform no longer has the event."""


@dataclass(frozen=True)
class Skipped:
    """The event is not one to send, for `reason` (a series whose dates are sent instead, for instance)."""

    reason: str


LookUp = Generator[Get, Answer, Found | Gone | Skipped]


@dataclass(frozen=True)
class Api:
    """A thin platform's API: the only base URL that is ever asked, and the header that opens it."""

    base_url: str
    authorization: str


@dataclass(frozen=True)
class Sample:
    """A notification as the platform would send it, unsigned."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Platform(Generic[S]):
    """One kind of ticketing system.

    `settings` reads its table of `sources.toml`. `schemes`: any one of them proves the origin. `read` raises
    `InvalidNotification`. `sample(source, event, count)` is the count-th notification about the event-th event.
    `look_up` and `api` are for thin platforms. `own_sender`: the sender is the operator's own system, so that a 422
    reaches somebody who can mend it; other senders would switch the webhook off.
    """

    name: str
    settings: type[SourceSchema]
    schemes: Callable[[S], Sequence[Scheme]]
    read: Callable[[Json, Headers, S], Notification | Ignored]
    sample: Callable[[S, int, int], Sample]
    look_up: Callable[[str, S], LookUp] | None = None
    api: Callable[[S], Api] | None = None
    own_sender: bool = False
