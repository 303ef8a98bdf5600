"""HubSpot's words about marketing events that are made: events/upsert, by HubSpot's OpenAPI file, version 2026-03."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from schemas.fields import ExternalId
from schemas.hubspot import Answer, PropertyValue, Result, UpdateInput, listed


class CreateInput(UpdateInput):
    """One entry of `inputs` in events/upsert: HubSpot wants these members of it, and `customProperties` even if empty."""

    class Meta:
        """It has no objectId yet."""

        exclude = ("objectId",)

    externalAccountId = fields.String(required=True)
    externalEventId = fields.String(required=True)
    eventName = fields.String(required=True)
    eventOrganizer = fields.String(required=True)
    customProperties = fields.List(fields.Nested(PropertyValue), required=True)


class Created(Result):
    """A marketing event as HubSpot shows it after events/upsert: its specification names no external id, but may later."""

    externalEventId = ExternalId(allow_none=True)


class CreateResponse(Answer):
    """The results among the answer to events/upsert."""

    results = fields.List(fields.Nested(Created), allow_none=True)


def to_create(external_id: str, account_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of `inputs` that makes a marketing event of `values`, which are as in `to_input`."""
    ids = {"externalEventId": external_id, "externalAccountId": account_id}
    dumped: dict[str, Any] = _CREATE.dump({**values, **ids, "customProperties": listed(values)})
    return dumped


_CREATE = CreateInput()
