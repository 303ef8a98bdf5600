"""pretix: what is looked up, and what it means."""

import pytest
from recorded import answer, source
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Answer, Found, Get, Gone, Ignored, Skipped
from handlers.platforms.pretix import look_up, read

EVENTS = "/api/v1/organizers/acme/events/"
EVENT = answer("pretix", "event")
DATE = answer("pretix", "date")
LISTED = {"results": [{"slug": "other"}], "next": None}
FORBIDDEN = (403, {"detail": "You do not have permission to perform this action."})


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
    api = Api({f"{EVENTS}series27/subevents/1/": (404, {})})
    assert api.ask("acme:series27:1", source("pretix")) == Gone()
    assert len(api.asked) == 1


@pytest.mark.parametrize("external_id", ["acme:spring27", "acme:spring27:1"])
def test_what_is_forbidden_is_gone_only_if_a_list_lacks_it(external_id):
    path = f"{EVENTS}spring27/" + ("subevents/1/" if external_id.count(":") > 1 else "")
    gone = {path: FORBIDDEN, EVENTS: (200, LISTED)}
    assert find(gone, external_id) == Gone()
    hidden = {path: FORBIDDEN, EVENTS: (200, {"results": [{"slug": "spring27"}], "next": None})}
    with pytest.raises(LookUpFailed, match="refuses_event"):
        find(hidden, external_id)


def test_all_pages_of_the_list_are_read_by_number_and_never_by_the_address_given():
    api = Api(
        {
            f"{EVENTS}spring27/": FORBIDDEN,
            EVENTS: (200, LISTED | {"next": "https://evil.example/steal"}),
            f"{EVENTS}?page=2": (200, LISTED),
        }
    )
    assert api.ask("acme:spring27", source("pretix")) == Gone()
    assert api.asked[-1] == f"{EVENTS}?page=2"


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
    with pytest.raises(InvalidNotification) as refused:
        find(event(**changes))
    assert list(refused.value.errors) == [field]


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
    with pytest.raises(InvalidNotification) as refused:
        notice(**{field: value})
    assert list(refused.value.errors) == [field]
