"""GoTo Webinar: what its webhooks say. https://developer.goto.com/guides/GoToWebinar/07_HOW_WebHooksOverview/"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from schemas.addresses import UrlTemplate, fit_for_an_address
from schemas.fields import ExternalId, Instant, VersionNumber, given
from schemas.hmac_settings import HmacSchema, HmacSettings
from schemas.said import Said
from schemas.sources import Source, SourceSchema, unguessable

KEY = "{webinarKey}"


class WebinarKey(ExternalId):
    """A webinar's key, as a number or its digits."""

    def read(self, value: Any) -> str:
        """The digits."""
        text = super().read(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise ValidationError("Is not the key of a webinar: give its digits.")
        return text


class _Said(Said):
    """An object of GoTo's, of which what is absent or null is not said."""

    @pre_load
    def drop_nulls(self, data: Any, **kwargs: Any) -> Any:
        """A null says nothing that could be sent."""
        return given(data) if isinstance(data, Mapping) else data


class Session(_Said):
    """When a webinar is, once."""

    startTime = Instant(required=True)
    endTime = Instant()


class Delivery(_Said):
    """A webhook's body. `eventVersion` is that of its format; what orders events is their `timestamp`."""

    eventName = fields.String(required=True)
    eventKey = ExternalId()
    timestamp = VersionNumber()
    webinarKey = WebinarKey(required=True)
    webinarTitle = fields.String()
    description = fields.String()
    status = fields.String()
    times = fields.List(fields.Nested(Session), load_default=list)


@dataclass(frozen=True, kw_only=True)
class GotowebinarSource(Source):
    """A GoTo Webinar organizer."""

    event_url: str | None = None
    signature: Literal["path-token", "hmac"] = "path-token"
    hmac: HmacSettings | None = None


class GotowebinarSourceSchema(SourceSchema):
    """The keys of a source on GoTo Webinar."""

    source = GotowebinarSource

    event_url = UrlTemplate(KEY, f"https://attendee.gotowebinar.com/register/{KEY}")
    signature = fields.String(validate=validate.OneOf(["path-token", "hmac"]))
    hmac = fields.Nested(HmacSchema)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_signature(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """How GoTo signs is not published, so that an operator who found out must say it whole."""
        signature = original.get("signature", "path-token")
        errors: dict[str, list[Any]] = {}
        if (signature == "hmac") != ("hmac" in original):
            errors["hmac"] = ['The table hmac and signature = "hmac" go together.']
        if signature == "path-token" and (faults := _faults_of_address(data.get("secrets", []))):
            errors["secrets"] = faults
        if errors:
            raise ValidationError(errors)


def _faults_of_address(secrets: list[str]) -> list[Any]:
    faults: list[Any] = []
    for check in (unguessable, fit_for_an_address):
        try:
            check(secrets)
        except ValidationError as error:
            faults += error.messages
    return faults
