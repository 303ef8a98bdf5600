"""What a platform is: data and pure functions that tell how it signs, names, sends, answers and lists."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
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

    def items(self) -> Iterable[tuple[str, str]]:
        """All that came."""
        ...


@dataclass(frozen=True)
class Notification:
    """One authentic webhook, read.

    `event` is the external id. `version` orders the notifications of one event, greater is newer; None means by arrival.
    `fields` is what it says of the event; None where it says too little, and the platform must be asked. `said` is the
    platform's own event object in it, for `custom_properties`; None: the whole body.
    `published`: the event was public at some time; False: nobody saw it yet, so that it waits unsent; None: it does not say.
    """

    action: str
    event: str
    delivery_id: str | None = None
    version: Version | None = None
    object_id: str | None = None
    fields: Fields | None = None
    published: bool | None = None
    said: Json | None = None


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


@dataclass(frozen=True)
class Remaining:
    """What a list still has: whatever else is known with an external id below `prefix` is to be looked up, one by one."""

    prefix: str
    events: frozenset[str]


LookUp = Generator[Get, Answer, Found | Gone | Skipped | Remaining]


@dataclass(frozen=True)
class Listed:
    """One event of the platform's own list, as a look-up would show it."""

    event: str
    found: Found | Skipped


@dataclass(frozen=True)
class Page:
    """A part of the list. `following` is where it goes on, in the platform's own words; None: that was the last."""

    events: Sequence[Listed]
    following: str | None = None


Listing = Generator[Get, Answer, Page]


@dataclass(frozen=True)
class Grant:
    """Where a token is granted for what `Api.headers` cannot say: OAuth 2.0, RFC 6749, 4.4; posted without a body.

    `authorization` opens `path` (with `params`) below `base_url`.
    """

    base_url: str
    path: str
    params: Mapping[str, str]
    authorization: str = field(repr=False)


@dataclass(frozen=True)
class Api:
    """A platform's API: the only base URL that is ever asked, and the headers that open it, or the grant of a token that does.

    `calls_per_second` and `at_once` are how much of it a guest may use.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    grant: Grant | None = None
    calls_per_second: float = 4.0
    at_once: int = 2


@dataclass(frozen=True)
class Knock:
    """A request that asks whether somebody is there, before it is proven whom it is from. `body` is empty but for a POST."""

    method: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True)
class Welcome:
    """What such a request is answered with: headers, and JSON if there is any."""

    headers: Mapping[str, str] = field(default_factory=dict)
    content: Json | None = None


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
    `origins` tells for each of HubSpot's fields where in the platform's words it comes from. Members called as in
    `private`, however deep, never leave, not even as custom properties.

    `unpack` makes JSON objects of a request that is more than one object of JSON; it raises `Refusal`. `handshake` answers
    a request that only asks whether somebody is there, or leaves it alone (None): it comes before any proof, so it may
    reveal nothing. `path_suffix` is how many segments the sender adds to the address.

    `api` tells how the platform is asked, if the source has a token for it; then `look_up` asks for one event, and
    `list_events(source, following)` for a page of them all, beginning at None. `own_sender`: the sender is the operator's
    own system, so that a 422 reaches somebody who can mend it; other senders would switch the webhook off.
    """

    name: str
    settings: type[SourceSchema]
    schemes: Callable[[S], Sequence[Scheme]]
    read: Callable[[Json, Headers, S], Notification | Ignored]
    sample: Callable[[S, int, int], Sample]
    origins: Mapping[str, str]
    private: frozenset[str] = frozenset()
    unpack: Callable[[Headers, bytes], Sequence[Json]] | None = None
    handshake: Callable[[Knock, S], Welcome | None] | None = None
    path_suffix: int = 0
    api: Callable[[S], Api | None] | None = None
    look_up: Callable[[str, S], LookUp] | None = None
    list_events: Callable[[S, str | None], Listing] | None = None
    own_sender: bool = False


def without(event: Json, private: frozenset[str]) -> Json:
    """The event without the members that are `private`; without recursion, since JSON may be nested deeper than calls."""
    if not private:
        return event
    pruned = _copied(event, private)
    waiting = [pruned]
    while waiting:
        place = waiting.pop()
        for key, inner in place.items() if isinstance(place, dict) else enumerate(place):
            if isinstance(inner, Mapping | list):
                place[key] = _copied(inner, private)
                waiting.append(place[key])
    whole: Json = pruned
    return whole


def _copied(value: Any, private: frozenset[str]) -> Any:
    if isinstance(value, list):
        return list(value)
    return {name: inner for name, inner in value.items() if name not in private}
