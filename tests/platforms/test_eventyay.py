"""eventyay: where it differs from the pretix that it was forked from."""

import json

import pytest
from pretix_answers import EVENTS, FORBIDDEN, NO_DATE, ORGANIZER, Api, Recorded, page, slugs
from recorded import PLATFORMS, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Found, Gone, Ignored, Remaining, Skipped
from handlers.platforms.eventyay import PLATFORM
from handlers.signatures import Basic, PathToken
from schemas.sources import SourcesError, read_sources

api, read = PLATFORM.api, PLATFORM.read
EVENTYAY = Recorded("eventyay", PLATFORM.look_up)
find, find_date, spring, first_date = EVENTYAY.find, EVENTYAY.find_date, EVENTYAY.spring, EVENTYAY.first_date


def notice(**changes):
    body = {"notification_id": 7, "organizer": "acme", "event": "gala", "action": "pretix.event.changed"}
    return read(body | changes, Headers(), source("eventyay"))


@pytest.mark.parametrize("word", ["pretix", "eventyay"])
@pytest.mark.parametrize("kind", ["added", "changed", "deleted"])
def test_actions_go_by_the_old_name_or_the_new(word, kind):
    assert notice(action=f"{word}.event.{kind}").event == "acme:gala"
    assert notice(action=f"{word}.subevent.{kind}", subevent=3).event == "acme:gala:3"


@pytest.mark.parametrize(
    "action",
    [
        "pretix.event.live.activated",
        "pretix.event.live.deactivated",
        "pretix.event.testmode.activated",
        "eventyay.event.order.paid",
        "eventyay.event.private_testmode.deactivated",
        "pretix.event.checkin",
        "venueless.event.changed",
        "eventyay",
        "",
    ],
)
def test_what_it_does_not_tell_or_is_about_no_event_is_ignored(action):
    assert notice(action=action) == Ignored(action)


@pytest.mark.parametrize(("action", "published"), [("pretix.event.deleted", True), ("pretix.event.changed", False)])
def test_only_a_deletion_must_be_heard_of_whether_it_was_public_or_not(action, published):
    assert notice(action=action).published is published


@pytest.mark.parametrize("word", ["pretix", "eventyay"])
def test_a_deletion_that_does_not_say_of_what_is_about_the_whole_list(word):
    assert notice(action=f"{word}.event.deleted", event=None).event == "acme:*"
    assert find({EVENTS: slugs("gala")}, "acme:*") == Remaining("acme:", frozenset({"acme:gala"}))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("event", {"event": None}),
        ("event", {"event": "../x"}),
        ("organizer", {"organizer": "stranger"}),
        ("subevent", {"action": "eventyay.subevent.changed"}),
        ("notification_id", {"notification_id": None}),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_field(field, changes):
    with pytest.raises(InvalidNotification) as error:
        notice(**changes)
    assert list(error.value.errors) == [field]


def test_an_events_address_is_made_of_where_eventyay_stands():
    assert find(spring()).fields["eventUrl"] == "https://eventyay.example/tickets/acme/spring27/"
    assert find_date().fields["eventUrl"] == "https://eventyay.example/tickets/acme/series27/1/"


def test_visitors_may_find_events_elsewhere_than_the_api():
    elsewhere = {"frontend_url": "https://tickets.acme.example/shop/"}
    assert find(spring(), **elsewhere).fields["eventUrl"] == "https://tickets.acme.example/shop/acme/spring27/"


def test_an_address_that_it_tells_some_day_comes_first():
    assert find(spring(public_url="https://acme.example/s/")).fields["eventUrl"] == "https://acme.example/s/"


def test_the_rest_is_as_in_pretix():
    found = find(spring(live=True, meta_data={"kind": "Fair"}), event_type_key="kind")
    assert found.fields == {
        "eventName": "Spring Summit 2027",
        "eventType": "Fair",
        "startDateTime": "2027-03-28T07:00:00Z",
        "endDateTime": "2027-03-29T15:30:00Z",
        "eventOrganizer": "Acme Events",
        "eventDescription": "Hello x",
        "eventUrl": "https://eventyay.example/tickets/acme/spring27/",
        "eventCancelled": False,
    }
    assert (found.published, find(spring(has_subevents=True))) == (True, Skipped("series_parent"))


def test_what_is_deleted_is_gone_as_in_pretix():
    lost = {f"{EVENTS}spring27/": FORBIDDEN, ORGANIZER: (200, EVENTYAY.organizer), EVENTS: slugs("gala")}
    assert find(lost) == Gone()
    assert find(first_date() | {f"{EVENTS}series27/subevents/1/": NO_DATE}, "acme:series27:1") == Gone()
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(lost | {ORGANIZER: FORBIDDEN})


def test_its_list_shows_what_a_look_up_shows():
    series = EVENTYAY.event | {"slug": "series27", "has_subevents": True}
    answers = spring() | first_date()
    answers |= {EVENTS: page(EVENTYAY.event, series), f"{EVENTS}series27/subevents/": page(EVENTYAY.date)}
    listed, following = [], None
    while following or not listed:
        read_page = Api(answers).talk(PLATFORM.list_events(EVENTYAY.source(), following))
        listed, following = [*listed, *read_page.events], read_page.following
    assert [one.event for one in listed] == ["acme:spring27", "acme:series27", "acme:series27:1"]
    assert [type(one.found) for one in listed] == [Found, Skipped, Found]
    assert all(one.found == find(answers, one.event) for one in listed)


def test_the_api_is_asked_below_its_own_path_and_at_half_the_pace_that_is_allowed():
    opened = api(source("eventyay"))
    assert opened.headers == {"Authorization": "Token token-of-the-team"}
    assert (opened.base_url, opened.calls_per_second * 60) == ("https://eventyay.example/tickets", 150)


def test_either_a_password_or_the_address_proves_the_origin():
    assert PLATFORM.schemes(source("eventyay")) == [Basic(), PathToken()]


@pytest.mark.parametrize(
    "url", ["https://eventyay.com", "https://eventyay.com/", "https://x.example/a/b-c", "http://127.0.0.1:8000/tickets"]
)
def test_it_may_stand_below_a_path(url):
    assert source("eventyay", api_url=url).api_url == url.rstrip("/")


@pytest.mark.parametrize("key", ["api_url", "frontend_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://eventyay.com/api",
        "https://eventyay.com/tickets/api/v1",
        "https://eventyay.com/tickets/api/v1/",
        "https://eventyay.com/a//b",
        "https://eventyay.com/../x",
        "https://eventyay.com/%2e",
        "https://eventyay.com?x",
        "https://u:p@eventyay.com",
        "http://eventyay.com",
        "ftp://eventyay.com",
        "eventyay.com",
        "",
        7,
    ],
)
def test_an_address_that_is_not_where_an_eventyay_stands_is_refused(key, url):
    with pytest.raises(SourcesError, match=rf"sources\.it\.{key}"):
        read_sources({"it": table("eventyay", **{key: url})}, {}, {"eventyay": PLATFORMS["eventyay"].settings})


@pytest.mark.parametrize(
    ("key", "value"), [("secrets", ["short"]), ("signature", "hmac"), ("organizers", []), ("series", "all")]
)
def test_a_wrong_setting_is_refused_by_its_name(key, value):
    with pytest.raises(SourcesError, match=rf"sources\.it\.{key}"):
        read_sources({"it": table("eventyay", **{key: value})}, {}, {"eventyay": PLATFORMS["eventyay"].settings})


def test_a_sample_is_read_as_what_it_stands_for():
    sample = PLATFORM.sample(source("eventyay"), 3, 1)
    assert read(json.loads(sample.body), Headers(sample.headers), source("eventyay")).event == "acme:sample-3"
