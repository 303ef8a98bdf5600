"""pretix: what a hint is about, what is looked up, and what it means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretix_answers import EVENTS, FORBIDDEN, NO_DATE, ORGANIZER, Api, Recorded, slugs
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.forwarding.preparing import without
from handlers.platform import Answer, Found, Gone, Ignored, Remaining, Skipped
from handlers.platforms.pretix import PLATFORM
from handlers.signatures import Basic, PathToken
from schemas.expressions import evaluate
from schemas.sources import SourcesError, read_sources

api, read, look_up, sample, schemes = PLATFORM.api, PLATFORM.read, PLATFORM.look_up, PLATFORM.sample, PLATFORM.schemes
PRETIX = Recorded("pretix", look_up)
find, find_date, spring, first_date = PRETIX.find, PRETIX.find_date, PRETIX.spring, PRETIX.first_date
REFUSALS = answer("pretix", "refusals")
NO_RIGHT = FORBIDDEN


def refused(name):
    return REFUSALS[name]["status"], REFUSALS[name]["body"]


# An event


def test_an_event_is_shown_in_hubspots_words():
    assert find(spring(live=True, meta_data={"kind": "Congress"}), event_type_key="kind").fields == {
        "eventName": "Spring Summit 2027",
        "eventType": "Congress",
        "startDateTime": "2027-03-28T07:00:00Z",
        "endDateTime": "2027-03-29T15:30:00Z",
        "eventOrganizer": "Acme Events",
        "eventDescription": "Hello x",
        "eventUrl": "http://127.0.0.1:28457/acme/spring27/",
        "eventCancelled": False,
    }


@pytest.mark.parametrize(
    ("language", "name", "description"),
    [
        ("de", "Frühlingsgipfel 2027", "Hallo"),
        ("fr", "Spring Summit 2027", "Hello x"),
        ("de-informal", "Frühlingsgipfel 2027", "Hallo"),
    ],
)
def test_name_and_description_come_in_the_sources_language_or_english(language, name, description):
    fields = find(spring(), language=language).fields
    assert (fields["eventName"], fields["eventDescription"]) == (name, description)


def test_an_event_without_an_end_says_nothing_of_it():
    assert "endDateTime" not in find(spring(date_to=None)).fields


def test_an_event_off_sale_is_cancelled_only_where_that_is_wanted():
    assert "eventCancelled" not in find(spring(live=False)).fields
    assert find(spring(live=False), on_unpublished="cancel").fields["eventCancelled"] is True
    assert not find(spring(live=False)).published


def test_an_event_that_was_never_live_shows_nothing_of_having_been():
    assert not find(spring(live=False)).was_published
    assert find(spring(live=True)).published


@pytest.mark.parametrize("live", [True, False])
def test_a_shop_in_test_mode_is_as_public_as_it_is_live(live):
    found = find(spring(live=live, testmode=True))
    assert (found.published, found.event["testmode"]) == (live, True)


def test_of_a_series_the_dates_are_sent_unless_the_parent_is_wanted():
    series = spring(has_subevents=True)
    assert find(series) == Skipped("series_parent")
    assert isinstance(find(series, series="parent"), Found)
    assert isinstance(find(series, series="both"), Found)


def test_of_a_series_that_is_left_out_nothing_more_is_asked():
    asked = Api(spring(has_subevents=True))
    asked.talk(look_up("acme:spring27", PRETIX.source()))
    assert asked.asked == [f"{EVENTS}spring27/"]


@pytest.mark.parametrize("status", [NO_RIGHT, (404, {})])
def test_without_the_right_to_settings_the_description_is_left_alone(status):
    found = find(spring(settings=status))
    assert "eventDescription" not in found.fields
    assert found.event["settings"] == {}


@pytest.mark.parametrize("texts", [None, {}, {"en": ""}, {"en": " \n"}, {"en": "![](x.png)"}])
def test_an_event_without_a_description_leaves_hubspots_alone(texts):
    assert "eventDescription" not in find(spring(settings=(200, {"frontpage_text": texts}))).fields


def test_settings_of_a_pretix_that_has_no_such_setting_say_nothing():
    assert "eventDescription" not in find(spring(settings=(200, {}))).fields


@pytest.mark.parametrize("organizer", [NO_RIGHT, (404, {}), (200, {}), (200, {"name": None}), (200, {"name": " "})])
def test_an_organizer_that_is_not_named_is_left_to_the_source(organizer):
    found = find(spring(organizer=organizer))
    assert "eventOrganizer" not in found.fields
    assert found.event["organizer"]["slug"] == "acme"


@pytest.mark.parametrize(
    ("meta_data", "key"),
    [({}, "kind"), (None, "kind"), ({"kind": ""}, "kind"), ({"kind": 7}, "kind"), ({"": "x"}, None)],
)
def test_an_event_whose_meta_data_names_no_type_leaves_it_to_the_source(meta_data, key):
    changes = {} if key is None else {"event_type_key": key}
    assert "eventType" not in find(spring(meta_data=meta_data), **changes).fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date_from": "2027-03-28T09:00:00"}, "date_from"),
        ({"date_to": "soon"}, "date_to"),
        ({"public_url": "javascript:alert(1)"}, "public_url"),
        ({"live": "yes"}, "live"),
        ({"name": 7}, "name"),
        ({"meta_data": "x"}, "meta_data"),
        ({"settings": (200, {"frontpage_text": 7})}, "frontpage_text"),
        ({"organizer": (200, {"name": 7})}, "name"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    with pytest.raises(InvalidNotification) as error:
        find(spring(**changes))
    assert list(error.value.errors) == [field]


def test_an_event_that_tells_no_address_stands_below_its_pretix():
    assert find(spring(public_url=None)).fields["eventUrl"] == "https://pretix.example/acme/spring27/"


# A date of a series


def test_a_date_has_its_parents_address_and_its_own_number():
    assert find_date().fields["eventUrl"] == "http://127.0.0.1:28457/acme/spring27/1/"


def test_a_date_follows_its_own_switch_and_not_its_parents():
    assert find_date({"live": False}).fields["eventCancelled"] is False
    assert find_date({"live": True}, active=False).fields["eventCancelled"] is True
    assert find_date({"live": False}).published


def test_a_date_without_a_name_has_its_parents():
    assert find_date(name={}).fields["eventName"] == "Spring Summit 2027"


def test_a_dates_own_text_comes_before_its_parents_and_without_its_markup():
    texts = {"en": "**Hi** <b>you</b>\n\nSecond & last", "de": "Na"}
    assert find_date(frontpage_text=texts).fields["eventDescription"] == "Hi you\n\nSecond & last"


@pytest.mark.parametrize("texts", [None, {}, {"en": " "}, {"en": "![](x.png)"}])
def test_a_date_without_a_text_has_its_parents(texts):
    assert find_date(frontpage_text=texts).fields["eventDescription"] == "Hello x"
    assert "eventDescription" not in find_date(frontpage_text=texts, settings=NO_RIGHT).fields


def test_a_date_has_its_own_type_or_its_parents():
    wanted = {"event_type_key": "kind"}
    assert find_date({"meta_data": {"kind": "Tour"}}, wanted).fields["eventType"] == "Tour"
    assert find_date({"meta_data": {"kind": "Tour"}}, wanted, meta_data={"kind": "Walk"}).fields["eventType"] == "Walk"


def test_a_date_is_as_new_as_its_last_change():
    assert find_date().version > 1_700_000_000_000_000


@pytest.mark.parametrize("series", ["occurrences", "both"])
def test_dates_are_found_unless_only_parents_are_wanted(series):
    assert isinstance(find_date(source={"series": series}), Found)


def test_where_only_parents_are_sent_a_date_that_waits_is_skipped_unasked():
    with pytest.raises(StopIteration) as end:
        next(look_up("acme:series27:1", source("pretix", series="parent")))
    assert end.value.value == Skipped("series_occurrence")


# Custom properties


def told(found, path):
    """What a custom property takes out of what was found."""
    return evaluate(
        PRETIX.source(custom_properties={"it": path}).custom_properties["it"], without(found.event, PLATFORM.private)
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("timezone", "Europe/Berlin"),
        ("location.de", "Berlin"),
        ("meta_data.topic", "Glass"),
        ("settings.event_list_type", "calendar"),
        ("organizer.name", "Acme Events"),
        ("organizer.slug", "acme"),
        ("settings.contact_mail", None),
        ("series", None),
    ],
)
def test_all_that_was_looked_up_is_there_for_custom_properties(path, value):
    settings = 200, PRETIX.settings | {"contact_mail": "somebody@example.com"}
    assert told(find(spring(settings, meta_data={"topic": "Glass"})), path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("event", "series27"),
        ("timezone", "Europe/Berlin"),
        ("meta_data", {"topic": "Glass", "room": "2"}),
        ("series.location.de", "Berlin"),
        ("settings.event_list_type", "calendar"),
        ("organizer.name", "Acme Events"),
        ("comment", None),
    ],
)
def test_a_date_has_its_series_and_its_time_zone_for_custom_properties(path, value):
    found = find_date(
        {"meta_data": {"topic": "Wood", "room": "2"}}, meta_data={"topic": "Glass"}, comment="for the team"
    )
    assert told(found, path) == value


# What is gone


def test_a_deleted_date_is_gone_if_its_series_is_there():
    table_of = first_date() | {f"{EVENTS}series27/subevents/1/": NO_DATE}
    assert find(table_of, "acme:series27:1") == Gone()


def test_a_date_of_an_event_that_is_gone_is_gone_with_it():
    answers = {
        f"{EVENTS}series2/subevents/6/": refused("date_of_a_deleted_event"),
        f"{EVENTS}series2/": refused("deleted_event"),
        ORGANIZER: (200, PRETIX.organizer),
        EVENTS: (200, PRETIX.listing),
    }
    assert find(answers, "acme:series2:6") == Gone()


def test_a_date_that_is_refused_while_its_series_is_not_is_asked_for_again_later():
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(first_date() | {f"{EVENTS}series27/subevents/1/": FORBIDDEN}, "acme:series27:1")


LOST = {f"{EVENTS}spring27/": FORBIDDEN, ORGANIZER: (200, PRETIX.organizer)}


@pytest.mark.parametrize("status", [FORBIDDEN, (404, {})])
def test_what_is_refused_or_not_found_is_gone_only_if_a_list_lacks_it(status):
    lost = LOST | {f"{EVENTS}spring27/": status}
    assert find(lost | {EVENTS: slugs("other")}) == Gone()
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(lost | {EVENTS: slugs("other", "spring27")})


@pytest.mark.parametrize("status", [FORBIDDEN, (404, {})])
@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:spring27:1"])
def test_nothing_is_gone_for_a_token_that_no_longer_opens_the_organizer(external_id, status):
    answers = {f"{EVENTS}spring27/": FORBIDDEN, f"{EVENTS}spring27/subevents/1/": NO_DATE, ORGANIZER: status}
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(answers | {EVENTS: slugs("other")}, external_id)


def questions_of(external_id, answers):
    """The questions of a look-up."""
    asking, questions = look_up(external_id, PRETIX.source()), []
    try:
        question = next(asking)
        while True:
            questions.append(question)
            question = asking.send(Answer(*answers[question.path]))
    except StopIteration:
        return questions


@pytest.mark.parametrize(
    ("external_id", "answers"),
    [
        ("acme:spring27", spring()),
        ("acme:series27:1", first_date()),
        ("acme:spring27", LOST | {EVENTS: slugs("other")}),
        ("acme:*", {EVENTS: slugs("other")}),
    ],
)
def test_a_wrong_token_is_never_an_answer(external_id, answers):
    assert refused("wrong_token")[0] == 401
    assert not any(401 in question.expects for question in questions_of(external_id, answers))


def test_equal_questions_expect_equal_answers_since_one_is_remembered_for_all():
    expected = {}
    for external_id, answers in (
        ("acme:series27:1", first_date()),
        ("acme:series27", first_date({"has_subevents": False})),
        (
            "acme:series27",
            {f"{EVENTS}series27/": FORBIDDEN, ORGANIZER: (200, PRETIX.organizer), EVENTS: slugs("other")},
        ),
        ("acme:*", {EVENTS: slugs("other")}),
    ):
        for question in questions_of(external_id, answers):
            assert expected.setdefault(question.path, question.expects) == question.expects


# Its lists


def test_all_pages_of_the_list_are_read_by_number_and_never_by_the_address_given():
    pages = Api(LOST | {EVENTS: slugs("other", more=True), f"{EVENTS}?page=2": slugs("more")})
    assert pages.talk(look_up("acme:spring27", PRETIX.source())) == Gone()
    assert pages.asked[-1] == f"{EVENTS}?page=2"


def test_a_page_that_is_no_more_when_it_is_asked_for_ends_the_list():
    assert find(LOST | {EVENTS: slugs("other", more=True), f"{EVENTS}?page=2": (404, {})}) == Gone()


@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:*"])
def test_a_list_without_end_proves_nothing(external_id):
    pages = {f"{EVENTS}?page={n}": slugs("other", more=True) for n in range(2, 300)}
    with pytest.raises(LookUpFailed, match="lists_too_much"):
        find(LOST | {EVENTS: slugs("other", more=True)} | pages, external_id)


@pytest.mark.parametrize(
    "listing",
    [
        {},
        {"results": []},
        {"results": [{}], "next": None},
        {"results": [{"slug": 7}], "next": None},
        {"results": 7, "next": None},
        {"results": ["x"], "next": None},
        {"results": [], "next": 7},
    ],
)
@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:*"])
def test_a_list_that_makes_no_sense_proves_nothing(external_id, listing):
    with pytest.raises(LookUpFailed, match="unreadable"):
        find(LOST | {EVENTS: (200, listing)}, external_id)


def test_what_remains_after_a_deletion_is_all_that_the_pages_list():
    pages = {EVENTS: slugs("gala", "fair", more=True), f"{EVENTS}?page=2": slugs("weekly")}
    assert find(pages, "acme:*") == Remaining("acme:", frozenset({"acme:gala", "acme:fair", "acme:weekly"}))


def test_an_organizer_whose_last_event_was_deleted_has_none_left():
    assert find({EVENTS: slugs()}, "acme:*") == Remaining("acme:", frozenset())


# A hint


def notice(**changes):
    body = {"notification_id": 7, "organizer": "acme", "event": "gala", "action": "pretix.event.changed"}
    settings = changes.pop("source", {})
    return read(body | changes, Headers(), source("pretix", **settings))


def test_a_notification_is_known_and_ordered_by_its_number():
    said = notice()
    assert (said.event, said.delivery_id, said.version) == ("acme:gala", "7", 7)


@pytest.mark.parametrize(
    "action", ["pretix.event.live.activated", "pretix.event.live.deactivated", "pretix.event.deleted"]
)
def test_some_actions_tell_that_the_event_was_public(action):
    assert notice(action=action).published
    assert notice().published is False


@pytest.mark.parametrize(
    "action",
    [
        "pretix.event.item.changed",
        "pretix.event.order.paid",
        "pretix.event",
        "pretix",
        "eventyay.event.changed",
        "event.changed",
        "something.else",
        "",
    ],
)
def test_other_actions_are_ignored(action):
    assert notice(action=action) == Ignored(action)


@pytest.mark.parametrize("action", ["pretix.subevent.changed", "pretix.subevent.deleted"])
def test_where_only_parents_are_sent_dates_are_ignored(action):
    assert notice(action=action, subevent=1, source={"series": "parent"}) == Ignored(action)
    assert notice(action=action, subevent=1, source={"series": "both"}).event == "acme:gala:1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", None),
        ("event", "*"),
        ("event", "../admin"),
        ("event", ".."),
        ("event", "a/b"),
        ("event", "a:b"),
        ("event", "a|b"),
        ("organizer", "stranger"),
        ("organizer", 1),
        ("organizer", None),
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


def test_a_deletion_that_does_not_say_of_what_is_about_the_whole_list():
    said = notice(action="pretix.event.deleted", event=None)
    assert (said.event, said.fields, said.published, said.version) == ("acme:*", None, None, 7)


@pytest.mark.parametrize("action", ["pretix.event.added", "pretix.subevent.deleted", "pretix.event.live.activated"])
def test_nothing_else_may_leave_out_what_it_is_about(action):
    with pytest.raises(InvalidNotification, match="event: .*Only a deletion leaves that out"):
        notice(action=action, event=None, subevent=1)


def test_a_deletion_must_say_null_and_not_nothing():
    with pytest.raises(InvalidNotification) as error:
        read({"notification_id": 7, "organizer": "acme", "action": "pretix.event.deleted"}, Headers(), source("pretix"))
    assert list(error.value.errors) == ["event"]


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


@pytest.mark.parametrize("number", [True, 0, -1, 1.5, 2**64, None])
def test_a_notification_has_a_number(number):
    with pytest.raises(InvalidNotification) as error:
        notice(notification_id=number)
    assert list(error.value.errors) == ["notification_id"]


# Whatever is asked


OTHERS = [
    "stranger:gala",
    "stranger:*",
    "*:*",
    "*",
    "acme",
    "acme:",
    "acme:*:1",
    "acme:**",
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
    st.text("acme:./%?#-_0123*| \\\n", max_size=20).map("acme:".__add__) | st.text(max_size=20),
    st.lists(st.integers(0, 4), max_size=8),
)
def test_whatever_is_looked_up_only_the_allowed_organizer_is_asked_for(external_id, turns):
    replies = [
        Answer(200, PRETIX.event),
        Answer(200, PRETIX.date),
        Answer(403, {}),
        Answer(404, {}),
        Answer(*slugs("other", more=True)),
    ]
    asking = look_up(external_id, source("pretix"))
    try:
        question = next(asking)
        for turn in turns:
            assert question.path.startswith(ORGANIZER)
            assert not set(question.path) & set("%?#\\\n *|")
            assert not {"..", "."} & set(question.path.split("/"))
            assert question.params.keys() <= {"page"}
            question = asking.send(replies[turn])
    except (InvalidNotification, LookUpFailed, StopIteration):
        return


# Its settings


def test_either_a_password_or_the_address_proves_the_origin_unless_one_is_chosen():
    assert schemes(source("pretix")) == [Basic(), PathToken()]
    assert schemes(source("pretix", signature="basic")) == [Basic()]
    assert schemes(source("pretix", signature="path-token")) == [PathToken()]


def test_the_token_goes_behind_its_own_word_and_at_half_the_pace_that_is_allowed():
    opened = api(source("pretix"))
    assert opened.headers == {"Authorization": "Token token-of-the-team"}
    assert (opened.base_url, opened.calls_per_second * 60) == ("https://pretix.example", 180)


def test_an_organizer_named_twice_counts_once():
    assert source("pretix", organizers=["acme", "other", "acme"]).organizers == ("acme", "other")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("series", "dates"),
        ("signature", "github"),
        ("event_type_key", ""),
        ("event_type_key", 7),
        ("event_type_key", "x" * 256),
        ("frontend_url", "https://pretix.example"),
        ("api_url", "https://pretix.example/api"),
        ("api_token", ""),
        ("organizers", []),
        ("organizers", ["a/b"]),
        ("organizers", "acme"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(key, value):
    with pytest.raises(SourcesError, match=rf"sources\.it\.{key}"):
        read_sources({"it": table("pretix", **{key: value})}, {}, {"pretix": PLATFORMS["pretix"].settings})


def test_a_sample_is_as_pretix_sends_it_and_each_has_a_number_of_its_own():
    samples = [sample(source("pretix"), event, count) for event in (1, 2) for count in (1, 2)]
    assert samples[0].headers["User-Agent"].startswith("python-requests/")
    said = [read(json.loads(one.body), Headers(one.headers), source("pretix")) for one in samples]
    assert [one.event for one in said] == ["acme:sample-1"] * 2 + ["acme:sample-2"] * 2
    assert len({one.delivery_id for one in said}) == 4
