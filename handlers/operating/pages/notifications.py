"""Notifications: the list, and one of them with its body, of which what is private is taken out."""

from flask import Blueprint, render_template
from orjson import OPT_INDENT_2, dumps
from werkzeug.exceptions import NotFound

from handlers.inbox.browsing import attempts, notifications
from handlers.inbox.listing import Wanted
from handlers.operating.pages.office import PAGE, Office, asked
from schemas.pages import NotificationsAsked

OUTCOMES = ("pending", "sent", "superseded", "unchanged", "dead")
_ASKED = NotificationsAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/notifications` and `/operator/notifications/<number>`."""

    @pages.get("/notifications", endpoint="notifications")
    def listed() -> str:
        wanted = asked(_ASKED)
        cursor = wanted.pop("cursor", None)
        page = notifications.find(office.database, Wanted(**wanted), PAGE, cursor)
        return render_template(
            "operator/notifications.html", page=page, wanted=wanted, outcomes=OUTCOMES, sources=office.sources
        )

    @pages.get("/notifications/<int:number>")
    def notification(number: int) -> str:
        row = notifications.get(office.database, number)
        if row is None:
            raise NotFound
        body = office.service.actions.body(number)
        text = None if body is None else dumps(body, option=OPT_INDENT_2).decode()
        attempt = attempts.get(office.database, row.attempt) if row.attempt else None
        return render_template("operator/notification.html", row=row, body=text, attempt=attempt)
