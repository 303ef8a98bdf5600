"""What every refusal and every health check says, for the description of the interface."""

from marshmallow import Schema, fields


class Problem(Schema):
    """A refusal, RFC 9457. `reason` is its machine-readable word; `errors` names the fields at fault."""

    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    reason = fields.String(required=True)
    errors = fields.Dict(keys=fields.String())


class Answered(Schema):
    """What the door answers to a notification that it took. Those of a request with several stand in `notifications`."""

    notification = fields.String(allow_none=True)
    status = fields.String()
    notifications = fields.List(fields.Dict(keys=fields.String()))


class Health(Schema):
    """Whether the process is up, or ready; `reason`: why it is not."""

    status = fields.String(required=True)
    reason = fields.String()
