"""Marketing events to begin with."""

from collections.abc import Mapping
from typing import Any

from deploy.sandbox.answers import Refused
from deploy.sandbox.settings import Mistake
from deploy.sandbox.validation import CREATABLE, IDENTITY, check_members, object_id

_NAMES = ("Spring Summit", "Open House", "Summer Gala", "Harbour Tour", "Winter Fair")
DEMO = tuple(
    {
        "externalAccountId": "demo",
        "externalEventId": f"event-{number}",
        "eventName": name,
        "eventType": "Conference",
        "eventOrganizer": "Acme Events",
        "startDateTime": f"2027-{number + 3:02}-12T08:00:00Z",
        "endDateTime": f"2027-{number + 3:02}-12T16:00:00Z",
        "eventUrl": f"https://example.com/events/event-{number}",
    }
    for number, name in enumerate(_NAMES, 1)
)


def seed_of(given: Any) -> Mapping[str, Any]:
    """A marketing event as somebody wants it held: HubSpot's names, and `objectId` and `appId` as needed.

    Raises `Mistake` where HubSpot could not hold it.
    """
    if not isinstance(given, dict) or not all(given.get(name) for name in IDENTITY):
        raise Mistake(f"A marketing event needs {' and '.join(IDENTITY)}.")
    known = {name: value for name, value in given.items() if name != "appId"}
    try:
        check_members(known, CREATABLE | {"objectId"})
        if "objectId" in known:
            object_id(known)
    except Refused as refused:
        raise Mistake(refused.body["message"]) from None
    if type(given.get("appId", 0)) is not int:
        raise Mistake("appId must be a number.")
    return given
