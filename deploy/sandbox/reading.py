"""What a call brought."""

import json
import socket
from typing import Any, NoReturn

from flask import request

from deploy.sandbox.answers import Refused, invalid


def body() -> Any:
    """The JSON of the call; raises `Refused` where it is none, or not Unicode."""
    if not request.is_json:
        raise Refused(415, {"message": "HTTP 415 Unsupported Media Type"})
    try:
        read = json.loads(request.get_data(), parse_constant=_not_json)
        json.dumps(read, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid("Invalid input JSON") from None
    return read


def inputs() -> list[dict[str, Any]]:
    """The objects among the inputs of the call, for as much as it has any."""
    try:
        read = body()
    except Refused:
        return []
    given = read.get("inputs") if isinstance(read, dict) else None
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


def required(name: str) -> str:
    """A parameter of the query; raises `Refused` if it did not come."""
    value = request.args.get(name)
    if not value:
        raise invalid(f"{name} is required", name)
    return value


def whole_number(name: str, default: int, least: int, most: int) -> int:
    """A number of the query; raises `Refused` if it is out of range."""
    value = request.args.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
        raise invalid(f"{name} must be a number from {least} to {most}", name)
    return int(value)


def connection() -> socket.socket | None:
    """The socket of the call, where the server shows it."""
    found: socket.socket | None = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    return found


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)
