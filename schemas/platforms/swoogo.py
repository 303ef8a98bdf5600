"""Swoogo: what an operator may have its webhooks say of an event. https://developer.swoogo.com/api-reference/events/get-all-events"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jmespath.parser import ParsedResult
from marshmallow import ValidationError, fields, validate, validates_schema

from schemas.addresses import fit_for_an_address, is_web_url
from schemas.expressions import Expression
from schemas.fields import parse_instant
from schemas.hmac_settings import HEADER
from schemas.local_times import TimeZone, instant_at, is_date, parse_date, parse_local, parse_time
from schemas.own_words import MAPPED
from schemas.sources import Source, SourceSchema, unguessable
from schemas.text import cut, html_to_text

DRAFT, LIVE = "draft", "live"
CANCELLED = ("canceled", "cancelled")
Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SwoogoSource(Source):
    """A Swoogo account's webhook about events.

    `map` tells what Swoogo's own names do not. `time_zone` is where the clock of `updated_at` hangs.
    """

    signature: Literal["token", "path-token"] = "token"
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    map: Mapping[str, ParsedResult] = field(default_factory=dict)
    time_zone: ZoneInfo | None = None


class SwoogoSourceSchema(SourceSchema):
    """The keys of a source on Swoogo."""

    source = SwoogoSource

    signature = fields.String(validate=validate.OneOf(["token", "path-token"]))
    token_header = fields.String(validate=HEADER)
    map = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MAPPED, error="Not a field: choose one of {choices}.")),
        values=Expression(),
    )
    time_zone = TimeZone()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_signature(self, data: Body, original: Body, **kwargs: Any) -> None:
        """Swoogo signs nothing: a secret stands in a header or in the address."""
        in_address = original.get("signature", "token") == "path-token"
        errors: dict[str, list[Any]] = {}
        if in_address and "token_header" in original:
            errors["token_header"] = ['Goes with signature = "token" only.']
        for check in (unguessable, *([fit_for_an_address] if in_address else [])):
            try:
                check(data.get("secrets", []))
            except ValidationError as error:
                errors.setdefault("secrets", []).extend(error.messages)
        if errors:
            raise ValidationError(errors)


def words(body: Body, names: frozenset[str], source: SwoogoSource) -> dict[str, Any]:
    """What Swoogo's own names say, as far as `names` ask for it; what is empty says nothing.

    Raises `ValidationError`, with errors by Swoogo's names.
    """
    said: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    for name, tell in _TOLD.items():
        if name in names:
            try:
                said[name] = tell(body, source)
            except ValidationError as error:
                errors |= error.messages_dict
    if errors:
        raise ValidationError(errors)
    return said


def status_of(body: Body) -> str:
    """The event's status in small letters, empty if it is not told."""
    return _text(body, "status").lower()


def _text(body: Body, name: str) -> str:
    """What stands under a name, if it is text."""
    value = body.get(name)
    return cut(value) if isinstance(value, str) else ""


def _id(body: Body, _source: SwoogoSource) -> Any:
    return body.get("id")


def _version(body: Body, source: SwoogoSource) -> Any:
    """`updated_at` tells no zone: without one it is not known what it means."""
    if source.time_zone is None or not _text(body, "updated_at"):
        return None
    zone = source.time_zone
    return _at("updated_at", lambda: instant_at(parse_local(body["updated_at"]), zone))


def _name(body: Body, _source: SwoogoSource) -> str | None:
    return _text(body, "name") or None


def _description(body: Body, _source: SwoogoSource) -> str | None:
    return html_to_text(_text(body, "description")) or None


def _url(body: Body, _source: SwoogoSource) -> str | None:
    """An address, or the last part of one at the event's domain."""
    url, domain = _text(body, "url"), _text(body, "domain")
    at_domain = f"https://{domain.strip('/')}/{url.lstrip('/')}" if "." in domain and url else ""
    return next((address for address in (url, at_domain) if is_web_url(address)), None)


def _cancelled(body: Body, source: SwoogoSource) -> bool | None:
    status = status_of(body)
    if status in CANCELLED:
        return True
    if status == DRAFT:
        return True if source.on_unpublished == "cancel" else None
    return False if status == LIVE else None


def _moment(which: str) -> Callable[[Body, SwoogoSource], Any]:
    """The start or the end: a date and a time by the clock of the zone in `timezone`, or a whole RFC 3339 time."""
    date_name, time_name = f"{which}_date", f"{which}_time"

    def tell(body: Body, _source: SwoogoSource) -> Any:
        date, time = body.get(date_name), body.get(time_name)
        if date in (None, ""):
            return None
        if not is_date(date):
            return _at(date_name, lambda: parse_instant(date).isoformat())
        if time_name not in body:
            raise ValidationError({time_name: [f"Is missing: send it beside {date_name}."]})
        if time in (None, ""):
            return None
        if body.get("timezone") in (None, ""):
            raise ValidationError({"timezone": [f"Is missing: send it beside {date_name}."]})
        zone = _at("timezone", lambda: TimeZone().read(body["timezone"]))
        midnight = _at(date_name, lambda: parse_date(date))
        clock = _at(time_name, lambda: parse_time(time))
        return _at(date_name, lambda: instant_at(midnight + clock, zone))

    return tell


def _at(name: str, parse: Callable[[], Any]) -> Any:
    """What is parsed, with an error at that name."""
    try:
        return parse()
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error


_TOLD: Mapping[str, Callable[[Body, SwoogoSource], Any]] = {
    "id": _id,
    "version": _version,
    "eventName": _name,
    "startDateTime": _moment("start"),
    "endDateTime": _moment("end"),
    "eventDescription": _description,
    "eventUrl": _url,
    "eventCancelled": _cancelled,
}
