"""Replay: first how many, then a confirmation, then each step as it is done; leaving the page stops it."""

from typing import Any

from flask import Blueprint, Response, render_template, stream_template

from handlers.inbox.listing import Wanted
from handlers.operating.auth import current_operator
from handlers.operating.pages.office import Office, asked, told
from schemas.pages import ReplayAsked

_ASKED = ReplayAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/replay`: GET counts, POST does it."""

    @pages.get("/replay")
    def replay() -> str:
        chosen = asked(_ASKED)
        count = office.service.actions.replay_count(_wanted(chosen))
        return render_template("operator/replay.html", chosen=chosen, count=count)

    @pages.post("/replay")
    def replay_now() -> Response:
        chosen = told(_ASKED)
        steps = office.service.actions.replay(_wanted(chosen), current_operator())
        answer = Response(stream_template("operator/replaying.html", chosen=chosen, steps=steps))
        answer.call_on_close(steps.close)  # now, not when Python comes to it: that it was stopped is written down
        return answer


def _wanted(chosen: dict[str, Any]) -> Wanted | int:
    number = chosen.get("number")
    return number if number is not None else Wanted(**chosen)
