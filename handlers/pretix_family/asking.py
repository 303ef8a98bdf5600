"""The questions that the REST API answers, each as a generator that returns what is in the answer.

Sources: https://docs.pretix.eu/dev/api/fundamentals.html, and what a pretix 2026.8.0 was seen to answer.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from handlers.errors import LookUpFailed
from handlers.loading import readable
from handlers.platform import Answer, Get, Json
from schemas.pretix_family import Listing

T = TypeVar("T")
Asking = Generator[Get, Answer, T]
MOST_PAGES = 200
_ORGANIZERS = "/api/v1/organizers/"
# An answer that is remembered serves other questions for the same path, so all of them expect the same.
_KNOWN = frozenset({200, 403, 404})
_NO_SUCH_PAGE = frozenset({200, 404})
_LISTING = Listing()


@dataclass(frozen=True)
class Part:
    """A page of a list: its objects, and whether more follow."""

    objects: Sequence[Json] = ()
    has_more: bool = False


def ask_event(organizer: str, slug: str) -> Asking[Answer]:
    """The event, or why there is none: 403 or 404."""
    return (yield Get(f"{_ORGANIZERS}{organizer}/events/{slug}/", expects=_KNOWN))


def ask_date(organizer: str, slug: str, date: str) -> Asking[Answer]:
    """The date of a series, or why there is none: 403 or 404."""
    return (yield Get(f"{_ORGANIZERS}{organizer}/events/{slug}/subevents/{date}/", expects=_KNOWN))


def ask_organizer(organizer: str) -> Asking[Json | None]:
    """Who organizes; None: the token does not open that organizer."""
    answer = yield Get(f"{_ORGANIZERS}{organizer}/", expects=_KNOWN)
    return answer.body if answer.status == 200 else None


def ask_settings(organizer: str, slug: str) -> Asking[Json]:
    """An event's settings; empty where the token lacks the right to them ("Can change event settings")."""
    answer = yield Get(f"{_ORGANIZERS}{organizer}/events/{slug}/settings/", expects=_KNOWN)
    return answer.body if answer.status == 200 else {}


def list_events_of(organizer: str, page: int) -> Asking[Part]:
    """A page of an organizer's events, in the order of their slugs."""
    return _list(f"{_ORGANIZERS}{organizer}/events/", page, {}, _NO_SUCH_PAGE if page > 1 else frozenset({200}))


def list_dates_of(organizer: str, slug: str, page: int) -> Asking[Part]:
    """A page of a series' dates, oldest first, so that a new one moves none to another page; empty if it is gone."""
    return _list(f"{_ORGANIZERS}{organizer}/events/{slug}/subevents/", page, {"ordering": "id"}, _KNOWN)


def all_slugs_of(organizer: str) -> Asking[frozenset[str]]:
    """The slugs of all its events. Raises `LookUpFailed`."""
    slugs: set[str] = set()
    for page in range(1, MOST_PAGES + 1):
        part = yield from list_events_of(organizer, page)
        slugs |= set(slugs_in(part))
        if not part.has_more:
            return frozenset(slugs)
    raise LookUpFailed("platform_lists_too_much")


def slugs_in(part: Part) -> Iterator[str]:
    """What a page's events are called. Raises `LookUpFailed`."""
    slugs = [event.get("slug") for event in part.objects]
    if not all(isinstance(slug, str) for slug in slugs):
        raise LookUpFailed("platform_unreadable")
    return iter(str(slug) for slug in slugs)


def _list(path: str, page: int, params: Json, expects: frozenset[int]) -> Asking[Part]:
    """Pages are asked for by number: the address that the answer gives for the next might lead elsewhere."""
    number = {"page": str(page)} if page > 1 else {}
    answer = yield Get(path, {**params, **number}, expects)
    if answer.status != 200:
        return Part()
    said = readable(_LISTING, answer.body)
    return Part(said["results"], said["next"] is not None)
