"""The forms in which HubSpot's answers show marketing events, by the names of its OpenAPI description."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.sandbox.store import OWN_APP, Event

COUNTERS = ("registrants", "attendees", "cancellations", "noShows")
FOREIGN_ID = "99999999999"
_UNKNOWN = "Could not get some MARKETING_EVENT objects, they may be deleted or not exist. Check that ids are valid."


def stamp(moment: float) -> str:
    """Unix seconds as HubSpot writes times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def updated(event: Event) -> dict[str, Any]:
    """MarketingEventPublicDefaultResponseV2: an item of batch/update's results."""
    return {
        "eventName": "",
        **event.fields,
        "objectId": event.object_id,
        "createdAt": stamp(event.created),
        "updatedAt": stamp(event.updated),
        "customProperties": [{"name": name, "value": value} for name, value in event.properties.items()],
        "appInfo": _app(event),
    }


def read(event: Event) -> dict[str, Any]:
    """MarketingEventPublicReadResponseV2: by objectId and in the list. It does not tell the external account."""
    return {**updated(event), **dict.fromkeys(COUNTERS, 0), "externalEventId": event.external_id}


def put(event: Event) -> dict[str, Any]:
    """MarketingEventPublicDefaultResponse: of the endpoints that go by external id."""
    shown = {"eventOrganizer": "", **updated(event), "id": event.object_id}
    return {name: value for name, value in shown.items() if name != "appInfo"}


def read_external(event: Event) -> dict[str, Any]:
    """MarketingEventPublicReadResponse: by external id."""
    return {**put(event), **dict.fromkeys(COUNTERS, 0), "externalEventId": event.external_id}


def found(event: Event) -> dict[str, Any]:
    """SearchPublicResponseWrapper."""
    return {
        "appId": event.app_id,
        "externalAccountId": event.account_id,
        "externalEventId": event.external_id,
        "objectId": event.object_id,
    }


def identified(event: Event) -> dict[str, Any]:
    """MarketingEventIdentifiersResponse."""
    return {
        "objectId": event.object_id,
        "externalEventId": event.external_id,
        "externalAccountId": event.account_id,
        "marketingEventName": event.fields.get("eventName", ""),
        "appInfo": _app(event),
    }


def held(event: Event) -> dict[str, Any]:
    """Everything about it, for tests: the sandbox's own form."""
    return {
        **event.fields,
        **found(event),
        "createdAt": event.created,
        "updatedAt": event.updated,
        "customProperties": dict(event.properties),
        "history": list(event.history),
    }


def batch(
    moment: float, results: Sequence[Any], errors: Sequence[Any] = (), status: str = "COMPLETE"
) -> dict[str, Any]:
    """The answer to a batch; it speaks of errors only where there are some."""
    at = stamp(moment)
    body = {"status": status, "results": results, "requestedAt": at, "startedAt": at, "completedAt": at}
    return {**body, "numErrors": len(errors), "errors": errors} if errors else body


def failed(ids: Sequence[str], context: str = "usable") -> dict[str, Any]:
    """An error item of a 207. Recorded ones did not always name the right ids, or any."""
    named = {"usable": list(ids), "empty": [""], "foreign": [FOREIGN_ID]}.get(context)
    error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": _UNKNOWN}
    return {**error, "context": {"ids": named}} if named else error


def _app(event: Event) -> dict[str, str]:
    return {"id": str(event.app_id), "name": "Sandbox" if event.app_id == OWN_APP else f"App {event.app_id}"}
