"""CloudEvents 1.0 over HTTP, from systems of the operator's own. https://github.com/cloudevents/spec/tree/main/cloudevents"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from handlers import loading
from handlers.cloudevents_http import STRUCTURED, is_json_data, plain, unpack
from handlers.digests import digest
from handlers.errors import InvalidNotification
from handlers.own_words import TOLD, fields_of, load, mapped, sample_words, scheme, unmapped
from handlers.platform import Headers, Ignored, Json, Knock, Notification, Platform, Sample, Version, Welcome
from handlers.signatures import Scheme
from schemas.fields import shape
from schemas.platforms.cloudevents import (
    ANY,
    SPEC_VERSION,
    CloudEvent,
    CloudEventsSource,
    CloudEventsSourceSchema,
)

MAX_DELIVERY_ID, MAX_ACTION = 255, 255
_EVENT = CloudEvent()
_SAMPLES_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def schemes(source: CloudEventsSource) -> Sequence[Scheme]:
    """The one that is configured; a token may also be `?access_token=` (http-webhook.md, 3)."""
    return [scheme(source, query="access_token")]


def read(body: Json, _headers: Headers, source: CloudEventsSource) -> Notification | Ignored:
    """What one event in JSON says: its `data` in HubSpot's words, or what `map` finds in the whole event.

    Raises `InvalidNotification`, with errors by the event's attributes, `data.…` and `map.…`.
    """
    event = loading.load(_EVENT, body)
    if source.types and event["type"] not in source.types:
        return Ignored(_action(event["type"]))
    said = _said(plain(body), source)
    return Notification(
        _action(event["type"]),
        said["id"],
        _delivery_id(event["source"], event["id"]),
        _version(said, event, source),
        said.get("objectId"),
        fields_of(said),
    )


def handshake(knock: Knock, source: CloudEventsSource) -> Welcome | None:
    """Consent to deliveries (http-webhook.md, 4). It opens nothing: each delivery is still proven.

    `WebHook-Request-Callback` is not looked at: to call it would let a stranger choose where Marquee calls.
    """
    origin = knock.headers.get("WebHook-Request-Origin") if knock.method == "OPTIONS" else None
    allowed = _allowed(origin, source.allowed_origins) if origin else None
    if allowed is None:
        return None
    rate = ANY if source.allowed_rate is None else str(source.allowed_rate)
    return Welcome({"WebHook-Allowed-Origin": allowed, "WebHook-Allowed-Rate": rate, "Allow": "POST"})


def sample(source: CloudEventsSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event, structured. Raises `ValueError` where the map cannot be turned round."""
    said = sample_words(event, count)
    envelope = {
        "specversion": SPEC_VERSION,
        "id": f"sample-{event}-{count}",
        "source": "/marquee/samples",
        "type": source.types[0] if source.types else "com.example.event.changed",
        "time": (_SAMPLES_BEGIN + timedelta(microseconds=count)).isoformat(timespec="microseconds"),
        "datacontenttype": "application/json",
    }
    mappable = unmapped(said, source, envelope, lambda body: _event_of(body, source)) if source.map else None
    return Sample({"Content-Type": STRUCTURED}, orjson.dumps(mappable or envelope | {"data": said}))


def _event_of(body: Json, source: CloudEventsSource) -> str | None:
    said = read(body, {}, source)
    return said.event if isinstance(said, Notification) else None


def _said(event: Json, source: CloudEventsSource) -> dict[str, Any]:
    """The event's words."""
    _check_data(event)
    if source.map:
        with _errors_at("map"):
            return load(mapped(event, source.map))
    words = event.get("data")
    if not isinstance(words, Mapping):
        told = f"Is {shape(words)}, not an object" if "data" in event else "Is missing"
        raise InvalidNotification({"data": [f"{told}: give HubSpot's words, or the source a map."]})
    with _errors_at("data"):
        return load(words)


def _check_data(event: Json) -> None:
    """Whatever data there is must be JSON: after `plain` none is in base64 that could be read."""
    encoded = event.get("data_base64") is not None
    if ("data" in event or encoded) and not is_json_data(event.get("datacontenttype")):
        raise InvalidNotification({"datacontenttype": ["Says that the data is not JSON: send application/json."]})
    if encoded:
        told = "Stands beside data: send only one of them." if "data" in event else "Is not JSON in base64."
        raise InvalidNotification({"data_base64": [told]})


@contextmanager
def _errors_at(place: str) -> Iterator[None]:
    """An event has an id, and its data has one: errors say whose they are about."""
    try:
        yield
    except InvalidNotification as error:
        raise InvalidNotification({f"{place}.{name}": told for name, told in error.errors.items()}) from error


def _version(said: Json, event: Json, source: CloudEventsSource) -> Version | None:
    """The words' own; else when it happened, which a source tells of all its events in the same way (spec.md, `time`).

    Where the map names a version it alone counts: numbers and times do not compare.
    """
    version: Version | None = said.get("version")
    return event.get("time") if version is None and "version" not in source.map else version


def _delivery_id(source: str, number: str) -> str:
    """`source` and `id` are unique together (spec.md). An address has no space, so one parts them; else their digest serves."""
    joined = f"{source} {number}"
    if len(joined) <= MAX_DELIVERY_ID and " " not in source and joined.isprintable():
        return joined
    return f"sha256:{digest(source.encode(), number.encode())}"


def _action(kind: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in kind[:MAX_ACTION])


def _allowed(origin: str, allowed: Sequence[str]) -> str | None:
    """What is answered to an origin. It is repeated only if it is a name of the settings, but for its capitals."""
    if ANY in allowed:
        return ANY
    known = origin.isascii() and origin.lower() in {name.lower() for name in allowed}
    return origin if known else None


PLATFORM = Platform(
    name="cloudevents",
    settings=CloudEventsSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins={name: f"data.{name}" for name in TOLD},
    unpack=unpack,
    handshake=handshake,
    own_sender=True,
)
