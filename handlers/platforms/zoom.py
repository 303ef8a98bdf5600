"""Zoom: webinars and Zoom Events. Signed; a change tells only what changed, so the API is asked for what does not follow.

Sources: https://developers.zoom.us/docs/api/webhooks/, https://developers.zoom.us/docs/api/meetings/events/, the types of
https://www.npmjs.com/package/@zoom/rivet 0.4.0, and two deliveries that were captured. A recurring webinar is one event,
from the start of its first date to the end of its last.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import orjson
from marshmallow import Schema

from handlers.content import write_json
from handlers.digests import digest
from handlers.errors import InvalidNotification
from handlers.loading import load, readable
from handlers.platform import (
    Answer,
    Api,
    Found,
    Get,
    Gone,
    Grant,
    Headers,
    Ignored,
    Json,
    Knock,
    Listed,
    Listing,
    LookUp,
    Notification,
    Page,
    Platform,
    Sample,
    Skipped,
    Welcome,
)
from handlers.signatures import Hmac, Scheme
from schemas.fields import given
from schemas.platforms.zoom import (
    NO_FIXED_TIME,
    SERIES,
    WEBINAR_ID,
    EventDelivery,
    PastInstances,
    WebinarDelivery,
    WebinarObject,
    ZoomSource,
    ZoomSourceSchema,
    says_half,
    touches_times,
)
from schemas.platforms.zoom import Listing as ListingObject
from schemas.text import cut

SIGNATURE, TIMESTAMP = "x-zm-signature", "x-zm-request-timestamp"
VALIDATION = "endpoint.url_validation"
MOST_KNOCKING = 4096
"""Bytes. A validation is a tenth of that; nothing longer is parsed before it is proven whom it is from."""
PAGE_SIZE = 30
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WEBINAR, _EVENT, _OBJECT = WebinarDelivery(), EventDelivery(), WebinarObject()
_PAST, _LISTING = PastInstances(), ListingObject()

ORIGINS = {
    "eventName": "topic of a webinar; name of a Zoom Event",
    "eventType": "always Webinar for a webinar, unless the source's event_type says otherwise",
    "startDateTime": "start_time; of a recurring webinar its first date's",
    "endDateTime": "start_time and duration; of a recurring webinar its last date's; end_time of a Zoom Event",
    "eventDescription": "agenda of a webinar; description of a Zoom Event",
    "eventUrl": "registration_url",
    "eventCancelled": "webinar.deleted, webinar.recovered, zoom_events.event_cancelled",
}
PRIVATE = frozenset(
    (
        *("join_url", "start_url", "personal_meeting_url", "registrants", "registrant", "participant", "panelists"),
        *("password", "encrypted_password", "encrypted_passcode", "h323_password", "h323_passcode", "pstn_password"),
        *("host_id", "host_email", "host_key", "operator", "operator_id", "alternative_hosts", "interpreters"),
        *("contact_name", "contact_email", "authentication_domains", "custom_live_streaming_settings", "stream_key"),
        *("audio_conference_info", "global_dial_in_numbers", "simulive_webinar", "plainToken", "encryptedToken"),
    )
)


def schemes(_source: ZoomSource) -> Sequence[Scheme]:
    """https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events"""
    shape = re.compile(r"v0=(?P<signature>[0-9a-fA-F]{64})")
    return [Hmac(SIGNATURE, shape, "v0:{timestamp}:{body}", timestamp_header=TIMESTAMP)]


def handshake(knock: Knock, source: ZoomSource) -> Welcome | None:
    """The proof that this address knows the secret, which Zoom wants every 72 hours, within three seconds.

    What is signed here is chosen by whoever knocks: only tokens are, so that no signature of a webhook, which is over
    text with colons, can be got this way. https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    """
    asks = knock.method == "POST" and len(knock.body) <= MOST_KNOCKING and VALIDATION.encode() in knock.body
    token = _plain_token(knock.body) if asks else None
    if token is None:
        return None
    signed = hmac.digest(source.secrets[0].encode(), token.encode(), "sha256").hex()
    return Welcome(content={"plainToken": token, "encryptedToken": signed})


def read(body: Json, headers: Headers, source: ZoomSource) -> Notification | Ignored:
    """What happened to which webinar or Zoom Event. Raises `InvalidNotification`.

    A retry is the same delivery as long as Zoom keeps the time of its signature, which nobody promises. There are no
    drafts of webinars: whichever is told of is there for its registrants, and missed in the list once it is not.
    """
    action = body.get("event")
    if isinstance(action, str) and action not in _TOLD:
        return Ignored(action)
    schema, tell = _TOLD[action] if isinstance(action, str) else (_WEBINAR, _created)
    said = load(schema, body)
    payload = said["payload"]
    told = tell(said["event"], payload, source)
    if isinstance(told, Ignored):
        return told
    event, fields = told
    stamp = headers.get(TIMESTAMP)
    return Notification(
        said["event"],
        event,
        digest(stamp.encode(), write_json(body)) if stamp else None,
        payload.get("time_stamp", said.get("event_ts")),
        fields=fields,
        published=True if schema is _WEBINAR or said["event"] == "zoom_events.event_published" else None,
        said=body["payload"]["object"],
    )


Told = tuple[str, dict[str, Any] | None]
"""External id, and what is said of it; None where the platform must be asked."""


def _created(action: str, payload: Json, source: ZoomSource) -> Told:
    said = payload["object"]
    has_end = "endDateTime" in said or said.get("type") == NO_FIXED_TIME or not touches_times(said)
    return said["id"], _whole(said, source) if has_end or not source.client_id else None


def _updated(action: str, payload: Json, source: ZoomSource) -> Told | Ignored:
    """Only what changed; of a series it may be one date, of which nothing follows for the whole."""
    said, scope = payload["object"], payload.get("scope")
    if source.client_id and (scope == "single" or _leaves_open(said) or (scope and touches_times(said))):
        return said["id"], None
    if scope == "single":
        return Ignored(action)
    return said["id"], _texts(said, cleared="") | _span(said)


def _recovered(action: str, payload: Json, source: ZoomSource) -> Told | Ignored:
    """Taken out of the trash again."""
    return _one_date(action, payload, source) or _created(action, payload, source)


def _deleted(action: str, payload: Json, source: ZoomSource) -> Told | Ignored:
    if of_series := _one_date(action, payload, source):
        return of_series
    return Ignored(action) if source.on_deleted == "ignore" else (payload["object"]["id"], {"eventCancelled": True})


def _one_date(action: str, payload: Json, source: ZoomSource) -> Told | Ignored | None:
    """What to make of a date of a series that came or went; None if it is about the whole."""
    said = payload["object"]
    if payload.get("operation") != "single" or said.get("type") not in SERIES:
        return None
    return (said["id"], None) if source.client_id else Ignored(action)


def _leaves_open(said: Json) -> bool:
    """Whether it changes the times in a way from which start and end do not both follow."""
    return touches_times(said) and (says_half(said) or bool(said.get("occurrences")) or said.get("type") in SERIES)


def _zoom_event(*, cancelled: bool | None) -> Callable[[str, Json, ZoomSource], Told]:
    def tell(action: str, payload: Json, source: ZoomSource) -> Told:
        said = payload["object"]
        fields = {
            "eventName": cut(said.get("name", "")) or None,
            "startDateTime": said.get("start_time"),
            "endDateTime": said.get("end_time"),
            "eventDescription": cut(said.get("description", "")) or None,
            "eventCancelled": cancelled,
        }
        return said["event_id"], given(fields)

    return tell


_TOLD: Mapping[str, tuple[Schema, Callable[[str, Json, ZoomSource], Told | Ignored]]] = {
    "webinar.created": (_WEBINAR, _created),
    "webinar.updated": (_WEBINAR, _updated),
    "webinar.recovered": (_WEBINAR, _recovered),
    "webinar.deleted": (_WEBINAR, _deleted),
    "zoom_events.event_published": (_EVENT, _zoom_event(cancelled=False)),
    "zoom_events.event_updated": (_EVENT, _zoom_event(cancelled=None)),
    "zoom_events.event_cancelled": (_EVENT, _zoom_event(cancelled=True)),
}


def api(source: ZoomSource) -> Api | None:
    """Server-to-server OAuth: https://developers.zoom.us/docs/internal-apps/s2s-oauth/

    Zoom lets a paid account ask for 30 webinars and 20 lists a second: https://developers.zoom.us/docs/api/rate-limits/
    """
    if source.zoom_account_id is None:
        return None
    params = {"grant_type": "account_credentials", "account_id": source.zoom_account_id}
    credentials = b64encode(f"{source.client_id}:{source.client_secret}".encode()).decode()
    return Api(source.api_url, grant=Grant(source.token_url, "/oauth/token", params, f"Basic {credentials}"))


def look_up(external_id: str, source: ZoomSource) -> LookUp:
    """The webinar as it is now, with all its dates. Raises `InvalidNotification` where it makes no sense.

    Zoom Events are told of by their webhooks alone.
    """
    if not re.fullmatch(WEBINAR_ID, external_id):
        if _EVENT_ID.fullmatch(external_id):
            return Skipped("not_looked_up")
        raise InvalidNotification({"id": ["Is not an id of Zoom: give a webinar's digits or a Zoom Event's id."]})
    params = {"show_previous_occurrences": "true"}
    answer = yield Get(f"/v2/webinars/{external_id}", params, frozenset({200, 404}))
    if answer.status == 404:
        return (yield from _gone(external_id))
    return _found(answer.body, source)


def list_events(source: ZoomSource, following: str | None) -> Listing:
    """A page of one host's webinars, then the next host's. https://developers.zoom.us/docs/api/meetings/

    A list tells neither where to register nor a recurring webinar's dates, and cuts a long agenda: each is looked up.
    """
    host, token = _place(source, following)
    said = yield from _listing(host, token)
    listed = []
    for number in dict.fromkeys(webinar["id"] for webinar in said["webinars"]):
        found = yield from _listed(number, source)
        listed += [Listed(number, found)] if found else []
    return Page(listed, _next_place(source, host, said["next_page_token"]))


def sample(_source: ZoomSource, event: int, count: int) -> Sample:
    """A change of a webinar that tells its topic and its times."""
    webinar = {
        "id": 90_000_000_000 + event,
        "topic": f"Sample webinar {event}, change {count}",
        "start_time": f"2027-05-{event % 28 + 1:02}T09:00:00Z",
        "duration": 60,
    }
    stamp = 1_800_000_000_000 + count
    payload = {"account_id": "sample", "object": webinar, "old_object": {"id": webinar["id"]}, "time_stamp": stamp}
    body = {"event": "webinar.updated", "event_ts": stamp, "payload": payload}
    return Sample({"Content-Type": "application/json"}, orjson.dumps(body))


def _plain_token(body: bytes) -> str | None:
    try:
        said = orjson.loads(body)
    except ValueError:
        return None
    payload = said.get("payload") if isinstance(said, dict) and said.get("event") == VALIDATION else None
    token = payload.get("plainToken") if isinstance(payload, dict) else None
    return token if isinstance(token, str) and _PLAIN_TOKEN.fullmatch(token) else None


def _whole(said: Json, source: ZoomSource) -> dict[str, Any]:
    """Everything of a webinar that exists; an operator's own type of event goes before Zoom's only one."""
    kind = {} if source.event_type else {"eventType": "Webinar"}
    return _texts(said, cleared=None) | kind | _span(said) | {"eventCancelled": False}


def _texts(said: Json, cleared: str | None) -> dict[str, Any]:
    """Empty text in a change clears (`cleared`) what was there; in a whole webinar it says nothing."""
    fields = {
        "eventName": cut(said.get("topic", "")) or None,
        "eventDescription": cut(said["agenda"]) or cleared if "agenda" in said else None,
        "eventUrl": said.get("registration_url") or (cleared if "registration_url" in said else None),
    }
    return given(fields)


def _span(said: Json) -> dict[str, Any]:
    return {name: said[name] for name in ("startDateTime", "endDateTime") if name in said}


def _found(webinar: Json, source: ZoomSource) -> Found:
    return Found(_whole(load(_OBJECT, webinar), source), webinar)


def _gone(number: str) -> Generator[Get, Answer, Gone | Skipped]:
    """Zoom forgets a webinar a month after it was held, and answers as for one that was deleted: that is no cancellation."""
    answer = yield Get(f"/v2/past_webinars/{number}/instances", expects=frozenset({200, 404}))
    held = answer.status == 200 and load(_PAST, answer.body)["webinars"]
    return Skipped("took_place") if held else Gone()


def _listing(host: str, token: str) -> Generator[Get, Answer, Any]:
    """A token is good for 15 minutes; one that is not any more begins the host's list anew."""
    path, params = f"/v2/users/{host}/webinars", {"type": "scheduled", "page_size": str(PAGE_SIZE)}
    if token:
        answer = yield Get(path, {**params, "next_page_token": token}, frozenset({200, 400}))
        if answer.status == 200:
            return readable(_LISTING, answer.body)
    answer = yield Get(path, params)
    return readable(_LISTING, answer.body)


def _listed(number: str, source: ZoomSource) -> Generator[Get, Answer, Found | Skipped | None]:
    """None for one that was deleted meanwhile. One that makes no sense does not hold up the rest."""
    try:
        found = yield from look_up(number, source)
    except InvalidNotification:
        return Skipped("invalid")
    return found if isinstance(found, Found | Skipped) else None


def _place(source: ZoomSource, following: str | None) -> tuple[str, str]:
    """Host and token; from the beginning where that host is no longer one of the source's."""
    host, _, token = (following or "").partition(" ")
    return (host, token) if host in source.hosts else (source.hosts[0], "")


def _next_place(source: ZoomSource, host: str, token: str) -> str | None:
    if token:
        return f"{host} {token}"
    rest = source.hosts[source.hosts.index(host) + 1 :]
    return f"{rest[0]} " if rest else None


PLATFORM = Platform(
    name="zoom",
    settings=ZoomSourceSchema,
    schemes=schemes,
    read=read,
    sample=sample,
    origins=ORIGINS,
    private=PRIVATE,
    handshake=handshake,
    api=api,
    look_up=look_up,
    list_events=list_events,
)
