"""The first page: is what HubSpot shows true, and if not, why, and what is to be done."""

from typing import Any

from flask import Blueprint, render_template

from handlers.inbox import reports
from handlers.inbox.browsing import series
from handlers.inbox.counts import Tally
from handlers.inbox.pauses import get_pauses, get_source_pauses, held_sources
from handlers.inbox.silences import get_silences
from handlers.operating.pages.gauges import counted
from handlers.operating.pages.history import SPANS, freshness
from handlers.operating.pages.office import Office, asked
from handlers.operating.pages.sentence import Situation, remarks
from schemas.pages import NowAsked

LIMIT = "marquee_hubspot_limit_remaining"
WINDOWS = {"rolling": "of ten seconds", "daily": "of the day"}
HOUR = 3600.0
_ASKED = NowAsked()


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/`, and the part of it that its script asks for again and again."""

    @pages.get("")
    @pages.get("/")
    def now() -> str:
        return render_template("operator/now.html", spans=SPANS, zone=office.zone, **asked(_ASKED), **_shown(office))

    @pages.get("/live")
    def live() -> str:
        return render_template("operator/now_live.html", **_shown(office))


def _shown(office: Office) -> dict[str, Any]:
    database, tally = office.database, office.service.counts.now()
    situation = situated(office, tally)
    moment = situation.now
    came = series.received(database, moment - HOUR)
    return {
        "remarks": remarks(situation),
        "situation": situation,
        "states": office.states.now(),
        "freshness": freshness(came),
        "received": sum(row.weight for row in came),
        "limits": {window: left for (window,), left in counted(office.service.registry, LIMIT).items()},
        "windows": WINDOWS,
        "groups": sorted(tally.dead.items(), key=lambda group: -group[1]),
        "sources": [
            {
                "name": name,
                "platform": source.platform,
                "heard": reports.last_heard(database, name),
                "waiting": tally.waiting.get(name, 0),
                "pause": situation.source_pauses.get(name),
                "silent": name in situation.silent,
            }
            for name, source in office.sources.items()
        ],
        "now": moment,
    }


def situated(office: Office, tally: Tally) -> Situation:
    """How things stand at this moment, with what was counted of late."""
    database = office.database
    states, (held, paused) = office.states.now(), get_pauses(database)
    silences = get_silences(database)
    silent = {name: reports.silent_since(database, name, silences) for name in office.sources}
    return Situation(
        now=office.clock(),
        sources=tuple(office.sources),
        events=sum(states.values()),
        waiting=states["waiting"] + states["held"],
        oldest_waiting=tally.oldest_waiting,
        held=held,
        paused=paused,
        source_pauses={**get_source_pauses(database), **held_sources(database)},
        silent={name: since for name, since in silent.items() if since is not None},
        astray=states["dead"] + states["not_in_hubspot"],
        dead=sum(tally.dead.values()),
        is_led=reports.leader(database) is not None,
        freshness=series.last_freshness(database),
        zone=office.zone,
    )
