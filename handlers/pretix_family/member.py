"""A platform of the family, out of what is its own."""

from functools import partial

from handlers.platform import Api, Headers, Ignored, Json, Notification, Platform
from handlers.pretix_family.finding import look_up
from handlers.pretix_family.listing import list_events
from handlers.pretix_family.mapping import ORIGINS, PRIVATE
from handlers.pretix_family.reading import Dialect, read_hint, sample_hint, schemes
from schemas.pretix_family import FamilySource, FamilySourceSchema


def member(
    name: str, settings: type[FamilySourceSchema], dialect: Dialect, calls_per_second: float
) -> Platform[FamilySource]:
    """The platform of that name, whose API takes that many calls a second."""
    return Platform(
        name=name,
        settings=settings,
        schemes=schemes,
        read=partial(_read, dialect),
        sample=sample_hint,
        origins=ORIGINS,
        private=PRIVATE,
        look_up=look_up,
        list_events=list_events,
        api=partial(_api, calls_per_second),
    )


def _read(dialect: Dialect, body: Json, _headers: Headers, source: FamilySource) -> Notification | Ignored:
    return read_hint(dialect, body, source)


def _api(calls_per_second: float, source: FamilySource) -> Api:
    """A team's API token: https://docs.pretix.eu/dev/api/tokenauth.html"""
    return Api(source.api_url, {"Authorization": f"Token {source.api_token}"}, calls_per_second=calls_per_second)
