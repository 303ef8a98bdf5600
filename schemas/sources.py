"""What a table of `sources.toml` may say: the keys that every platform shares."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from marshmallow import Schema, ValidationError, fields, post_load, validate

from schemas.fields import shape
from schemas.settings import base_url

LEAST_SECRET = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Source:
    """One configured sender. `secrets` are newest first; `custom_properties` maps HubSpot's property to a compiled path."""

    name: str
    platform: str
    secrets: tuple[str, ...] = field(repr=False)
    account_id: str | None = None
    on_missing: Literal["dead"] = "dead"
    on_deleted: Literal["cancel", "ignore"] = "cancel"
    on_unpublished: Literal["cancel", "ignore"] = "ignore"
    organizer: str | None = None
    event_type: str | None = None
    language: str = "en"
    custom_properties: Mapping[str, ParsedResult] = field(default_factory=dict)


class Expression(fields.Field[ParsedResult]):
    """A JMESPath, compiled once. See https://jmespath.org/specification.html"""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> ParsedResult:
        if not isinstance(value, str):
            raise ValidationError("Not a JMESPath: give it as a string.")
        try:
            return jmespath.compile(value)
        except JMESPathError as error:
            raise ValidationError(f"Not a JMESPath: {error}") from error


class BaseUrl(fields.Field[str]):
    """The base URL of an API that is asked: https, or http on this host."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid", shape=shape(value))
        return base_url(value)

    default_error_messages = {"invalid": "Is {shape}, not a base URL."}


class SourceSchema(Schema):
    """The keys that every source has. A platform adds its own by inheriting, and names its dataclass in `source`."""

    source: type[Source] = Source

    name = fields.String(required=True)
    platform = fields.String(required=True)
    secrets = fields.List(
        fields.String(validate=validate.Length(min=1, error="Is empty: give the secret.")),
        required=True,
        validate=validate.Length(min=1, error="No secret, no start: give at least one."),
    )
    account_id = fields.String(validate=validate.Length(min=1))
    on_missing = fields.String(validate=validate.OneOf(["dead"], error='Only "dead" is supported yet.'))
    on_deleted = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    on_unpublished = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    organizer = fields.String(validate=validate.Length(min=1))
    event_type = fields.String(validate=validate.Length(min=1))
    language = fields.String(validate=validate.Length(min=1))
    custom_properties = fields.Dict(keys=fields.String(validate=validate.Length(min=1)), values=Expression())

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Source:
        """The source as the platform's own dataclass."""
        return self.source(**{**data, "secrets": tuple(data["secrets"])})


class SourcesError(ValueError):
    """Sources that cannot be used. `faults` names source, key and what to do, one a line; never a secret."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_sources(
    tables: Any, environ: Mapping[str, str], platforms: Mapping[str, type[SourceSchema]]
) -> dict[str, Source]:
    """The sources by name, from the table `sources` of the file.

    `${NAME}` in a text stands for that variable of `environ`; `platforms` maps a platform's name to the schema of its
    settings. Raises `SourcesError` with every fault of every source.
    """
    if not isinstance(tables, dict) or not tables:
        raise SourcesError(["sources: No source is configured: add a table [sources.<name>]."])
    sources: dict[str, Source] = {}
    faults: list[str] = []
    for name, table in tables.items():
        try:
            sources[name] = _read_source(name, table, environ, platforms)
        except ValidationError as error:
            faults += [f"sources.{name}{path}: {text}" for path, text in _flat("", error.messages)]
    if faults:
        raise SourcesError(faults)
    return sources


def _read_source(
    name: str, table: Any, environ: Mapping[str, str], platforms: Mapping[str, type[SourceSchema]]
) -> Source:
    if not _NAME.fullmatch(name):
        raise ValidationError("Not a name: up to 64 letters, digits, - and _.")
    if not isinstance(table, dict):
        raise ValidationError("Not a table: write [sources.<name>].")
    platform = table.get("platform")
    if not isinstance(platform, str) or platform not in platforms:
        choices = ", ".join(sorted(platforms))
        raise ValidationError({"platform": [f"No such platform: choose one of {choices}."]})
    unset: dict[str, list[str]] = {}
    expanded = {key: _expand(value, environ, unset.setdefault(key, [])) for key, value in table.items()}
    faults = {
        key: [f"The variable {variable} is not set." for variable in names] for key, names in unset.items() if names
    }
    source: Source = _load(platforms[platform](), {**expanded, "name": name}, faults)
    return source


def _load(schema: SourceSchema, values: dict[str, Any], faults: dict[str, list[str]]) -> Any:
    """Everything that is wrong at once, with what the environment lacks."""
    try:
        source = schema.load(values)
    except ValidationError as error:
        raise ValidationError({**error.messages_dict, **faults}) from error
    if faults:
        raise ValidationError(dict(faults))
    return source


def _expand(value: Any, environ: Mapping[str, str], unset: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _expand(item, environ, unset) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, environ, unset) for item in value]
    if not isinstance(value, str):
        return value
    unset += [name for name in _VARIABLE.findall(value) if not environ.get(name)]
    return _VARIABLE.sub(lambda match: environ.get(match[1]) or "", value)


def _flat(path: str, messages: Any) -> Iterator[tuple[str, str]]:
    """Errors as marshmallow nests them, each with the keys that lead to it."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            own = key in ("_schema", "key", "value") or isinstance(key, int)
            yield from _flat(path if own else f"{path}.{key}", inner)
    else:
        for text in messages if isinstance(messages, list) else [messages]:
            yield path, "Unknown key." if text == "Unknown field." else str(text)


def unguessable(secrets: list[str]) -> None:
    """For platforms that sign nothing, where the secret is all there is. Raises `ValidationError`."""
    if any(len(secret) < LEAST_SECRET for secret in secrets):
        raise ValidationError(f"Too short to be safe: give {LEAST_SECRET} characters or more.")
