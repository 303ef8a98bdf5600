"""Eventix, which runs on OpenTicket and is called Weeztix now: what its webhooks say. https://docs.openticket.tech/docs/webhooks/payload-structure"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import ValidationError, fields, pre_load, validate, validates

from schemas.fields import ExternalId, Instant, Value, VersionNumber, given
from schemas.local_times import is_local
from schemas.said import Said
from schemas.sources import Source, SourceSchema, unguessable


class Time(Value[float | None]):
    """When a webhook was invoked: what orders them, unless it is by a clock of which nobody knows where it hangs."""

    def read(self, value: Any) -> float | None:
        """A version; None for a time without a zone."""
        return None if is_local(value) else VersionNumber().read(value)


class _Said(Said):
    """An object of OpenTicket's, of which what is absent or null is not said."""

    @pre_load
    def drop_unsaid(self, data: Any, **kwargs: Any) -> Any:
        """A null says nothing; and an object that is empty is an empty list in PHP."""
        return {name: value for name, value in given(data).items() if value != []} if _is_object(data) else data


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


class Kind(_Said):
    """Of which kind something is."""

    type = fields.String(required=True)


class About(_Said):
    """What a webhook is about, and what happened to it."""

    model = fields.Nested(Kind, required=True)
    type = fields.String(required=True)


class Model(Kind):
    """What a webhook is about."""

    guid = ExternalId()
    name = fields.String()


class Change(_Said):
    """What it is like now. `changes` says less."""

    props = fields.Dict(load_default=dict)


class Delivery(About):
    """A webhook's body."""

    model = fields.Nested(Model, required=True)
    change = fields.Nested(Change, load_default=dict)
    time = Time()


class EventProps(_Said):
    """The properties of an event."""

    name = fields.String()
    description = fields.Raw()
    status = fields.Raw()
    start = Instant()
    end = Instant()


class Numbered(_Said):
    """Only which event it is."""

    guid = ExternalId(required=True)


class DateProps(_Said):
    """The properties of a date of an event."""

    event_id = ExternalId()
    event = fields.Nested(Numbered)
    start = Instant()
    end = Instant()

    @pre_load
    def drop_names(self, data: Any, **kwargs: Any) -> Any:
        """The event may be shown whole; only named, it does not help."""
        return {name: value for name, value in data.items() if name != "event" or _is_object(value)}


def event_of(date: Mapping[str, Any]) -> str:
    """The event that a date belongs to. Raises `ValidationError`."""
    found: str | None = date.get("event_id") or date.get("event", {}).get("guid")
    if found is None:
        raise ValidationError({"event_id": ["Is missing: it is not told whose date this is."]})
    return found


@dataclass(frozen=True, kw_only=True)
class EventixSource(Source):
    """A company's webhooks, each of which has a secret of its own. `dates`: whether a date's times are its event's."""

    dates: Literal["use", "ignore"] = "use"


class EventixSourceSchema(SourceSchema):
    """The keys of a source on Eventix."""

    source = EventixSource

    dates = fields.String(validate=validate.OneOf(["use", "ignore"]))

    @validates("secrets")
    def check_secrets(self, secrets: list[str], **kwargs: Any) -> None:
        """OpenTicket signs nothing: the nonce is all there is."""
        unguessable(secrets)
