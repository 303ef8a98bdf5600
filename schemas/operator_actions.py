"""What an operator may do by the API, and what it answers."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from schemas.fields import ObjectId
from schemas.operator import OUTCOMES, Moment, ShortText, number


class ReplayBody(Schema):
    """Which notifications: one, or all that a filter finds. `dry_run`: only count them. `cursor`: where to go on."""

    notification = number()
    source = ShortText()
    event = ShortText()
    outcome = fields.String(validate=validate.OneOf([outcome for outcome in OUTCOMES if outcome != "pending"]))
    reason = ShortText(64)
    since = Moment()
    until = Moment()
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    cursor = number()

    @validates_schema
    def check(self, data: dict[str, Any], **kwargs: Any) -> None:
        """One or a filter, and never everything by mistake."""
        filters = data.keys() - {"notification", "dry_run", "cursor"}
        if "notification" in data and filters:
            raise ValidationError("Give either one notification or a filter.", "notification")
        if "notification" not in data and not filters:
            raise ValidationError("Give a filter: source, event, outcome, reason, since or until.")


class ReplayView(Schema):
    """How many match, how many wait to be looked at again, how many still make no sense; `next`: where to go on."""

    matching = fields.Integer()
    replayed = fields.Integer()
    still_invalid = fields.Integer()
    next = fields.String(allow_none=True)


class LinkBody(Schema):
    """The marketing event that shall stand for an event."""

    object_id = ObjectId(required=True, data_key="objectId")


class Linked(Schema):
    """The link that was set, and how many dead notifications wait again because of it."""

    object_id = fields.String(data_key="objectId")
    revived = fields.Integer()


class PauseBody(Schema):
    """What to pause: a source, or without one all sending. `detail`: why, for others to read."""

    source = ShortText(64)
    detail = ShortText(200)


class ResumeBody(Schema):
    """What to resume: a source, or without one all sending."""

    source = ShortText(64)


class Done(Schema):
    """It was done."""

    done = fields.Boolean()
