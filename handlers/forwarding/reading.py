"""Reads the body of an answer, whatever it holds."""

from typing import Any

import orjson

from handlers.forwarding.outgoing import Reply
from schemas.hubspot import ErrorBody, understood

_ERROR = ErrorBody()


def json_of(reply: Reply) -> Any:
    """The JSON in a body; None where there is none, as in HTML or in what was cut off."""
    try:
        return orjson.loads(reply.body)
    except ValueError:
        return None


def error_of(reply: Reply) -> dict[str, Any]:
    """HubSpot's words about what is wrong, with the members of `ErrorBody`; empty where the body has none."""
    return understood(_ERROR, json_of(reply))
