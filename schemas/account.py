"""What HubSpot says about tokens and about the account, as it may come: no member is to be relied on.

Sources: HubSpot's OpenAPI file of OAuth, version 2026-03, and
https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide
"""

from marshmallow import EXCLUDE, Schema, fields, validate


class _Answer(Schema):
    """An answer: what is not expected is kept out quietly."""

    class Meta:
        """HubSpot adds members as it likes."""

        unknown = EXCLUDE


class TokenAnswer(_Answer):
    """What the token endpoint grants; `expires_in` is in seconds. Version 1 of it tells neither account nor scopes."""

    access_token = fields.String(validate=validate.Length(min=1))
    refresh_token = fields.String(validate=validate.Length(min=1))
    expires_in = fields.Integer(validate=validate.Range(min=1))
    hub_id = fields.Integer()
    scopes = fields.List(fields.String())


class TokenError(_Answer):
    """Why the token endpoint refuses: `error` as in RFC 6749, 5.2; `status` in HubSpot's own word."""

    error = fields.String()
    status = fields.String()


class AccountDetails(_Answer):
    """The answer to account-info/details."""

    portalId = fields.Integer()
    timeZone = fields.String()


class DailyUse(_Answer):
    """How much of a day's limit is used."""

    usageLimit = fields.Integer()
    currentUsage = fields.Integer()
    resetsAt = fields.String()


class DailyUsage(_Answer):
    """The answer to account-info/api-usage/daily/private-apps."""

    results = fields.List(fields.Nested(DailyUse))


class Property(_Answer):
    """A property that the account defines for an object."""

    name = fields.String()


class Properties(_Answer):
    """The answer to a list of properties."""

    results = fields.List(fields.Nested(Property))
