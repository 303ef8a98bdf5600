"""The operator's API: its operations become routes. Who may come in is judged before, in one place for all."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from flask import Blueprint, Response, request
from marshmallow import Schema, ValidationError
from werkzeug.routing import BaseConverter

from handlers.content import parse_object
from handlers.errors import Refusal
from handlers.operating.api_acting import ACTING
from handlers.operating.api_reading import READING
from handlers.operating.auth import current_operator
from handlers.operating.operation import Desk, Given, Operation

OPERATIONS: Sequence[Operation] = (*READING, *ACTING)
MOST_NUMBER = 2**63 - 1
_RULES = {
    "{number}": f"<int(max={MOST_NUMBER}):number>",
    "{source}": "<source>",
    "{external_id}": "<external:external_id>",
}


class ExternalIdConverter(BaseConverter):
    """A platform's own id in an address: it may hold, begin with and end with slashes."""

    regex = ".+?"
    part_isolating = False


def blueprint(desk: Desk) -> Blueprint:
    """`/api/…`."""
    api = Blueprint("api", __name__)
    api.record_once(lambda state: state.app.url_map.converters.update(external=ExternalIdConverter))
    for operation in OPERATIONS:
        api.add_url_rule(
            rule_of(operation),
            endpoint=f"{operation.method} {operation.path}".replace(".", ""),
            view_func=_view(operation, desk),
            methods=[operation.method],
        )
    return api


def rule_of(operation: Operation) -> str:
    """The operation's path as Flask writes it."""
    rule = operation.path
    for name, converted in _RULES.items():
        rule = rule.replace(name, converted)
    return rule


def _view(operation: Operation, desk: Desk) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        _check_path(path)
        given = Given(path, _query(operation.query), _body(operation.body), current_operator())
        content = operation.answer.dump(operation.act(desk, given))
        return Response(orjson.dumps(content), content_type="application/json")

    return view


def _check_path(path: dict[str, Any]) -> None:
    """What no event can be called is not known."""
    if not all(part.isprintable() for part in path.values() if isinstance(part, str)):
        raise Refusal(404, "not_found", "No event is called so.")


def _query(schema: Schema | None) -> dict[str, Any]:
    if schema is None:
        return {}
    return _loaded(schema, request.args.to_dict(), 400, "invalid_query", "The query has faults.")


def _body(schema: Schema | None) -> dict[str, Any]:
    """Nothing at all stands for an object without members. Raises `Refusal`."""
    if schema is None:
        return {}
    content = request.get_data()
    given = parse_object(request.content_type, request.headers.get("Content-Encoding"), content) if content else {}
    return _loaded(schema, given, 422, "invalid_body", "The body has faults.")


def _loaded(schema: Schema, given: dict[str, Any], status: int, reason: str, words: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise Refusal(status, reason, words, error.messages_dict) from error
    return loaded
