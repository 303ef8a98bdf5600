"""One event, one date of a series, or an organizer's whole list, as the REST API shows it now."""

import re

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Found, Gone, LookUp, Remaining, Skipped
from handlers.pretix_family.asking import (
    Asking,
    all_slugs_of,
    ask_date,
    ask_event,
    ask_organizer,
    ask_settings,
)
from handlers.pretix_family.mapping import Beside, is_left_out, show_date, show_event
from handlers.pretix_family.reading import ALL
from schemas.pretix_family import SLUG, FamilySource

_EXTERNAL_ID = re.compile(rf"({SLUG}):(?:(\*)|({SLUG})(?::([1-9][0-9]{{0,18}}))?)")
_NOT_OURS = "Is not organizer:event or organizer:event:date of this source's organizers."


def look_up(external_id: str, source: FamilySource) -> LookUp:
    """What `organizer:event`, `organizer:event:date` or, for its whole list, `organizer:*` stands for.

    Raises `InvalidNotification` where the id or the answer makes no sense, `LookUpFailed` where it proves nothing.
    """
    parts = _EXTERNAL_ID.fullmatch(external_id)
    if parts is None or parts[1] not in source.organizers:  # they may have become fewer since the event was heard of
        raise InvalidNotification({"id": [_NOT_OURS]})
    organizer, whole_list, slug, date = parts.groups()
    if whole_list == ALL:
        return (yield from _look_up_list(organizer))
    if date is None:
        return (yield from _look_up_event(organizer, slug, source))
    if source.series == "parent":
        return Skipped("series_occurrence")
    return (yield from _look_up_date(organizer, slug, date, source))


def _look_up_list(organizer: str) -> Asking[Remaining]:
    slugs = yield from all_slugs_of(organizer)
    return Remaining(f"{organizer}:", frozenset(f"{organizer}:{slug}" for slug in slugs))


def _look_up_event(organizer: str, slug: str, source: FamilySource) -> Asking[Found | Gone | Skipped]:
    answer = yield from ask_event(organizer, slug)
    if answer.status != 200:
        return (yield from _gone(organizer, slug))
    if is_left_out(answer.body, source):
        return Skipped("series_parent")
    return show_event(answer.body, (yield from _beside(organizer, slug)), source)


def _look_up_date(organizer: str, slug: str, date: str, source: FamilySource) -> Asking[Found | Gone]:
    """Whatever answers 404 to everything is no pretix: a date is gone only if its series is there, or is gone as well."""
    answer = yield from ask_date(organizer, slug, date)
    series = yield from ask_event(organizer, slug)
    if series.status != 200:
        return (yield from _gone(organizer, slug))
    if answer.status == 404:
        return Gone()
    if answer.status != 200:
        raise LookUpFailed("platform_refuses_event")
    return show_date({**answer.body, "id": int(date)}, series.body, (yield from _beside(organizer, slug)), source)


def _beside(organizer: str, slug: str) -> Asking[Beside]:
    settings = yield from ask_settings(organizer, slug)
    return Beside((organizer, slug), (yield from ask_organizer(organizer)) or {}, settings)


def _gone(organizer: str, slug: str) -> Asking[Gone]:
    """403 stands for what is deleted as for what is forbidden: only a token that still works, and a list, tell them apart."""
    if (yield from ask_organizer(organizer)) is None or slug in (yield from all_slugs_of(organizer)):
        raise LookUpFailed("platform_refuses_event")
    return Gone()
