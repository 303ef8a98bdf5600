"""What died and who did what, as the operator's API tells of them."""

from marshmallow import Schema, fields

from schemas.operator import ListQuery, Moment, ShortText


class DeadGroup(Schema):
    """How many notifications of a source are dead for one reason, and how to mend it."""

    source = fields.String()
    reason = fields.String(allow_none=True)
    notifications = fields.Integer()
    oldest = Moment()
    newest = Moment()
    says = fields.String()
    mend = fields.String(allow_none=True)


class DeadGroups(Schema):
    """All of them, the largest first."""

    items = fields.List(fields.Nested(DeadGroup))
    next = fields.String(allow_none=True)


class AuditQuery(ListQuery):
    """The filters of `GET /api/audit`."""

    operator = ShortText()
    action = ShortText(32)
    kind = ShortText(16)
    name = ShortText(512)


class AuditView(Schema):
    """One action: who did it, by which way, and to what."""

    entry = fields.String(attribute="id")
    at = Moment()
    operator = fields.String()
    role = fields.String()
    via = fields.String()
    action = fields.String()
    kind = fields.String()
    name = fields.String()
    detail = fields.Dict(keys=fields.String())


class AuditPage(Schema):
    """A part of the list."""

    items = fields.List(fields.Nested(AuditView))
    next = fields.String(allow_none=True)
