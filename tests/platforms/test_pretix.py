"""pretix: what is looked up, and what it means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import answer, source
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Answer, Found, Get, Gone, Ignored, Skipped
from handlers.platforms.pretix import api, look_up, read, sample, schemes
from handlers.signatures import Basic, PathToken

EVENTS = "/api/v1/organizers/acme/events/"
EVENT = answer("pretix", "event")
DATE = answer("pretix", "date")
LISTED = {"results": [{"slug": "other"}], "next": None}
REFUSALS = answer("pretix", "refusals")


def refused(name):
    return REFUSALS[name]["status"], REFUSALS[name]["body"]


FORBIDDEN = refused("deleted_event")


class Api:
    """Answers from a table of paths (with `?page=` where there is one), and notes what was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def ask(self, external_id, settings):
        asking = look_up(external_id, settings)
        question = next(asking)
        try:
            while True:
                assert isinstance(question, Get)
                key = question.path + "".join(f"?{name}={value}" for name, value in question.params.items())
                self.asked.append(key)
                status, body = self.answers[key]
                assert status in question.expects
                question = asking.send(Answer(status, body))
        except StopIteration as end:
            return end.value


def find(answers, external_id="acme:spring27", **changes):
    return Api(answers).ask(external_id, source("pretix", **changes))


def event(**changes):
    return {f"{EVENTS}spring27/": (200, EVENT | changes)}


def date(parent=None, **changes):
    return {
        f"{EVENTS}series27/subevents/1/": (200, DATE | changes),
        f"{EVENTS}series27/": (200, EVENT | {"has_subevents": True} | (parent or {})),
    }


def find_date(parent=None, settings=None, **changes):
    return find(date(parent, **changes), "acme:series27:1", **(settings or {}))


def test_an_event_is_shown_in_hubspots_words():
    assert find(event(live=True)).fields == {
        "eventName": "Spring Summit 2027",
        "startDateTime": "2027-03-28T07:00:00Z",
        "endDateTime": "2027-03-29T15:30:00Z",
        "eventUrl": "http://127.0.0.1:28457/acme/spring27/",
        "eventCancelled": False,
    }


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "Frühlingsgipfel 2027"), ("fr", "Spring Summit 2027"), ("de-informal", "Frühlingsgipfel 2027")],
)
def test_the_name_comes_in_the_sources_language_or_english(language, name):
    assert find(event(), language=language).fields["eventName"] == name


def test_an_event_without_an_end_says_nothing_of_it():
    assert "endDateTime" not in find(event(date_to=None)).fields


def test_an_event_off_sale_is_cancelled_only_where_that_is_wanted():
    assert "eventCancelled" not in find(event(live=False)).fields
    assert find(event(live=False), on_unpublished="cancel").fields["eventCancelled"] is True
    assert not find(event(live=False)).published


def test_of_a_series_the_dates_are_sent_unless_the_parent_is_wanted():
    series = event(has_subevents=True)
    assert find(series) == Skipped("series_parent")
    assert isinstance(find(series, series="parent"), Found)
    assert isinstance(find(series, series="both"), Found)


def test_a_date_has_its_parents_address_and_its_own_number():
    assert find_date().fields["eventUrl"] == "http://127.0.0.1:28457/acme/spring27/1/"


def test_a_date_follows_its_own_switch_and_not_its_parents():
    assert find_date({"live": False}).fields["eventCancelled"] is False
    assert find_date({"live": True}, active=False).fields["eventCancelled"] is True
    assert find_date({"live": False}).published


def test_a_date_without_a_name_has_its_parents():
    assert find_date(name={}).fields["eventName"] == "Spring Summit 2027"


def test_a_dates_text_comes_without_its_markup():
    texts = {"en": "**Hello** <b>x</b>\n\nSecond & last", "de": "Hallo"}
    assert find_date(frontpage_text=texts).fields["eventDescription"] == "Hello x\n\nSecond & last"
    assert "eventDescription" not in find_date(frontpage_text={}).fields


def test_a_date_is_as_new_as_its_last_change():
    assert find_date().version > 1_700_000_000_000_000


def test_a_deleted_date_is_gone_after_one_question():
    asked = Api({f"{EVENTS}series27/subevents/1/": refused("deleted_date")})
    assert asked.ask("acme:series27:1", source("pretix")) == Gone()
    assert len(asked.asked) == 1


@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:spring27:1"])
def test_what_is_forbidden_is_gone_only_if_a_list_lacks_it(external_id):
    path = f"{EVENTS}spring27/" + ("subevents/1/" if external_id.count(":") > 1 else "")
    gone = {path: FORBIDDEN, EVENTS: (200, LISTED)}
    assert find(gone, external_id) == Gone()
    hidden = {path: FORBIDDEN, EVENTS: (200, {"results": [{"slug": "spring27"}], "next": None})}
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(hidden, external_id)


def test_all_pages_of_the_list_are_read_by_number_and_never_by_the_address_given():
    pages = Api(
        {
            f"{EVENTS}spring27/": FORBIDDEN,
            EVENTS: (200, LISTED | {"next": "https://evil.example/steal"}),
            f"{EVENTS}?page=2": (200, LISTED),
        }
    )
    assert pages.ask("acme:spring27", source("pretix")) == Gone()
    assert pages.asked[-1] == f"{EVENTS}?page=2"


def test_a_list_without_end_proves_nothing():
    pages = {f"{EVENTS}?page={n}": (200, LISTED | {"next": "more"}) for n in range(2, 300)}
    with pytest.raises(LookUpFailed, match="lists_too_much"):
        find({f"{EVENTS}spring27/": FORBIDDEN, EVENTS: (200, LISTED | {"next": "more"})} | pages)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date_from": "2027-03-28T09:00:00"}, "date_from"),
        ({"date_to": "soon"}, "date_to"),
        ({"public_url": "javascript:alert(1)"}, "public_url"),
        ({"live": "yes"}, "live"),
        ({"name": 7}, "name"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    with pytest.raises(InvalidNotification) as error:
        find(event(**changes))
    assert list(error.value.errors) == [field]


def notice(**changes):
    body = {"notification_id": 7, "organizer": "acme", "event": "gala", "action": "pretix.event.changed"} | changes
    return read(body, Headers(), source("pretix"))


def test_a_notification_is_known_and_ordered_by_its_number():
    said = notice()
    assert (said.event, said.delivery_id, said.version) == ("acme:gala", "7", 7)


@pytest.mark.parametrize(
    "action", ["pretix.event.live.activated", "pretix.event.live.deactivated", "pretix.event.deleted"]
)
def test_some_actions_tell_that_the_event_was_public(action):
    assert notice(action=action).published
    assert not notice().published


@pytest.mark.parametrize(
    "action", ["pretix.event.item.changed", "pretix.event.order.paid", "pretix.event", "something.else", ""]
)
def test_other_actions_are_ignored(action):
    assert notice(action=action) == Ignored(action)


def test_where_only_parents_are_sent_dates_are_ignored():
    body = {"notification_id": 7, "organizer": "acme", "event": "s", "subevent": 1, "action": "pretix.subevent.changed"}
    assert isinstance(read(body, Headers(), source("pretix", series="parent")), Ignored)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", None),
        ("event", "../admin"),
        ("event", ".."),
        ("event", "a/b"),
        ("event", "a:b"),
        ("organizer", "stranger"),
        ("organizer", 1),
        ("notification_id", "7"),
        ("subevent", "1/.."),
        ("subevent", 0),
        ("action", None),
    ],
)
def test_what_could_lead_elsewhere_is_refused_naming_the_field(field, value):
    with pytest.raises(InvalidNotification) as error:
        notice(**{field: value})
    assert list(error.value.errors) == [field]


def test_a_date_of_an_event_that_is_gone_is_gone_with_it():
    listing = (200, answer("pretix", "listing"))
    assert (
        find({f"{EVENTS}series2/subevents/6/": refused("date_of_a_deleted_event"), EVENTS: listing}, "acme:series2:6")
        == Gone()
    )


def test_an_event_that_is_listed_but_refused_is_asked_for_again_later():
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find({f"{EVENTS}gala/": FORBIDDEN, EVENTS: (200, answer("pretix", "listing"))}, "acme:gala")


@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:spring27:1"])
def test_a_wrong_token_is_no_answer_about_an_event(external_id):
    assert refused("wrong_token")[0] not in next(look_up(external_id, source("pretix"))).expects


def test_an_event_that_is_not_found_is_looked_for_in_the_list_as_well():
    assert find({f"{EVENTS}spring27/": (404, {}), EVENTS: (200, LISTED)}) == Gone()


@pytest.mark.parametrize(
    "listing",
    [
        {},
        {"results": []},
        {"results": [{}], "next": None},
        {"results": 7, "next": None},
        {"results": ["x"], "next": None},
    ],
)
def test_a_list_that_makes_no_sense_proves_nothing(listing):
    with pytest.raises(InvalidNotification):
        find({f"{EVENTS}spring27/": FORBIDDEN, EVENTS: (200, listing)})


def test_a_date_whose_text_is_only_a_picture_has_none():
    assert "eventDescription" not in find_date(frontpage_text={"en": "![](x.png)"}).fields


def test_where_only_parents_are_sent_a_date_that_waits_is_skipped_unasked():
    with pytest.raises(StopIteration) as end:
        next(look_up("acme:series27:1", source("pretix", series="parent")))
    assert end.value.value == Skipped("series_occurrence")


def test_the_platforms_own_object_is_there_for_custom_properties():
    assert find(event()).event["timezone"] == "Europe/Berlin"
    assert find_date().event["event"] == "series27"


def test_an_event_that_was_never_live_shows_nothing_of_having_been():
    assert not find(event(live=False)).was_published
    assert find(event(live=True)).published


OTHERS = [
    "stranger:gala",
    "acme",
    "acme:",
    "acme:../x",
    "acme:..",
    "acme:a/b",
    "acme:gala:x",
    "acme:gala:0",
    "acme:gala:1:2",
    ":",
    "",
    "acme:..:1",
]


@pytest.mark.parametrize("external_id", OTHERS)
def test_nothing_is_asked_about_what_is_not_an_event_of_the_allowed_organizers(external_id):
    with pytest.raises(InvalidNotification, match="organizer"):
        next(look_up(external_id, source("pretix")))


@given(
    st.text("acme:./%?#-_0123 \\\n", max_size=20).map("acme:".__add__) | st.text(max_size=20),
    st.lists(st.integers(0, 3), max_size=6),
)
def test_whatever_is_looked_up_only_the_allowed_organizers_events_are_asked_for(external_id, turns):
    replies = [
        Answer(200, EVENT),
        Answer(200, answer("pretix", "date")),
        Answer(403, {}),
        Answer(200, LISTED | {"next": "https://evil.example/api/v1/organizers/other/"}),
    ]
    asking = look_up(external_id, source("pretix"))
    try:
        question = next(asking)
        for turn in turns:
            assert question.path.startswith(EVENTS)
            assert not set(question.path) & set("%?#\\\n ")
            assert not {"..", "."} & set(question.path.split("/"))
            assert question.params.keys() <= {"page"}
            question = asking.send(replies[turn])
    except (InvalidNotification, LookUpFailed, StopIteration):
        return


def test_an_event_says_nothing_of_a_date_even_if_one_is_named():
    assert notice(subevent=3).event == "acme:gala"
    assert notice(subevent=None).event == "acme:gala"


def test_a_date_is_known_by_organizer_event_and_number():
    assert notice(action="pretix.subevent.changed", subevent=3).event == "acme:gala:3"
    assert not notice(action="pretix.subevent.deleted", subevent=3).published


@pytest.mark.parametrize("changes", [{}, {"subevent": None}])
def test_what_is_about_a_date_must_say_which(changes):
    with pytest.raises(InvalidNotification) as error:
        notice(action="pretix.subevent.changed", **changes)
    assert list(error.value.errors) == ["subevent"]


def test_a_deleted_event_that_pretix_does_not_name_is_told_so():
    with pytest.raises(InvalidNotification, match="pretix leaves out which event was deleted"):
        notice(action="pretix.event.deleted", event=None)


@pytest.mark.parametrize("number", [True, 0, -1, 1.5, 2**64, None])
def test_a_notification_has_a_number(number):
    with pytest.raises(InvalidNotification) as error:
        notice(notification_id=number)
    assert list(error.value.errors) == ["notification_id"]


def test_either_a_password_or_the_address_proves_the_origin_unless_one_is_chosen():
    assert schemes(source("pretix")) == [Basic(), PathToken()]
    assert schemes(source("pretix", signature="basic")) == [Basic()]
    assert schemes(source("pretix", signature="path-token")) == [PathToken()]


def test_the_token_goes_behind_its_own_word():
    assert api(source("pretix")).headers == {"Authorization": "Token token-of-the-team"}
    assert api(source("pretix")).base_url == "https://pretix.example"


def test_a_sample_is_as_pretix_sends_it_and_each_has_a_number_of_its_own():
    samples = [sample(source("pretix"), event, count) for event in (1, 2) for count in (1, 2)]
    assert samples[0].headers["User-Agent"].startswith("python-requests/")
    said = [read(json.loads(one.body), Headers(one.headers), source("pretix")) for one in samples]
    assert [one.event for one in said] == ["acme:sample-1"] * 2 + ["acme:sample-2"] * 2
    assert len({one.delivery_id for one in said}) == 4
