"""The part of the interface that is not the operator's API, described by hand: webhooks, health and metrics."""

from collections.abc import Mapping
from typing import Any

_PROBLEM = {"application/problem+json": {"schema": "Problem"}}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def _answer(words: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": content}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": name}}


_WEBHOOK = {
    "summary": "A notification of a source's platform, signed as the source is configured",
    "tags": ["webhooks"],
    "requestBody": {
        "required": True,
        "description": "What the platform sends.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "responses": {
        "200": _answer("Known already, or about nothing that HubSpot shows.", _json("Answered")),
        "202": _answer("It is on disk.", _json("Answered")),
        "400": _answer("It is shorter than it says, or no JSON object.", _PROBLEM),
        "401": _answer("Its signature is missing, wrong, or of another time.", _PROBLEM),
        "404": _answer("No such source, or not its token.", _PROBLEM),
        "413": _answer("It is too large.", _PROBLEM),
        "415": _answer("Its media type or its encoding is not understood.", _PROBLEM),
        "422": _answer("It is no notification that can be mapped.", _PROBLEM),
        "503": _answer("It cannot be stored just now: send it again later.", _PROBLEM),
    },
}
_SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_TOKEN = {"name": "token", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _webhook(name: str, *parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"post": {**_WEBHOOK, "operationId": name, "parameters": list(parameters)}}


def _look(name: str, summary: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {"get": {"summary": summary, "tags": ["health"], "operationId": name, "responses": dict(answers)}}


FIXED: Mapping[str, dict[str, Any]] = {
    "/webhooks/{source}": _webhook("notify", _SOURCE),
    "/webhooks/{source}/{token}": _webhook("notify_with_token", _SOURCE, _TOKEN),
    "/livez": _look("livez", "Whether the process is up", {"200": _answer("It is.", _json("Health"))}),
    "/readyz": _look(
        "readyz",
        "Whether the process may take traffic",
        {"200": _answer("It may.", _json("Health")), "503": _answer("It may not, for a reason.", _json("Health"))},
    ),
    "/metrics": _look("metrics", "What Prometheus reads", {"200": _answer("The metrics.", _TEXT)}),
}
