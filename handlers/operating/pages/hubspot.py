"""HubSpot: which token, what it may, what is left of the limits, and the pause of all sending."""

from flask import Blueprint, redirect, render_template
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirection

from handlers.errors import FaultySettings, Refusal
from handlers.forwarding.credentials import OAuth
from handlers.inbox.pauses import get_pauses
from handlers.operating.findings import Finding, fault
from handlers.operating.inspection import Inspection
from handlers.operating.pages.gauges import counted
from handlers.operating.pages.now import LIMIT, WINDOWS
from handlers.operating.pages.office import Office
from handlers.operating.pages.places import record_address


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/hubspot`, what HubSpot itself tells when it is asked, and the way to a marketing event there."""

    @pages.get("/hubspot", endpoint="hubspot")
    def overview() -> str:
        held, paused = get_pauses(office.database)
        return render_template(
            "operator/hubspot.html",
            held=held,
            paused=paused,
            limits={window: left for (window,), left in counted(office.service.registry, LIMIT).items()},
            windows=WINDOWS,
            settings=office.service.configuration.settings,
            kind=_kind(office),
        )

    @pages.get("/hubspot/findings")
    def findings() -> str:
        return render_template("operator/findings.html", findings=_findings(office))

    @pages.get("/hubspot/events/<object_id>")
    def marketing_event(object_id: str) -> Redirection:
        if not object_id.isdigit():
            raise NotFound
        try:
            place = record_address(
                office.service.hubspot(), office.service.configuration.settings.hubspot_base_url, object_id
            )
        except FaultySettings as error:
            raise Refusal(409, "no_credentials", " ".join(error.faults)) from error
        if place is None:
            raise Refusal(502, "account_unknown", "HubSpot does not tell which account the token belongs to.")
        return redirect(place, 303)


def _kind(office: Office) -> str:
    try:
        return "OAuth" if isinstance(office.service.credentials, OAuth) else "static token"
    except FaultySettings:
        return "none"


def _findings(office: Office) -> list[Finding]:
    settings = office.service.configuration.settings
    try:
        inspection = Inspection(office.service.hubspot(), office.service.credentials, settings.hubspot_base_url)
    except FaultySettings as error:
        return [fault(words) for words in error.faults]
    return list(inspection.findings(office.sources.values()))
