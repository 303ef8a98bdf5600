"""Sources: where each platform sends to, what proves it, which secret it uses, a sample, and a pause."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from handlers.errors import Refusal
from handlers.inbox import reports
from handlers.inbox.pauses import get_source_pauses, held_sources
from handlers.inbox.silences import get_silences
from handlers.operating.acting import NoSuchSource
from handlers.operating.auth import current_operator
from handlers.operating.pages.gauges import counted
from handlers.operating.pages.office import Office, told
from handlers.operating.pages.telling import address, proof, sample
from handlers.operating.reconciled import reconciled
from schemas.pages import PauseTold

USED = "marquee_secret_used_timestamp_seconds"
_PAUSE = PauseTold()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/sources`; pausing and resuming, of a source or of all sending."""

    @pages.get("/sources", endpoint="sources")
    def listed() -> str:
        return render_template("operator/sources.html", sources=_shown(office), now=office.clock())

    @pages.post("/pause")
    def pause() -> Redirection:
        form = told(_PAUSE)
        try:
            office.service.actions.pause(form.get("source"), current_operator(), form.get("detail"))
        except NoSuchSource as error:
            raise Refusal(404, "unknown_source", "There is no such source.") from error
        return _back(form)

    @pages.post("/resume")
    def resume() -> Redirection:
        form = told(_PAUSE)
        try:
            office.service.actions.resume(form.get("source"), current_operator())
        except NoSuchSource as error:
            raise Refusal(404, "unknown_source", "There is no such source.") from error
        return _back(form)


def _back(form: Mapping[str, Any]) -> Redirection:
    return redirect(url_for("operator.sources" if "source" in form else "operator.hubspot"), 303)


def _shown(office: Office) -> list[dict[str, Any]]:
    database = office.database
    silences, compared = get_silences(database), reconciled(database)
    waiting = office.service.counts.now().waiting
    held, away = held_sources(database), get_source_pauses(database)
    used = counted(office.service.registry, USED)  # by position, then source
    return [
        {
            "name": name,
            "source": source,
            "address": address(request.url_root, source, office.service.platforms[source.platform]),
            "proof": proof(source, office.service.platforms[source.platform]),
            "sample": sample(source, office.service.platforms[source.platform]),
            "secrets": [used.get((str(number + 1), name)) for number in range(len(source.secrets))],
            "heard": reports.last_heard(database, name),
            "silent": reports.silent_since(database, name, silences),
            "waiting": waiting.get(name, 0),
            "held": held.get(name),
            "away": away.get(name),
            "compared": compared.get(name),
        }
        for name, source in office.sources.items()
    ]
