"""The steps that turn a changed event into what is to be sent: merge, take in what was looked up, compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from handlers.errors import InvalidNotification
from handlers.forwarding import settling
from handlers.forwarding.mapper import desired, difference, with_properties
from handlers.forwarding.merging import Merged, looked_up, overlay
from handlers.inbox.queue import Changed, Link, Pending, Settlement, Stamp
from handlers.platform import Found, Gone, Headers, Notification, Platform, Skipped, without
from schemas.sources import Source

HINT = Notification("marquee.hint", "")
"""What Marquee tells itself: that an event may have changed. It is kept with an empty body, as nothing from outside is."""
_NO_HEADERS: Headers = {}


@dataclass(frozen=True)
class Parcel:
    """What one marketing event shall be told: `fields` are flat and only those that differ. `link` is new if it is not kept yet."""

    merged: Merged
    link: Link
    fields: Mapping[str, Any]


def merge(changed: Changed, chunks: Iterable[list[Pending]], platform: Platform[Any], source: Source) -> Merged:
    """The event with all its waiting notifications merged, in the order of their arrival."""
    merged = Merged(changed, changed.state)
    for chunk in chunks:
        for pending in chunk:
            try:
                merged.add(pending, _read(pending, platform, source))
            except InvalidNotification as error:
                merged.refuse(pending, error)
    return merged


def take_in(
    merged: Merged, found: Found | Gone | Skipped, platform: Platform[Any], source: Source
) -> Settlement | None:
    """Let what the platform showed have its say; a settlement means that nothing is to be sent.

    Raises `InvalidNotification` where a custom property cannot be taken from it.
    """
    if isinstance(found, Skipped):
        return settling.unchanged(merged, found.reason)
    if isinstance(found, Gone):
        return _take_in_gone(merged, source)
    public = merged.state.published or found.published or found.was_published
    if not public:
        return settling.unchanged(merged, "not_published")
    said = with_properties(found.fields, without(found.event, platform.private), source)
    version = merged.state.version if found.version is None else found.version
    merged.state = looked_up(merged.state, said, _stamp(merged, version))
    merged.publish()
    return None


def compare(merged: Merged, source: Source) -> Settlement | dict[str, Any]:
    """The flat fields to send, or a settlement where HubSpot has them all or they contradict each other."""
    if not merged.state.fields:
        return settling.unchanged(merged)
    if merged.unseen and not merged.state.published:
        return settling.unchanged(merged, "not_published")
    try:
        wanted = desired(merged.state, source)
    except InvalidNotification as error:
        return settling.dead(merged, settling.INVALID, error.errors)
    confirmed = merged.event.link.confirmed if merged.event.link else {}
    return difference(wanted, confirmed) or settling.unchanged(merged)


def _read(pending: Pending, platform: Platform[Any], source: Source) -> Notification:
    if not pending.body:
        return HINT
    body = orjson.loads(pending.body)
    read = platform.read(body, _NO_HEADERS, source)
    if not isinstance(read, Notification):
        raise InvalidNotification({"action": [f"{read.action} is ignored by the present settings."]})
    if read.fields is None:
        return read
    said = without(body if read.said is None else read.said, platform.private)
    return replace(read, fields=with_properties(read.fields, said, source))


def _take_in_gone(merged: Merged, source: Source) -> Settlement | None:
    if source.on_deleted == "ignore":
        return settling.unchanged(merged, "deleted")
    merged.gone = True
    merged.state = overlay(merged.state, {"eventCancelled": True}, _stamp(merged, merged.state.version))
    merged.publish()
    return None


def _stamp(merged: Merged, version: float) -> Stamp:
    return version, max((seen.id for seen in merged.all_valid()), default=0)
