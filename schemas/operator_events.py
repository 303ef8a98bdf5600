"""Events and their timelines, as the operator's API tells of them."""

from marshmallow import Schema, fields, validate

from schemas.operator import ListQuery, Moment, NotificationItem, ShortText
from schemas.operator_attempts import AttemptView

STATES = ("waiting", "held", "dead", "not_in_hubspot", "unpublished", "up_to_date", "unknown")


class EventsQuery(ListQuery):
    """The filters of `GET /api/events`. `q`: a part of the name or of the external id, or an objectId."""

    source = ShortText()
    q = ShortText(200)
    state = fields.String(validate=validate.OneOf(STATES))


class EventQuery(ListQuery):
    """Which part of an event's timeline."""


class EventItem(Schema):
    """One event. `state` tells how it stands, `reason` that of its last outcome, `waits_for` why it was put off."""

    source = fields.String()
    event = fields.String(attribute="external_id")
    name = fields.String(allow_none=True)
    object_id = fields.String(allow_none=True, data_key="objectId")
    state = fields.String(validate=validate.OneOf(STATES))
    reason = fields.String(allow_none=True)
    waits_for = fields.String(allow_none=True)
    due_at = Moment(allow_none=True)
    changed_at = Moment(allow_none=True)


class EventPage(Schema):
    """A part of the list."""

    items = fields.List(fields.Nested(EventItem))
    next = fields.String(allow_none=True)


class WordsView(Schema):
    """What a reason means, and how to mend it, if there is anything to do."""

    says = fields.String()
    mend = fields.String(allow_none=True)


class ChangeView(Schema):
    """What a call said of one field. Without `before_known` nobody remembers what it was before."""

    field = fields.String(attribute="name")
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)
    before_known = fields.Boolean()


class CarriedView(Schema):
    """What a call said of the event. `result`: confirmed, rejected or open."""

    changes = fields.List(fields.Nested(ChangeView), attribute="fields")
    result = fields.String()


class EntryView(Schema):
    """A notification with the call that settled it; or a call that settled none."""

    at = Moment()
    notification = fields.Nested(NotificationItem, allow_none=True)
    attempt = fields.Nested(AttemptView, allow_none=True)
    carried = fields.Nested(CarriedView, allow_none=True)


class EventView(EventItem):
    """One event: what its platform says, what HubSpot confirmed, and what became of each notification."""

    words = fields.Nested(WordsView, allow_none=True)
    said = fields.Dict(keys=fields.String(), attribute="fields")
    confirmed = fields.Dict(keys=fields.String())
    confirmed_at = Moment(allow_none=True)
    found_by = fields.String(allow_none=True)
    tries = fields.Integer()
    missing_since = Moment(allow_none=True)
    version = fields.Float(allow_none=True)
    published = fields.Boolean()
    timeline = fields.List(fields.Nested(EntryView))
    next = fields.String(allow_none=True)
