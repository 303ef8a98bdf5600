"""GoTo Webinar: fat webhooks. How they are signed is not published, so that their address is the secret, unless it is found out.

Sources: https://developer.goto.com/guides/GoToWebinar/07_HOW_WebHooksOverview/,
https://developer.goto.com/guides/GoToWebinar/08_HOW_webhooks/, https://developer.goto.com/GoToWebinarV2#tag/Webhooks, and
deliveries that were captured. The guide's field lists leave out `timestamp`, which all captured deliveries have.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from handlers.loading import load
from handlers.platform import Headers, Ignored, Json, Knock, Notification, Platform, Sample, Welcome
from handlers.signatures import Hmac, PathToken, Scheme
from schemas.fields import given, parse_instant
from schemas.platforms.gotowebinar import KEY, Delivery, GotowebinarSource, GotowebinarSourceSchema
from schemas.text import cut

ABOUT_WEBINARS = frozenset({"webinar.created", "webinar.changed"})
_FIRST_SAMPLE = datetime(2026, 12, 1, tzinfo=UTC)
_DELIVERY = Delivery()

ORIGINS = {
    "eventName": "webinarTitle",
    "eventType": "always Webinar, unless the source's event_type says otherwise",
    "startDateTime": "times: the first startTime",
    "endDateTime": "times: the last endTime",
    "eventDescription": "description",
    "eventUrl": "the source's event_url with webinarKey",
    "eventCancelled": "status DELETED",
}
PRIVATE = frozenset(
    (
        *("joinUrl", "hostUrl", "email", "firstName", "lastName", "phone", "address", "registrantKey", "responses"),
        *("organizerKey", "webinarCreatorKey", "coOrganizers", "panelists"),
    )
)


def schemes(source: GotowebinarSource) -> Sequence[Scheme]:
    """The last part of the address, or the keyed hash that the operator described."""
    if source.hmac is not None:
        return [Hmac(**vars(source.hmac))]
    return [PathToken()]


def handshake(knock: Knock, _source: GotowebinarSource) -> Welcome | None:
    """GoTo asks for an address with GET before it takes it as a webhook's, and wants 200."""
    return Welcome() if knock.method == "GET" else None


def read(body: Json, _headers: Headers, source: GotowebinarSource) -> Notification | Ignored:
    """The webinar as it was made, changed or deleted. Raises `InvalidNotification`.

    `eventKey` is GoTo's own word for telling deliveries apart.
    """
    action = body.get("eventName")
    if isinstance(action, str) and action not in ABOUT_WEBINARS:
        return Ignored(action)
    said = load(_DELIVERY, body)
    action, deleted = said["eventName"], said.get("status") == "DELETED"
    if deleted and source.on_deleted == "ignore":
        return Ignored(action)
    fields = {"eventCancelled": True} if deleted else _fields(said, source)
    return Notification(action, said["webinarKey"], said.get("eventKey"), said.get("timestamp"), fields=fields)


def sample(_source: GotowebinarSource, event: int, count: int) -> Sample:
    """The count-th change of the event-th webinar."""
    day = f"2027-05-{event % 28 + 1:02}"
    body = {
        "eventName": "webinar.changed",
        "eventVersion": "1.0.0",
        "product": "g2w",
        "eventKey": f"sample-{event}-{count}",
        "webinarKey": 2_000_000_000_000_000_000 + event,
        "webinarTitle": f"Sample webinar {event}, change {count}",
        "experienceType": "CLASSIC",
        "recurrenceType": "single_session",
        "times": [{"startTime": f"{day}T09:00:00Z", "endTime": f"{day}T10:00:00Z"}],
        "status": "UPDATED",
        "timeZone": "Europe/Berlin",
        "timestamp": f"{_FIRST_SAMPLE + timedelta(seconds=count):%Y-%m-%dT%H:%M:%S}.000Z",
    }
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _fields(said: Mapping[str, Any], source: GotowebinarSource) -> dict[str, Any]:
    """GoTo's words and HubSpot's, side by side. Of an end that is missing in one session, nothing is known of the whole."""
    sessions = said["times"]
    ends = [session.get("endTime") for session in sessions]
    fields = {
        "eventName": cut(said.get("webinarTitle", "")) or None,
        "eventType": None if source.event_type else "Webinar",
        "startDateTime": min((session["startTime"] for session in sessions), key=parse_instant, default=None),
        "endDateTime": None if None in ends else max(ends, key=parse_instant, default=None),
        "eventDescription": cut(said.get("description", "")) or None,
        "eventUrl": source.event_url.replace(KEY, said["webinarKey"]) if source.event_url else None,
    }
    return given(fields)


PLATFORM = Platform(
    name="gotowebinar",
    settings=GotowebinarSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    handshake=handshake,
)
