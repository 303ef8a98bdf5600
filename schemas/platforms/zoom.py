"""Zoom: what its webhooks and its API say of webinars and Zoom Events. https://developers.zoom.us/docs/api/meetings/events/"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from schemas.addresses import BaseUrl
from schemas.event import Clearable
from schemas.fields import ExternalId, Instant, Value, given, parse_instant, shape
from schemas.said import Said
from schemas.sources import Source, SourceSchema

WEBINAR_ID = r"[1-9][0-9]{0,19}"
"""The numbers of webinars go into the paths that are asked, so nothing else may look like one."""
NO_FIXED_TIME, RECURRING = 6, 9
SERIES = (NO_FIXED_TIME, RECURRING)
_TIMES = ("start_time", "duration")
_MOST_MINUTES = 60 * 24 * 366
_HOST = r"(?!\.+\Z)[A-Za-z0-9._+-]{1,128}(@[A-Za-z0-9.-]{1,128})?\Z"
_API = ("zoom_account_id", "client_id", "client_secret")


class WebinarId(ExternalId):
    """A webinar's number, as a number or its digits."""

    def read(self, value: Any) -> str:
        """The digits."""
        text = super().read(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20 and text[0] != "0"):
            raise ValidationError("Is not the number of a webinar: give its digits.")
        return text


class Whole(Value[int]):
    """A whole number from 0 to `most`."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._most = most

    def read(self, value: Any) -> int:
        """The same."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= self._most:
            raise ValidationError(f"Is {shape(value)}, not a whole number from 0 to {self._most}.")
        return value


class Milliseconds(Whole):
    """When something happened, in milliseconds since 1970."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=2**53, **kwargs)


class Minutes(Whole):
    """How long something lasts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=_MOST_MINUTES, **kwargs)


class _Said(Said):
    """An object of Zoom's, of which what is absent or null is not said."""

    @pre_load
    def drop_unsaid(self, data: Any, **kwargs: Any) -> Any:
        """A start that is empty text is that of a webinar which has none."""
        said = given(data) if isinstance(data, Mapping) else data
        if isinstance(said, dict) and said.get("start_time") == "":
            del said["start_time"]
        return said


class Occurrence(_Said):
    """One date of a recurring webinar."""

    start_time = Instant(required=True)
    duration = Minutes()
    status = fields.String()


class WebinarObject(_Said):
    """A webinar, or what changed of it. Loaded, it has `startDateTime` and `endDateTime` as far as they follow."""

    id = WebinarId(required=True)
    topic = fields.String()
    agenda = fields.String()
    type = Whole(most=99)
    start_time = Instant()
    duration = Minutes()
    registration_url = Clearable()
    occurrences = fields.List(fields.Nested(Occurrence))

    @post_load
    def add_span(self, said: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """From the first start to the last end of the dates that are not deleted."""
        dates = [date for date in said.get("occurrences") or [said] if date.get("status") != "deleted"]
        dates = [date for date in dates if "start_time" in date]
        if not dates or said.get("type") == NO_FIXED_TIME:
            return said
        span = {"startDateTime": min((date["start_time"] for date in dates), key=parse_instant)}
        lasting = [{"duration": said["duration"], **date} if "duration" in said else date for date in dates]
        unclear = any("duration" not in date for date in lasting)
        if unclear or (said.get("type") in SERIES and not said.get("occurrences")):
            return said | span
        return said | span | {"endDateTime": max((_end(date) for date in lasting), key=parse_instant)}


class WebinarPayload(_Said):
    """What a webhook about a webinar carries. `operation` and `scope` tell whether it is about one date of a series."""

    object = fields.Nested(WebinarObject, required=True)
    operation = fields.String()
    scope = fields.String()
    time_stamp = Milliseconds()


class WebinarDelivery(_Said):
    """A webhook about a webinar."""

    event = fields.String(required=True)
    event_ts = Milliseconds()
    payload = fields.Nested(WebinarPayload, required=True)


class EventObject(_Said):
    """A Zoom Event. Only its id is sure; the rest is called as a session's members are, and left alone where it is not."""

    event_id = ExternalId(required=True)
    name = fields.String()
    description = fields.String()
    start_time = Instant()
    end_time = Instant()


class EventPayload(_Said):
    """What a webhook about a Zoom Event carries."""

    object = fields.Nested(EventObject, required=True)


class EventDelivery(_Said):
    """A webhook about a Zoom Event."""

    event = fields.String(required=True)
    event_ts = Milliseconds()
    payload = fields.Nested(EventPayload, required=True)


class PastInstances(_Said):
    """When a webinar took place."""

    webinars = fields.List(fields.Dict(), load_default=list)


class Numbered(_Said):
    """Which webinar an entry of a list is about."""

    id = WebinarId(required=True)


class Listing(_Said):
    """A page of a host's webinars; the last has no token, or an empty one."""

    webinars = fields.List(fields.Nested(Numbered), required=True)
    next_page_token = fields.String(load_default="")


@dataclass(frozen=True, kw_only=True)
class ZoomSource(Source):
    """A Zoom account, by its webhooks alone or with its API as well. `hosts` are whose webinars are listed."""

    zoom_account_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ("me",)
    api_url: str = "https://api.zoom.us"
    token_url: str = "https://zoom.us"  # noqa: S105 - where tokens are granted


class Hosts(Value[tuple[str, ...]]):
    """One or more users, by id or e-mail address."""

    def read(self, value: Any) -> tuple[str, ...]:
        """The same, each once, in their order."""
        if not isinstance(value, list) or not value or not all(isinstance(host, str) for host in value):
            raise ValidationError(f"Is {shape(value)}: list the ids or e-mail addresses of the hosts.")
        check = validate.Regexp(_HOST, error="Not the id or e-mail address of a user of Zoom.")
        return tuple(dict.fromkeys(check(host) for host in value))


class ZoomSourceSchema(SourceSchema):
    """The keys of a source on Zoom."""

    source = ZoomSource

    zoom_account_id = fields.String(validate=validate.Length(min=1))
    client_id = fields.String(validate=validate.Length(min=1))
    client_secret = fields.String(validate=validate.Length(min=1))
    hosts = Hosts()
    api_url = BaseUrl()
    token_url = BaseUrl()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_api(self, data: Mapping[str, Any], original: Mapping[str, Any], **kwargs: Any) -> None:
        """The three that open the API go together, and the rest is of no use without them."""
        missing = [name for name in _API if name not in original]
        if len(missing) == len(_API):
            idle = [name for name in ("hosts", "api_url", "token_url") if name in original]
            errors = {name: ["Goes with zoom_account_id, client_id and client_secret only."] for name in idle}
        else:
            errors = {
                name: ["Is missing: zoom_account_id, client_id and client_secret go together."] for name in missing
            }
        if errors:
            raise ValidationError(errors)


def says_half(said: Mapping[str, Any]) -> bool:
    """Whether just one of start and duration came, from which no end follows."""
    return sum(name in said for name in _TIMES) == 1


def touches_times(said: Mapping[str, Any]) -> bool:
    """Whether it says anything of when the webinar is."""
    return any(name in said for name in (*_TIMES, "occurrences"))


def _end(date: Mapping[str, Any]) -> str:
    try:
        end = parse_instant(date["start_time"]) + timedelta(minutes=date["duration"])
    except OverflowError as error:
        raise ValidationError({"duration": ["Ends after all calendars."]}) from error
    return Instant().read(end.isoformat())
