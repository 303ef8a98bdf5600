"""What an operator may ask of the API, and what it answers."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

MAX_LIMIT = 500
MOST_NUMBER = 2**63 - 1
OUTCOMES = ("pending", "sent", "superseded", "unchanged", "dead")


class Moment(fields.Field[float]):
    """An RFC 3339 time outside, Unix seconds inside."""

    def _serialize(self, value: float | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise self._naive() from error
        if moment.tzinfo is None:
            raise self._naive()
        return moment.timestamp()

    def _naive(self) -> Exception:
        return self.make_error("invalid")

    default_error_messages = {"invalid": "Not a time with a zone: such as 2026-11-24T07:00:00Z."}


class ShortText(fields.String):
    """Text that can be searched for: printable, and not long."""

    def __init__(self, most: int = 255, **given: Any) -> None:
        super().__init__(validate=[validate.Length(1, most), _check_printable], **given)


def _check_printable(text: str) -> None:
    if not text.isprintable():
        raise ValidationError("Give printable characters only.")


def number(**given: Any) -> fields.Integer:
    """An id, as an address or a cursor has it."""
    faults: dict[str, Any] = {"invalid": "Is no number that was given here."}
    return fields.Integer(validate=validate.Range(1, MOST_NUMBER), error_messages=faults, **given)


class ListQuery(Schema):
    """Which part of a list."""

    cursor = number()
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_LIMIT))


class NotificationsQuery(ListQuery):
    """The filters of `GET /api/notifications`."""

    source = ShortText()
    event = ShortText()
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    reason = ShortText(64)
    since = Moment()
    until = Moment()


class NotificationItem(Schema):
    """One notification as an operator sees it, in a list."""

    notification = fields.String(attribute="id")
    source = fields.String()
    event = fields.String(allow_none=True)
    delivery_id = fields.String(allow_none=True)
    action = fields.String(allow_none=True)
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    reason = fields.String(allow_none=True)
    detail = fields.Raw(allow_none=True)
    received_at = Moment()
    settled_at = Moment(allow_none=True)
    attempt = fields.String(allow_none=True)


class NotificationView(NotificationItem):
    """One notification. `body`: what came, but for what is private."""

    body = fields.Raw(allow_none=True)


class NotificationPage(Schema):
    """A part of the list."""

    items = fields.List(fields.Nested(NotificationItem))
    next = fields.String(allow_none=True)


class PauseView(Schema):
    """Why nothing is sent just now, or why the platform of a source is not asked."""

    reason = fields.String()
    detail = fields.String(allow_none=True)
    since = Moment()
    until = Moment()


class ReconciliationView(Schema):
    """How a source's list was compared: the last run, and when the next begins or goes on; `fault`: why it was put off."""

    last_finished = Moment(allow_none=True)
    listed = fields.Integer(allow_none=True)
    drift = fields.Integer(allow_none=True)
    missing = fields.Integer(allow_none=True)
    doubted = fields.Boolean(allow_none=True)
    next_at = Moment()
    running = fields.Boolean()
    fault = fields.String(allow_none=True)


class SourceView(Schema):
    """One source: what waits and when it was heard last. `silent_since`: it was busy, and may have been switched off."""

    platform = fields.String()
    waiting_events = fields.Integer()
    last_heard = Moment(allow_none=True)
    silent_since = Moment(allow_none=True)
    paused = fields.Nested(PauseView, allow_none=True)
    reconciliation = fields.Nested(ReconciliationView, allow_none=True)


class DeadView(Schema):
    """How many notifications are dead for one reason."""

    source = fields.String()
    reason = fields.String(allow_none=True)
    notifications = fields.Integer()


class StatusView(Schema):
    """`GET /api/status`: is what HubSpot shows true, and if not, why."""

    sending = fields.String()
    pause = fields.Nested(PauseView, allow_none=True)
    waiting_events = fields.Integer()
    oldest_waiting_since = Moment(allow_none=True)
    counted_at = Moment()
    leader = fields.String(allow_none=True)
    dead = fields.List(fields.Nested(DeadView))
    sources = fields.Dict(keys=fields.String(), values=fields.Nested(SourceView))
