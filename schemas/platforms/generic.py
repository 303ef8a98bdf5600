"""Any system of the operator's own: signed as Standard Webhooks unless the source says otherwise."""

from dataclasses import dataclass

from schemas.own_words import OwnSource, OwnSourceSchema


@dataclass(frozen=True)
class GenericSource(OwnSource):
    """A source of the operator's own."""


class GenericSourceSchema(OwnSourceSchema):
    """The keys of a source of the operator's own."""

    source = GenericSource
