"""A body is shown with the event's own texts and without persons, how to reach them, and whatever opens something."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, deliveries

from handlers.operating.redaction import REDACTED, redacted

MARK = "Zq7Mark"
PRIVATE_NAMES = st.sampled_from(
    [
        *("email", "attendee_name", "firstName", "last_name", "customer.phone", "password", "apiKey", "api_key"),
        *("token", "access_token", "join_url", "buyer", "created_by", "phone_number", "userName", "signature"),
        *("secret", "host_email", "registrant_key", "cookie", "ip_address"),
    ]
)
PERSONS = st.sampled_from(
    ["attendee", "customer", "user", "buyers", "participants", "invitee", "contact", "speaker", "owner", "billing"]
)
NAMES = st.sampled_from(["name", "title", "start", "venue", "location", "description", "status", "id", "url"])


def shown(value, **given):
    return redacted(orjson.dumps(value), **given)


EVENT = {
    "id": "ev-42",
    "action": "event.changed",
    "eventName": "Jazz in the park, 24.12.2026",
    "starts_at": "2026-11-24T07:00:00+01:00",
    "updated": "2026-11-24 07:00:00",
    "eventUrl": "https://tickets.example/e/jazz-in-the-park-2026?lang=de",
    "venue": {"name": "Messe", "address": {"street": "Hauptstraße 12", "zip": "10115", "city": "Berlin"}},
    "organizer": {"name": "Acme Events", "slug": "acme"},
    "uuid": "3f2b8c0e-7d61-4f0e-9b7e-111111111111",
    "version": 1_795_000_000_123,
    "attendee_count": 120,
    "max_attendees": 500,
    "published": True,
    "customProperties": {"track": "Data & AI", "price": 12.5, "none": None},
}


def test_an_events_own_texts_are_shown():
    assert shown(EVENT) == EVENT


@pytest.mark.parametrize(
    "text",
    [
        "write to jane.doe@example.com",
        "mailto:jane@example.co.uk",
        "call +49 170 1234567",
        "call 0049 (170) 123-4567",
        "call 030 123 45 67",
        "Bearer abcdef.12345",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
        "key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_reaches_a_person_or_opens_something_is_taken_out_of_any_text(text):
    said = shown({"description": text})["description"]
    assert REDACTED in said
    assert not any(part in said for part in ("jane", "1234567", "123-4567", "45 67", "abcdef", "MfKQ", "eyJ", "9f86"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://user:pass@host.example/a", f"https://{REDACTED}@host.example/a"),
        ("https://host.example/a?token=abc&page=2", f"https://host.example/a?token={REDACTED}&page=2"),
        ("https://host.example/e?access_key=1#x", f"https://host.example/e?access_key={REDACTED}#x"),
        ("https://host.example/j/8Tq0pX3vLr9KsW2n", f"https://host.example/j/{REDACTED}"),
        ("https://host.example/#access_token=1", f"https://host.example/#{REDACTED}"),
        ("https://host.example/e/spring-gala-2027", "https://host.example/e/spring-gala-2027"),
        ("https://[host/", REDACTED),
    ],
)
def test_an_address_is_shown_without_what_it_opens(url, said):
    assert shown({"eventUrl": url})["eventUrl"] == said


def test_what_the_platform_calls_private_is_hidden():
    assert shown({"online_link": "here"}, private=frozenset({"online_link"})) == {"online_link": REDACTED}


def test_a_sources_own_secret_is_hidden_wherever_it_stands():
    assert shown({"note": "it is hunter2!"}, secrets=("hunter2",)) == {"note": f"it is {REDACTED}!"}


def test_whether_something_is_there_is_still_told():
    assert shown({"email": None, "attendee": [], "user": False}) == {"email": None, "attendee": [], "user": False}


@pytest.mark.parametrize("body", [b"\xff", b"{", b"a=b"])
def test_what_cannot_be_read_is_not_shown(body):
    assert redacted(body) == REDACTED


def test_a_hint_has_nothing_to_show():
    assert redacted(b"") == {}


def test_what_is_nested_too_deeply_is_not_shown():
    assert MARK not in orjson.dumps(redacted(b'{"a":' * 900 + f'"{MARK}"'.encode() + b"}" * 900)).decode()


@pytest.mark.parametrize(
    "letters", ["x", "a.", "0", "+1", "x@", "x@a.", "a:/", "é", "a-", "%40", "http://a/", "?a=", "1 "]
)
def test_a_long_text_is_looked_through_in_no_time(letters):
    """Else it would take hours, and so fail."""
    shown({"description": letters * (500_000 // len(letters))})


def nested(leaf, name):
    return st.recursive(
        st.fixed_dictionaries({name: leaf}),
        lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=2) | st.lists(inner, min_size=1, max_size=2),
        max_leaves=4,
    )


@given(PRIVATE_NAMES.flatmap(lambda name: nested(st.just(MARK) | st.just([MARK]) | st.just({"x": MARK}), name)))
def test_a_private_member_is_hidden_however_deep(value):
    assert MARK not in orjson.dumps(shown(value)).decode()


@given(PERSONS, st.recursive(st.just(MARK), lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=2)))
def test_whatever_is_said_of_a_person_is_hidden(person, said):
    assert MARK not in orjson.dumps(shown({"event": {person: said}})).decode()


@given(st.text(max_size=60), st.from_regex(r"[a-z0-9._+-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,6}", fullmatch=True))
def test_no_address_of_a_person_is_left_in_any_text(text, address):
    assert address not in shown({"description": f"{text} {address} {text}"})["description"]


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_the_recorded_deliveries_of_a_platform_can_be_shown(name):
    platform = PLATFORMS[name]
    for delivery in deliveries(name):
        body = delivery["body"]
        content = body.encode() if isinstance(body, str) else orjson.dumps(body)
        text = orjson.dumps(redacted(content, platform.private)).decode()
        assert "@" not in text
