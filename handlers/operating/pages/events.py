"""Events: the search, and one with what is known of it and its timeline."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from handlers.errors import Refusal
from handlers.inbox.browsing import events, timeline
from handlers.operating.pages.mending import DONE
from handlers.operating.pages.office import PAGE, Office, asked
from schemas.pages import EventsAsked, ListAsked

ENTRIES = 20
_EVENTS, _LIST = EventsAsked(), ListAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/events` and `/operator/events/<source>/<external id>`."""
    database = office.database

    @pages.get("/events", endpoint="events")
    def search() -> str:
        wanted = asked(_EVENTS)
        cursor = wanted.pop("cursor", None)
        state = wanted.get("state")
        if state is not None and state not in events.STATES:
            raise Refusal(400, "invalid_query", "There is no such state.")
        page = events.find(database, events.Sought(**wanted), PAGE, cursor)
        return render_template(
            "operator/events.html", page=page, wanted=wanted, states=events.STATES, sources=office.sources
        )

    @pages.get("/events/<source>/<path:event>")
    def event(source: str, event: str) -> str:
        detail = events.get(database, source, event)
        if detail is None:
            raise NotFound
        entries = timeline.timeline(database, detail.row.id, ENTRIES, asked(_LIST).get("cursor"))
        shown: dict[str, Any] = {"differing": _differing(detail), "page_url": _page(detail), "done": DONE}
        shown["can_be_asked"] = source in office.service.actions.guests
        return render_template("operator/event.html", detail=detail, entries=entries, **shown)


def _differing(detail: events.EventDetail) -> list[tuple[str, Any, Any]]:
    """Each field with what the platform says and what HubSpot confirmed."""
    said, shown = detail.fields, detail.confirmed
    return [(name, said.get(name), shown.get(name)) for name in sorted({*said, *shown})]


def _page(detail: events.EventDetail) -> str | None:
    """The event's own page, if its address is one that a link may lead to."""
    address = detail.fields.get("eventUrl")
    is_web = isinstance(address, str) and urlsplit(address).scheme in ("https", "http")
    return address if is_web else None
