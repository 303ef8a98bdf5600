"""CloudEvents as they come over HTTP, in three modes, made the one JSON object that each event is in structured mode.

https://github.com/cloudevents/spec/tree/main/cloudevents: bindings/http-protocol-binding.md and formats/json-format.md
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

import orjson

from handlers.content import (
    check_charset,
    check_encoding,
    check_json,
    is_json,
    media_type_of,
    not_wanted,
    parse_json,
    parse_object,
)
from handlers.errors import Refusal
from handlers.platform import Headers, Json
from schemas.fields import shape

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
REQUIRED = ("specversion", "id", "source", "type")
_PREFIX = "application/cloudevents"
_NO_ATTRIBUTES = frozenset({"", "data", "data_base64", "datacontenttype"})
_ASCII = re.compile(r"[\x20-\x7e]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


def unpack(headers: Headers, raw: bytes) -> Sequence[Json]:
    """Each event of a request as JSON. Raises `Refusal`.

    JSON without any of the required `ce-` headers is taken for structured mode too: senders forget its media type.
    """
    content_type, encoding = headers.get("Content-Type"), headers.get("Content-Encoding")
    media_type, _charset = media_type_of(content_type)
    if media_type.startswith(_PREFIX):
        return _structured(media_type, content_type, encoding, raw)
    if all(headers.get(f"ce-{name}") is None for name in REQUIRED):
        return [plain(parse_object(content_type, encoding, raw))]
    check_encoding(encoding)
    return [_attributes(headers) | _data(content_type, raw)]


def plain(event: Json) -> Json:
    """The event with JSON that came in base64 as JSON, where it can be read; else as it is."""
    encoded, kind = event.get("data_base64"), event.get("datacontenttype")
    if not isinstance(encoded, str) or "data" in event or not is_json_data(kind):
        return event
    try:
        data = orjson.loads(b64decode(encoded, validate=True))
    except ValueError:
        return event
    return {name: value for name, value in event.items() if name != "data_base64"} | {"data": data}


def is_json_data(content_type: Any) -> bool:
    """Whether `data` of that type is JSON: `*/json` or `*/*+json`, or no type at all (json-format.md, 3.1.1)."""
    if content_type is not None and not isinstance(content_type, str):
        return False
    media_type, _charset = media_type_of(content_type)
    return is_json(media_type) or media_type.endswith("/json")


def _structured(media_type: str, content_type: str | None, encoding: str | None, raw: bytes) -> Sequence[Json]:
    if media_type not in (STRUCTURED, BATCH):
        told = f"Of the formats of CloudEvents only JSON is understood: send {STRUCTURED}."
        raise Refusal(415, "unsupported_media_type", told)
    check_json(content_type, encoding)
    return [plain(event) for event in (_batch(raw) if media_type == BATCH else [parse_object(None, None, raw)])]


def _batch(raw: bytes) -> list[dict[str, Any]]:
    """An empty batch is a valid one (json-format.md, 4.3)."""
    events = parse_json(raw)
    if not isinstance(events, list):
        raise not_wanted(events, "a list of CloudEvents")
    for place, event in enumerate(events):
        if not isinstance(event, dict):
            told = f"In the batch, number {place} from 0 is {shape(event)}, not an object; nothing is kept."
            raise Refusal(400, "not_json", told)
    return events


def _attributes(headers: Headers) -> dict[str, str]:
    """The attributes of binary mode, all of them text."""
    texts: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for header, value in cast("Mapping[str, str]", headers).items():
        prefix, _, name = header.lower().partition("-")
        if prefix == "ce" and name not in _NO_ATTRIBUTES:
            try:
                texts[name] = _decoded(value)
            except ValueError as error:
                errors[f"ce-{name}"] = [str(error)]
    if errors:
        raise Refusal(422, "invalid_notification", "Headers of the event cannot be decoded; nothing is kept.", errors)
    return texts


def _decoded(value: str) -> str:
    """A header's text: a quoted string is unescaped, then percent-encoding undone once (http-protocol-binding.md, 3.1.3.2)."""
    if not _ASCII.fullmatch(value):
        raise ValueError("Has characters outside printable ASCII: percent-encode them.")
    if value.startswith('"'):
        quoted = _QUOTED.fullmatch(value)
        if quoted is None:
            raise ValueError("Begins with a double quote, but is no quoted string.")
        value = _ESCAPED.sub(r"\1", quoted[1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("Its percent-encoding is not UTF-8.") from error


def _data(content_type: str | None, raw: bytes) -> dict[str, Any]:
    """What the body adds to the attributes. What is not JSON is kept in base64, so that nothing is lost."""
    declared: dict[str, Any] = {"datacontenttype": content_type} if content_type else {}
    if not raw:
        return declared
    if not is_json_data(content_type):
        return declared | {"data_base64": b64encode(raw).decode()}
    check_charset(media_type_of(content_type)[1])
    return declared | {"data": parse_json(raw)}
