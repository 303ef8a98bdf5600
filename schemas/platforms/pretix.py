"""pretix: the keys of its sources. What it says is in `schemas.pretix_family`."""

from dataclasses import dataclass

from schemas.addresses import BaseUrl
from schemas.pretix_family import FamilySource, FamilySourceSchema


@dataclass(frozen=True, kw_only=True)
class PretixSource(FamilySource):
    """One pretix."""


class PretixSourceSchema(FamilySourceSchema):
    """The keys of a source on pretix."""

    source = PretixSource

    api_url = BaseUrl(required=True)
