"""HubSpot's own words: the update input as it leaves, and answers as they may come.

Source: HubSpot's OpenAPI file of the marketing events, version 2026-03, and
https://developers.hubspot.com/docs/api-reference/error-handling, which says that every member of an error is optional.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from schemas.fields import ExternalId


class MaskedSubstring(Schema):
    """Where a masked part of a value stands."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class MaskedSubstrings(Schema):
    """All masked parts of a value."""

    substrings = fields.List(fields.Nested(MaskedSubstring), required=True)


class PropertyValue(Schema):
    """A custom property. HubSpot saves what has `name` and `value`; the other members exist in its specification."""

    name = fields.String(required=True)
    value = fields.String(required=True)
    dataSensitivity = fields.String(validate=validate.OneOf(["high", "none", "standard"]))
    isEncrypted = fields.Boolean()
    isLargeValue = fields.Boolean()
    maskedSubstrings = fields.Nested(MaskedSubstrings)
    persistenceTimestamp = fields.Integer()
    requestId = fields.String()
    selectedByUser = fields.Boolean()
    selectedByUserTimestamp = fields.Integer()
    source = fields.String()
    sourceId = fields.String()
    sourceLabel = fields.String()
    sourceMetadata = fields.String()
    sourceUpstreamDeployable = fields.String()
    sourceVid = fields.List(fields.Integer())
    timestamp = fields.Integer()
    unit = fields.String()
    updatedByUserId = fields.Integer()
    useTimestampAsPersistenceTimestamp = fields.Boolean()


class UpdateInput(Schema):
    """One entry of `inputs` in batch/update: flat, by `objectId`; only what is in it changes."""

    objectId = fields.String(required=True)
    eventName = fields.String()
    eventType = fields.String()
    startDateTime = fields.String()
    endDateTime = fields.String()
    eventOrganizer = fields.String()
    eventDescription = fields.String()
    eventUrl = fields.String()
    eventCancelled = fields.Boolean()
    customProperties = fields.List(fields.Nested(PropertyValue))


class Answer(Schema):
    """An answer: what is not expected is kept out quietly, and no member is required."""

    class Meta:
        """HubSpot adds members as it likes."""

        unknown = EXCLUDE


class NameAndValue(Answer):
    """A custom property as HubSpot shows it."""

    name = fields.String()
    value = fields.String(allow_none=True)


class Result(Answer):
    """A marketing event as HubSpot shows it after an update."""

    objectId = ExternalId()
    eventName = fields.String(allow_none=True)
    eventType = fields.String(allow_none=True)
    startDateTime = fields.String(allow_none=True)
    endDateTime = fields.String(allow_none=True)
    eventOrganizer = fields.String(allow_none=True)
    eventDescription = fields.String(allow_none=True)
    eventUrl = fields.String(allow_none=True)
    eventCancelled = fields.Boolean(allow_none=True)
    eventCompleted = fields.Boolean(allow_none=True)
    customProperties = fields.List(fields.Nested(NameAndValue), allow_none=True)
    createdAt = fields.String(allow_none=True)
    updatedAt = fields.String(allow_none=True)


class ErrorDetail(Answer):
    """One of the things that are wrong, within an error."""

    message = fields.String(allow_none=True)
    code = fields.String(allow_none=True)
    context = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), allow_none=True)


class ErrorBody(Answer):
    """An error, of a whole answer or of some of its inputs. A 429 has `errorType` and `policyName`, and no `category`."""

    status = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    subCategory = fields.Raw(allow_none=True)
    errorType = fields.String(allow_none=True)
    policyName = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    correlationId = fields.String(allow_none=True)
    context = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), allow_none=True)
    errors = fields.List(fields.Nested(ErrorDetail), allow_none=True)


class BatchResponse(Answer):
    """The answer to batch/update, of 200 and 207 alike: either may carry `errors`."""

    status = fields.String(allow_none=True)
    results = fields.List(fields.Nested(Result), allow_none=True)
    numErrors = fields.Integer(allow_none=True)
    errors = fields.List(fields.Nested(ErrorBody), allow_none=True)


class AppInfo(Answer):
    """The app that made a marketing event."""

    id = ExternalId(allow_none=True)
    name = fields.String(allow_none=True)


class Candidate(Answer):
    """A marketing event that a look-up found. A search names its app by `appId`, the identifiers by `appInfo`."""

    objectId = ExternalId()
    externalEventId = fields.String(allow_none=True)
    externalAccountId = fields.String(allow_none=True)
    appId = ExternalId(allow_none=True)
    appInfo = fields.Nested(AppInfo, allow_none=True)


class LookUpResponse(Answer):
    """The answer to events/search and to identifiers."""

    results = fields.List(fields.Nested(Candidate), allow_none=True)


def understood(schema: Schema, value: Any) -> dict[str, Any]:
    """As much of an answer as is as expected, for any JSON; it never raises.

    A member of another type counts as absent, and whatever is no object as an empty one.
    """
    if not isinstance(value, dict):
        return {}
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        return dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
    return loaded


def to_input(object_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of `inputs` for a marketing event: `values` by HubSpot's names, `customProperties` as name → value."""
    properties = listed(values)
    entry = {**values, "objectId": object_id, "customProperties": properties}
    if not properties:
        del entry["customProperties"]
    dumped: dict[str, Any] = _UPDATE.dump(entry)
    return dumped


def listed(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The custom properties among `values` as HubSpot takes them."""
    return [{"name": name, "value": value} for name, value in sorted(values.get("customProperties", {}).items())]


_UPDATE = UpdateInput()
