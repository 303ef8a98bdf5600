"""HubSpot's ways of saying no, as documented or recorded: developers.hubspot.com/docs/api-reference/error-handling."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify

CORRELATION = "X-HubSpot-Correlation-Id"
POLICIES = ("TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY")
SCOPES = ("crm.objects.marketing_events.read", "crm.objects.marketing_events.write")
_NO_CREDENTIALS = "Authentication credentials not found. This API supports OAuth 2.0 authentication."


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = {"status": "error", "correlationId": str(uuid.uuid4()), **body}
        self.headers = {CORRELATION: self.body["correlationId"], **(headers or {})}

    def answer(self) -> Response:
        """The error as HubSpot would send it."""
        response = jsonify(self.body)
        response.status_code = self.status
        response.headers.update(self.headers)
        return response


def invalid(message: str, member: str | None = None, context: Mapping[str, Sequence[str]] | None = None) -> Refused:
    """A 400: the whole call is refused. It may name a member, but never the input that has it."""
    body: dict[str, Any] = {"category": "VALIDATION_ERROR", "message": message}
    if member:
        body["errors"] = [{"message": message, "in": member}]
    return Refused(400, body | ({"context": context} if context else {}))


def unknown_event() -> Refused:
    """The 404 about a marketing event."""
    return Refused(404, {"category": "OBJECT_NOT_FOUND", "message": "No marketing event found"})


def unknown_address(status: int = 404, message: str = "resource not found") -> Refused:
    """The answer where no endpoint is; unlike other errors it says nothing about an object."""
    return Refused(status, {"message": message})


def exists(message: str) -> Refused:
    """The 409 about a marketing event that is there already."""
    return Refused(409, {"category": "OBJECT_ALREADY_EXISTS", "message": message})


def throttled(policy: str, retry_after: Any = None) -> Refused:
    """A 429: it has an `errorType` and no `category`, and says when to come back only if told to."""
    body = {
        "message": f"You have reached your {'daily' if policy == 'DAILY' else policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "requestId": uuid.uuid4().hex,
    }
    if policy == "TEN_SECONDLY_ROLLING":
        body["groupName"] = "publicapi:private_app-api-calls-ten-secondly:1234567"
    spent = "X-HubSpot-RateLimit-Daily-Remaining" if policy == "DAILY" else "X-HubSpot-RateLimit-Remaining"
    return Refused(429, body, {spent: "0", **waiting(retry_after)})


def unauthenticated() -> Refused:
    """The 401 about a token that is missing or unknown."""
    body = {"category": "INVALID_AUTHENTICATION", "message": _NO_CREDENTIALS}
    return Refused(401, body, {"X-HubSpot-Auth-Failure": "401 Unauthorized"})


def expired(since: str, seconds: int) -> Refused:
    """The 401 about a token that was valid until `since`."""
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    body = {"category": "EXPIRED_AUTHENTICATION", "message": message, "context": {"expire time": [since]}}
    return Refused(401, body, {"X-HubSpot-Auth-Failure": "401 Unauthorized"})


def forbidden() -> Refused:
    """The 403 that names the scopes."""
    message = "One or more of the following scopes are required."
    body = {
        "category": "MISSING_SCOPES",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "links": {"scopes": "https://developers.hubspot.com/scopes"},
        "errors": [{"message": message, "context": {"requiredGranularScopes": [SCOPES[1]]}}],
    }
    return Refused(403, body)


def waiting(retry_after: Any) -> dict[str, str]:
    """The header that says when to come back, unless None."""
    return {} if retry_after is None else {"Retry-After": str(retry_after)}
