"""Attempts: each call that was to change something in HubSpot, and what it carried."""

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from handlers.inbox.browsing import attempts
from handlers.operating.pages.office import PAGE, Office, asked
from schemas.pages import AttemptsAsked, status_of

MOST_EVENTS = 200
_ASKED = AttemptsAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/attempts` and `/operator/attempts/<number>`."""

    @pages.get("/attempts", endpoint="attempts")
    def listed() -> str:
        wanted = asked(_ASKED)
        page = attempts.find(office.database, status_of(wanted.get("status")), PAGE, wanted.get("cursor"))
        return render_template("operator/attempts.html", page=page, status=wanted.get("status"))

    @pages.get("/attempts/<int:number>")
    def attempt(number: int) -> str:
        row = attempts.get(office.database, number)
        if row is None:
            raise NotFound
        carried = attempts.events_of(office.database, number, MOST_EVENTS)
        return render_template("operator/attempt.html", row=row, carried=carried, most=MOST_EVENTS)
