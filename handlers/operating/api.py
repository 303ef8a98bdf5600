"""The operator's API: off unless a token is set, the same inbox for all processes."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from handlers.errors import Refusal
from handlers.inbox import reports
from handlers.inbox.database import Database
from handlers.inbox.pauses import get_pause, get_source_pauses
from handlers.inbox.silences import get_silences
from handlers.operating.reconciled import reconciled
from schemas.operator import NotificationsQuery, NotificationView, StatusView
from schemas.sources import Source

_QUERY, _VIEW, _STATUS = NotificationsQuery(), NotificationView(), StatusView()


def blueprint(database: Database, sources: Mapping[str, Source], token: str | None) -> Blueprint:
    """`/api/…`, opened by `Authorization: Bearer <token>`; without a token in the settings it is not there."""
    api = Blueprint("api", __name__, url_prefix="/api")

    @api.before_request
    def authorize() -> None:
        _authorize(token)

    @api.get("/status")
    def status() -> ResponseReturnValue:
        return jsonify(_STATUS.dump(_status(database, sources)))

    @api.get("/notifications")
    def notifications() -> ResponseReturnValue:
        wanted = _wanted()
        limit = wanted.pop("limit")
        rows = reports.notifications(database, reports.Filter(before=wanted.pop("cursor", None), **wanted), limit + 1)
        following = str(rows[limit - 1]["id"]) if len(rows) > limit else None
        return jsonify(items=_VIEW.dump(rows[:limit], many=True), next=following)

    @api.get("/notifications/<int:number>")
    def notification(number: int) -> ResponseReturnValue:
        row = reports.notification(database, number)
        if row is None:
            raise Refusal(404, "not_found", "No such notification is kept.")
        return jsonify(_VIEW.dump(row))

    return api


def _authorize(token: str | None) -> None:
    if token is None:
        raise Refusal(404, "not_found", "The API is off: set OPERATOR_TOKEN to open it.")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not compare_digest(given.strip().encode(), token.encode()) or scheme.lower() != "bearer":
        raise Refusal(401, "unauthorized", "Give the operator's token: Authorization: Bearer <token>.")


def _wanted() -> dict[str, Any]:
    try:
        wanted: dict[str, Any] = _QUERY.load(request.args.to_dict())
    except ValidationError as error:
        raise Refusal(400, "invalid_query", "The query has faults.", error.messages_dict) from error
    return wanted


def _status(database: Database, sources: Mapping[str, Source]) -> dict[str, Any]:
    waiting, pause = reports.waiting(database), get_pause(database)
    paused, silences = get_source_pauses(database), get_silences(database)
    compared = reconciled(database)
    return {
        "sending": "paused" if pause else "on",
        "pause": pause,
        "waiting_events": sum(waiting.values()),
        "oldest_waiting_since": reports.oldest_waiting(database),
        "leader": reports.leader(database),
        "dead": [
            {"source": source, "reason": reason, "notifications": count}
            for (source, reason), count in reports.dead(database).items()
        ],
        "sources": {
            name: {
                "platform": source.platform,
                "waiting_events": waiting.get(name, 0),
                "last_heard": reports.last_heard(database, name),
                "silent_since": reports.silent_since(database, name, silences),
                "paused": paused.get(name),
                "reconciliation": compared.get(name),
            }
            for name, source in sources.items()
        },
    }
