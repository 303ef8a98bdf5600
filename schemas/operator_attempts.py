"""Calls of HubSpot, as the operator's API tells of them."""

from typing import Any

from marshmallow import Schema, fields

from schemas.operator import ListQuery, Moment

WORDS = ("none", "failed")


class Status(fields.Field[int | str]):
    """An HTTP status; or `none`: no answer, or `failed`: none of 2xx."""

    default_error_messages = {"invalid": "Is no status: give 100 to 599, none or failed."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | str:
        text = str(value)
        if text in WORDS:
            return text
        if not (text.isascii() and text.isdigit() and len(text) == 3 and 100 <= int(text) <= 599):
            raise self.make_error("invalid")
        return int(text)


class AttemptsQuery(ListQuery):
    """The filters of `GET /api/attempts`."""

    status = Status()


class AttemptView(Schema):
    """One call and its answer; without a `status` there was none, and `fault` says why."""

    attempt = fields.String(attribute="id")
    batch = fields.String()
    sent_at = Moment()
    seconds = fields.Float()
    status = fields.Integer(allow_none=True)
    fault = fields.String(allow_none=True)
    hubspot_status = fields.String(allow_none=True)
    inputs = fields.Integer()
    updated = fields.Integer()
    failed = fields.Integer()
    correlation_id = fields.String(allow_none=True)


class AttemptPage(Schema):
    """A part of the list."""

    items = fields.List(fields.Nested(AttemptView))
    next = fields.String(allow_none=True)


class ToldEvent(Schema):
    """What a call said of one event. `result`: confirmed, rejected or open."""

    source = fields.String()
    event = fields.String(attribute="external_id")
    name = fields.String(allow_none=True)
    fields_ = fields.Dict(keys=fields.String(), data_key="fields", attribute="fields")
    result = fields.String()


class AttemptWithEvents(AttemptView):
    """One call, and what it said of which event; of a thousand events at most."""

    events = fields.List(fields.Nested(ToldEvent))
