"""The audit trail: who replayed, linked or paused what, and when."""

from flask import Blueprint, render_template

from handlers.inbox import audit
from handlers.operating.pages.office import PAGE, Office, asked
from schemas.pages import TrailAsked

ACTIONS = (
    *("pause", "resume", "replay", "replay_stopped", "link", "unlink", "send_again", "look_up_again"),
    *("backfill", "purge", "signed_in", "signed_out"),
)
_ASKED = TrailAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/trail`."""

    @pages.get("/trail", endpoint="trail")
    def entries() -> str:
        wanted = asked(_ASKED)
        chosen = audit.Wanted(action=wanted.get("action"), operator=wanted.get("operator"), before=wanted.get("cursor"))
        found = audit.entries(office.database, chosen, PAGE + 1)
        following = found[PAGE - 1].id if len(found) > PAGE else None
        return render_template(
            "operator/trail.html", entries=found[:PAGE], following=following, wanted=wanted, actions=ACTIONS
        )
