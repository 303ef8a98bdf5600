"""Any system of the operator's own: fat notifications, signed in one of five ways."""

from collections.abc import Sequence

import orjson

from handlers.own_words import TOLD, fields_of, load, mapped, sample_words, scheme, unmapped
from handlers.platform import Headers, Json, Notification, Platform, Sample
from handlers.signatures import Scheme
from schemas.platforms.generic import GenericSource, GenericSourceSchema

ACTION = "event.changed"
_DELIVERY_IDS = ("webhook-id", "svix-id", "X-GitHub-Delivery", "X-Delivery-Id")


def schemes(source: GenericSource) -> Sequence[Scheme]:
    """The one scheme that the source is configured with."""
    return [scheme(source)]


def read(body: Json, headers: Headers, source: GenericSource) -> Notification:
    """The notification, mapped if the source has a map. Raises `InvalidNotification`."""
    said = load(mapped(body, source.map) if source.map else body)
    sent_id = next((value for name in _DELIVERY_IDS if (value := headers.get(name))), None)
    return Notification(
        ACTION,
        said["id"],
        sent_id or said.get("notificationId"),
        said.get("version"),
        said.get("objectId"),
        fields_of(said),
    )


def sample(source: GenericSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th event. Raises `ValueError` where the source's map cannot be turned round."""
    said = sample_words(event, count)
    body = unmapped(said, source, {}, lambda body: read(body, {}, source).event) if source.map else said
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


PLATFORM = Platform(
    name="generic",
    settings=GenericSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins={name: name for name in TOLD},
    own_sender=True,
)
