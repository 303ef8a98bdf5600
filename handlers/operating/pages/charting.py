"""The charts, each as an image of its own."""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from handlers.inbox.browsing import series
from handlers.operating.pages.charts import Chart, bars, lines
from handlers.operating.pages.history import SPANS, Span, by_freshness, by_outcome, by_status
from handlers.operating.pages.office import Office

KEPT_SECONDS = 10


def register(pages: Blueprint, office: Office) -> None:
    """`/operator/charts/<kind>/<span>.svg`."""

    @pages.get("/charts/<kind>/<span>.svg")
    def chart(kind: str, span: str) -> Response:
        if kind not in _DRAWN or span not in SPANS:
            raise NotFound
        drawn = _DRAWN[kind](office, SPANS[span], office.clock())
        answer = Response(drawn.svg, mimetype="image/svg+xml")
        answer.headers["Content-Security-Policy"] = drawn.policy
        answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
        return answer


def _received(office: Office, span: Span, now: float) -> Chart:
    rows = series.received(office.database, span.begin(now))
    return bars(f"Received in {span.words}", span.moments(now, office.zone), by_outcome(rows, span, now))


def _calls(office: Office, span: Span, now: float) -> Chart:
    rows = series.called(office.database, span.begin(now))
    return bars(f"HubSpot's answers in {span.words}", span.moments(now, office.zone), by_status(rows, span, now))


def _freshness(office: Office, span: Span, now: float) -> Chart:
    rows = series.received(office.database, span.begin(now))
    return lines(f"Freshness in {span.words}", span.moments(now, office.zone), by_freshness(rows, span, now), "s")


_DRAWN = {"received": _received, "calls": _calls, "freshness": _freshness}
