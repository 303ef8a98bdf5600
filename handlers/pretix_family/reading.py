"""A webhook of the family: proven by a secret, read as a hint.

Source: https://docs.pretix.eu/dev/api/webhooks.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from handlers.errors import InvalidNotification
from handlers.loading import load
from handlers.platform import Ignored, Json, Notification, Sample
from handlers.signatures import Basic, PathToken, Scheme
from schemas.pretix_family import Delivery, FamilySource

ALL = "*"
"""Stands for the event in the external id of an organizer's whole list."""
_ABOUT_DATES = "subevent."
_DELIVERY = Delivery()


@dataclass(frozen=True)
class Dialect:
    """What one platform of the family tells: an action is one of the `words`, a dot, and one of the `kinds`.

    `public` are those kinds that only befall an event that was public at some time, or that HubSpot must hear of even if
    it was not.
    """

    words: frozenset[str]
    kinds: frozenset[str]
    public: frozenset[str]


def schemes(source: FamilySource) -> Sequence[Scheme]:
    """The password of `https://any:password@…`, or the last part of the address; either, unless one is chosen."""
    ways: dict[str, Scheme] = {"basic": Basic(), "path-token": PathToken()}
    return [ways[source.signature]] if source.signature else list(ways.values())


def read_hint(dialect: Dialect, body: Json, source: FamilySource) -> Notification | Ignored:
    """Which event to ask about. `notification_id` grows, and a retry keeps it. Raises `InvalidNotification`.

    A deletion through the REST API leaves out of which event: then it is about the organizer's whole list.
    """
    action = body.get("action")
    if isinstance(action, str) and not _tells(dialect, action):
        return Ignored(action)
    said = load(_DELIVERY, body)
    if said["organizer"] not in source.organizers:
        raise InvalidNotification({"organizer": ["Is not among this source's organizers."]})
    kind, number, parts = _kind(said["action"]), said["notification_id"], [said["organizer"], said["event"] or ALL]
    if kind.startswith(_ABOUT_DATES):
        if source.series == "parent":
            return Ignored(said["action"])
        parts.append(str(said["subevent"]))
    published = None if said["event"] is None else kind in dialect.public
    return Notification(said["action"], ":".join(parts), str(number), number, published=published)


def sample_hint(source: FamilySource, event: int, count: int) -> Sample:
    """As it is sent; there is no such event, so a look-up finds it gone."""
    body = {
        "notification_id": count * 1_000_000 + event,
        "organizer": source.organizers[0],
        "event": f"sample-{event}",
        "action": "pretix.event.changed",
    }
    return Sample({"Content-Type": "application/json", "User-Agent": "python-requests/2.34.2"}, orjson.dumps(body))


def _tells(dialect: Dialect, action: str) -> bool:
    return action.partition(".")[0] in dialect.words and _kind(action) in dialect.kinds


def _kind(action: str) -> str:
    return action.partition(".")[2]
