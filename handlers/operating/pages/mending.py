"""What a person can do for one event: link it, send it again, have its platform asked about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirection

from handlers.errors import Refusal
from handlers.inbox.links import LinkedElsewhere
from handlers.operating.acting import CannotAsk, NoSuchEvent
from handlers.operating.auth import current_operator
from handlers.operating.pages.office import Office, told
from schemas.pages import EventNamed, LinkTold

DONE = {
    "linked": "The link is set, and the event is on its way.",
    "send_again": "It is sent again in full.",
    "look_up_again": "The platform is asked about it again.",
}
_NAMED, _LINK = EventNamed(), LinkTold()


def register(pages: Blueprint, office: Office) -> None:
    """The forms of an event's page; each leads back to it."""
    actions = office.service.actions

    @pages.post("/link")
    def link() -> Redirection:
        form = told(_LINK)
        with _refusing():
            actions.link(form["source"], form["event"], form["object_id"], current_operator())
        return _back(form["source"], form["event"], "linked")

    @pages.post("/send-again")
    def send_again() -> Redirection:
        form = told(_NAMED)
        with _refusing():
            actions.send_again(form["source"], form["event"], current_operator())
        return _back(form["source"], form["event"], "send_again")

    @pages.post("/look-up-again")
    def look_up_again() -> Redirection:
        form = told(_NAMED)
        with _refusing():
            actions.look_up_again(form["source"], form["event"], current_operator())
        return _back(form["source"], form["event"], "look_up_again")


def _back(source: str, event: str, done: str) -> Redirection:
    return redirect(url_for("operator.event", source=source, event=event, done=done), 303)


@contextmanager
def _refusing() -> Iterator[None]:
    """What cannot be done is said in words."""
    try:
        yield
    except NoSuchEvent as error:
        raise NotFound from error
    except LinkedElsewhere as error:
        raise Refusal(409, "linked_elsewhere", f"Nothing was changed. {error}") from error
    except CannotAsk as error:
        raise Refusal(409, "cannot_ask", "This source's platform cannot be asked: it has no token for that.") from error
    except ValueError as error:
        raise Refusal(400, "invalid_object_id", f"Nothing was changed. {error}") from error
