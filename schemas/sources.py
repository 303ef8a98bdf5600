"""What `sources.toml` may say: the keys that every platform shares, and every fault of the file in one list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jmespath.parser import ParsedResult
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from schemas.expressions import Expression
from schemas.fields import Flag, Text, Value, shape
from schemas.variables import Faults, expand

LEAST_SECRET = 8
MOST_HOURS = 8760
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Source:
    """One configured sender. `secrets` are newest first; `custom_properties` maps HubSpot's property to a compiled path.

    `update_foreign`: marketing events that another app made in HubSpot are updated too. Its platform's list is compared
    every `reconcile_hours`; after `silence_hours` without a notification it is said to be silent; 0: never.
    """

    name: str
    platform: str
    secrets: tuple[str, ...] = field(repr=False)
    account_id: str | None = None
    on_missing: Literal["dead", "create"] = "dead"
    update_foreign: bool = False
    on_deleted: Literal["cancel", "ignore"] = "cancel"
    on_unpublished: Literal["cancel", "ignore"] = "ignore"
    organizer: str | None = None
    event_type: str | None = None
    language: str = "en"
    custom_properties: Mapping[str, ParsedResult] = field(default_factory=dict)
    reconcile_hours: float = 6.0
    silence_hours: float = 24.0


class Hours(Value[float]):
    """How often, or how long; 0 is never."""

    def read(self, value: Any) -> float:
        """The number of hours."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_HOURS:
            raise ValidationError(f"Is {shape(value)}: give hours as a number from 0 (never) to {MOST_HOURS}.")
        return float(value)


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
    account_id = Text(least=1, most=255)
    on_missing = fields.String(validate=validate.OneOf(["dead", "create"]))
    update_foreign = Flag()
    on_deleted = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    on_unpublished = fields.String(validate=validate.OneOf(["cancel", "ignore"]))
    organizer = Text(least=1)
    event_type = Text(least=1)
    language = Text(least=1, most=35)
    custom_properties = fields.Dict(keys=Text(least=1, most=255), values=Expression())
    reconcile_hours = Hours()
    silence_hours = Hours()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_account(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """HubSpot knows what an app made by account and external id together, so there is no creating without one."""
        if original.get("on_missing") == "create" and "account_id" not in original:
            raise ValidationError(
                'Is needed for on_missing = "create": name HubSpot\'s externalAccountId.', "account_id"
            )

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
    tables: Any, environ: Mapping[str, str], settings: Mapping[str, type[SourceSchema]]
) -> dict[str, Source]:
    """The sources by name, from the table `sources` of the file.

    `${NAME}` in a text stands for that variable of `environ`; `settings` maps a platform's name to the schema of its
    keys. Raises `SourcesError` with every fault of every source.
    """
    if not isinstance(tables, dict) or not tables:
        raise SourcesError(["sources: No source is configured: add a table [sources.<name>]."])
    sources: dict[str, Source] = {}
    faults: list[str] = []
    for name, table in tables.items():
        try:
            sources[name] = _read_source(name, table, environ, settings)
        except SourcesError as error:
            faults += error.faults
    if faults:
        raise SourcesError(faults)
    return sources


def _read_source(
    name: str, table: Any, environ: Mapping[str, str], settings: Mapping[str, type[SourceSchema]]
) -> Source:
    """One source. A variable that is not set hides what its absence would make wrong besides."""
    path = f"sources.{name}"
    schema = _schema_of(path, name, table, settings)()
    faults: Faults = {f"{path}.name": ["Unknown key."]} if "name" in table else {}
    expanded = expand(table, environ, path, faults)
    try:
        source: Source = schema.load({**expanded, "name": name})
    except ValidationError as error:
        raise SourcesError(_lines(_flat(path, error.messages) | faults)) from error
    if faults:
        raise SourcesError(_lines(faults))
    return source


def _schema_of(path: str, name: str, table: Any, settings: Mapping[str, type[SourceSchema]]) -> type[SourceSchema]:
    if not _NAME.fullmatch(name):
        raise SourcesError([f"{path}: Not a name: up to 64 letters, digits, - and _."])
    if not isinstance(table, dict):
        raise SourcesError([f"{path}: Not a table: write [sources.<name>]."])
    platform = table.get("platform")
    if not isinstance(platform, str) or platform not in settings:
        raise SourcesError([f"{path}.platform: No such platform: choose one of {', '.join(sorted(settings))}."])
    return settings[platform]


def _flat(path: str, messages: Any) -> Faults:
    """Errors as marshmallow nests them, by the dotted keys that lead to them; places in lists are left out."""
    if not isinstance(messages, dict):
        return {path: ["Unknown key." if text == "Unknown field." else str(text) for text in messages]}
    flat: Faults = {}
    for key, inner in messages.items():
        about_all = isinstance(key, int) or (key in ("_schema", "key", "value") and not isinstance(inner, dict))
        for place, texts in _flat(path if about_all else f"{path}.{key}", inner).items():
            flat.setdefault(place, []).extend(texts)
    return flat


def _lines(faults: Faults) -> list[str]:
    return [f"{place}: {text}" for place, texts in faults.items() for text in dict.fromkeys(texts)]


def unguessable(secrets: list[str]) -> None:
    """For platforms that sign nothing, where the secret is all there is. Raises `ValidationError`."""
    if any(len(secret) < LEAST_SECRET for secret in secrets):
        raise ValidationError(f"Too short to be safe: give {LEAST_SECRET} characters or more.")
