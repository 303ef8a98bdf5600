"""What is dead, grouped by reason, with the words that mend it."""

from collections import defaultdict

from flask import Blueprint, render_template

from handlers.inbox.browsing import dead
from handlers.operating.pages.office import Office

NONE = "no_reason"


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/dead`."""

    @pages.get("/dead", endpoint="dead")
    def groups() -> str:
        by_reason: dict[str, list[dead.DeadGroup]] = defaultdict(list)
        for group in dead.groups(office.database):
            by_reason[group.reason or NONE].append(group)
        ordered = sorted(by_reason.items(), key=lambda item: -sum(group.notifications for group in item[1]))
        return render_template("operator/dead.html", reasons=ordered, sources=office.sources)
