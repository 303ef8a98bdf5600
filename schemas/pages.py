"""What the operator's pages may be asked, in addresses and in forms; what else stands there is of no concern."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

MAX_NAME, MAX_QUERY, MAX_NUMBER = 255, 200, 2**63 - 1
_number = validate.Range(1, MAX_NUMBER)


class UtcMoment(fields.Field[float]):
    """A moment as forms send it, in UTC: `2026-11-24T07:00`, perhaps with seconds or a zone; Unix seconds inside."""

    default_error_messages = {"invalid": "Not a time: such as 2026-11-24T07:00."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        try:
            moment = datetime.fromisoformat(str(value))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error


class _Asked(Schema):
    class Meta:
        """A page's address may say more."""

        unknown = EXCLUDE


class ListAsked(_Asked):
    """Where a list goes on."""

    cursor = fields.Integer(validate=_number)


class EventsAsked(ListAsked):
    """The search for events."""

    q = fields.String(validate=validate.Length(max=MAX_QUERY))
    source = fields.String(validate=validate.Length(max=MAX_NAME))
    state = fields.String(validate=validate.Length(max=64))


class Filter(_Asked):
    """Which notifications."""

    source = fields.String(validate=validate.Length(max=MAX_NAME))
    event = fields.String(validate=validate.Length(max=MAX_NAME))
    outcome = fields.String(validate=validate.OneOf(["pending", "sent", "superseded", "unchanged", "dead"]))
    reason = fields.String(validate=validate.Length(max=64))
    since = UtcMoment()
    until = UtcMoment()


class NotificationsAsked(Filter, ListAsked):
    """The list of notifications."""


class ReplayAsked(Filter):
    """What is to be looked at again: one notification by number, or all that fit."""

    number = fields.Integer(validate=_number)


class AttemptsAsked(ListAsked):
    """The list of attempts: a status, or `failed`, or `none`."""

    status = fields.String(validate=validate.Regexp(r"[1-5]\d\d|failed|none"))


class TrailAsked(ListAsked):
    """The audit trail."""

    operator = fields.String(validate=validate.Length(max=MAX_NAME))
    action = fields.String(validate=validate.Length(max=64))


class EventNamed(_Asked):
    """A form that is about one event."""

    source = fields.String(required=True, validate=validate.Length(max=MAX_NAME))
    event = fields.String(required=True, validate=validate.Length(max=MAX_NAME))


class LinkTold(EventNamed):
    """The form of a link."""

    object_id = fields.String(required=True, validate=validate.Length(max=64))


class PauseTold(_Asked):
    """The form of a pause: all sending where no source is named, and why."""

    source = fields.String(validate=validate.Length(max=MAX_NAME))
    detail = fields.String(validate=validate.Length(max=200))


class NowAsked(_Asked):
    """How far back the charts look."""

    span = fields.String(load_default="hour", validate=validate.OneOf(["hour", "day", "week"]))


def status_of(text: str | None) -> int | str | None:
    """A status as a list of attempts is asked for: a number where it is one."""
    return int(text) if text is not None and text.isdigit() else text
