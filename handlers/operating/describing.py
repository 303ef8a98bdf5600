"""The whole interface as OpenAPI 3.1, made of what the routes are made of: https://spec.openapis.org/oas/v3.1.1.html"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from handlers.operating.described import FIXED
from handlers.operating.operation import Operation
from schemas.operator import Moment
from schemas.operator_attempts import Status
from schemas.operator_problem import Answered, Health, Problem

VERSION = "1"
_PROBLEM = "application/problem+json"
_ALWAYS = {
    401: "The bearer token is missing or wrong.",
    403: "The token is for reading only.",
    404: "It is not there, or the API is off: no token is configured.",
    429: "Too many wrong tokens came from there: come again later.",
    503: "The inbox cannot be used: come again later.",
}
_PARAMETERS: Mapping[str, dict[str, Any]] = {
    "number": {"schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}},
    "source": {"schema": {"type": "string", "minLength": 1}},
    "external_id": {"schema": {"type": "string", "minLength": 1}, "description": "As it is, escaped; slashes too."},
}


def describe(operations: Sequence[Operation]) -> dict[str, Any]:
    """The description, as a value for JSON."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec("Marquee", VERSION, "3.1.0", plugins=[marshmallow], info=_INFO)
    marshmallow.map_to_openapi_type(Moment, "string", "date-time")  # type: ignore[no-untyped-call]
    marshmallow.map_to_openapi_type(Status, "string", None)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for schema in (Problem, Answered, Health):
        spec.components.schema(schema.__name__, schema=schema)
    for operation in operations:
        spec.path(operation.path, operations={operation.method.lower(): _described(operation)})
    for path, described in FIXED.items():
        spec.path(path, operations=described)
    document = spec.to_dict()
    _require(document["components"]["schemas"], {_name(operation.answer) for operation in operations})
    return document


def _described(operation: Operation) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", operation.path)
    parameters: list[Any] = [{"name": name, "in": "path", "required": True, **_PARAMETERS[name]} for name in names]
    if operation.query is not None:
        parameters.append({"in": "query", "schema": operation.query})
    described: dict[str, Any] = {
        "summary": operation.summary,
        "tags": ["operator"],
        "operationId": re.sub(r"\W+", "_", f"{operation.method} {operation.path}").strip("_").lower(),
        "security": [{"token": []}],
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": operation.answer}}},
            **{str(status): _problem(words) for status, words in sorted(_refusals(operation).items())},
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": operation.body}}}
    return described


def _refusals(operation: Operation) -> dict[int, str]:
    given = dict(_ALWAYS)
    if operation.query is not None:
        given[400] = "The query has faults."
    if operation.body is not None:
        given |= {400: "The body is no JSON object.", 413: "The body is too large."}
        given |= {415: "The body is not called JSON.", 422: "The body has faults."}
    return given | dict(operation.refusals)


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {_PROBLEM: {"schema": Problem}}}


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _require(schemas: dict[str, Any], answers: set[str]) -> None:
    """An answer always has all its members, and so has whatever stands in it."""
    waiting, seen = list(answers), set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            schemas[name]["required"] = sorted(schemas[name].get("properties", {}))
            waiting += re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))


_INFO = {
    "description": (
        "Keeps HubSpot marketing events true to ticketing platforms. Times are RFC 3339, UTC. Lists go on with the"
        " `cursor` that the page before names in `next`. " + HTTPStatus.UNAUTHORIZED.phrase + " without a token."
    )
}
