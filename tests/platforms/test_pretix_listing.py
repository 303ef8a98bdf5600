"""pretix's lists: all events and dates, page by page, each as a look-up shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretix_answers import EVENTS, FORBIDDEN, ORGANIZER, Api, Recorded, page

from handlers.errors import LookUpFailed
from handlers.platform import Answer, Found, Get, Skipped
from handlers.platforms.pretix import PLATFORM

look_up, list_events = PLATFORM.look_up, PLATFORM.list_events
PRETIX = Recorded("pretix", look_up)
PAGE = 50
MOST_QUESTIONS = 60


class Shop:
    """A pretix as far as it is asked, in pages of `size`."""

    def __init__(self, organizer="acme", size=PAGE):
        self.root, self.size = f"/api/v1/organizers/{organizer}/", size
        self.events, self.dates, self.may_see_settings = {}, {}, True

    def put(self, slug, dates=None, **changes):
        self.events[slug] = PRETIX.event | {"slug": slug, "has_subevents": dates is not None, "live": True} | changes
        self.dates[slug] = {number: PRETIX.date | {"id": number, "event": slug} for number in dates or ()}
        return self

    def answers(self):
        """All that it would answer, by path and page."""
        told = {self.root: (200, PRETIX.organizer)} | self._pages(f"{self.root}events/", sorted_values(self.events))
        for slug, event in self.events.items():
            place = f"{self.root}events/{slug}/"
            settings = (200, PRETIX.settings | {"frontpage_text": {"en": f"About {slug}"}})
            told |= {place: (200, event), f"{place}settings/": settings if self.may_see_settings else FORBIDDEN}
            told |= self._pages(f"{place}subevents/", sorted_values(self.dates[slug]))
            told |= {f"{place}subevents/{number}/": (200, date) for number, date in self.dates[slug].items()}
        return told

    def _pages(self, path, results):
        cut = [results[start : start + self.size] for start in range(0, len(results), self.size)] or [[]]
        pages = [page(*part, more=number < len(cut)) for number, part in enumerate(cut, 1)]
        return {path if number == 1 else f"{path}?page={number}": one for number, one in enumerate(pages, 1)}


def sorted_values(table):
    return [table[key] for key in sorted(table)]


class Reading:
    """A whole list, read as the reconciliation reads it: each page by itself, with what is kept in between as text."""

    def __init__(self, *shops, most=500, **settings):
        self.settings = PRETIX.source(**settings)
        self.shops, self.most = shops, most
        self.pages, self.questions, self.followed = [], [], []

    def api(self):
        return Api({path: one for shop in self.shops for path, one in shop.answers().items()})

    def one(self, following=None):
        """A page."""
        api = self.api()
        read = api.talk(list_events(self.settings, following))
        self.questions.append(api.asked)
        self.pages.append(read)
        return read

    def all(self):
        """What was listed, by external id."""
        following = self.one().following
        while following is not None:
            self.followed.append(following)
            assert len(self.followed) < self.most
            following = self.one(following).following
        return {one.event: one.found for read in self.pages for one in read.events}


def fair():
    return Shop().put("fair").put("gala").put("weekly", dates=(1, 2, 3))


def as_looked_up(reading, events):
    return {event: reading.api().talk(look_up(event, reading.settings)) for event in events}


@pytest.mark.parametrize(
    ("series", "listed"),
    [
        ("occurrences", ["fair", "gala", "weekly", "weekly:1", "weekly:2", "weekly:3"]),
        ("both", ["fair", "gala", "weekly", "weekly:1", "weekly:2", "weekly:3"]),
        ("parent", ["fair", "gala", "weekly"]),
    ],
)
@pytest.mark.parametrize("may_see", [True, False])
def test_every_event_is_listed_as_a_look_up_shows_it(series, listed, may_see):
    shop = fair()
    shop.may_see_settings = may_see
    reading = Reading(shop, series=series, event_type_key="kind")
    found = reading.all()
    assert sorted(found) == [f"acme:{name}" for name in listed]
    assert found == as_looked_up(reading, found)


def test_of_a_series_whose_dates_are_sent_the_parent_is_listed_as_left_out_and_its_settings_are_for_the_dates():
    reading = Reading(fair())
    found = reading.all()
    assert found["acme:weekly"] == Skipped("series_parent")
    assert found["acme:weekly:2"].fields["eventDescription"] == "About weekly"
    assert f"{EVENTS}weekly/settings/" not in reading.questions[0]


def test_a_list_is_read_page_by_page_and_of_each_page_the_dates_before_the_next():
    shop = Shop(size=2)
    for name in ("a", "b", "d", "e"):
        shop.put(name)
    reading = Reading(shop.put("c", dates=(1, 2, 3)).put("f", dates=()))
    assert len(reading.all()) == 9
    assert reading.followed == ["acme|2", "acme|2|c|1", "acme|2|c|2", "acme|3", "acme|3|f|1"]


def test_each_organizer_is_listed_after_the_other():
    reading = Reading(fair(), Shop("other").put("gala"), organizers=["acme", "other"])
    assert {"acme:gala", "other:gala"} <= reading.all().keys()
    assert reading.followed[-1] == "other|1"


def test_an_organizer_without_events_is_listed_as_that():
    assert Reading(Shop()).all() == {}


@pytest.mark.parametrize("series", ["occurrences", "parent", "both"])
def test_no_page_asks_more_than_a_guest_may(series):
    shop = Shop()
    for number in range(120):
        shop.put(f"event-{number:03}", dates=range(1, 4) if number % 40 == 0 else None)
    reading = Reading(shop.put("weekly", dates=range(1, 121)), series=series)
    assert len(reading.all()) == 121 + (129 if series != "parent" else 0)
    assert max(len(asked) for asked in reading.questions) <= MOST_QUESTIONS
    assert max(len(read.events) for read in reading.pages) <= PAGE


def test_a_page_that_is_no_more_when_it_is_asked_for_ends_the_list():
    reading = Reading(fair(), Shop("other").put("gala"), organizers=["acme", "other"])
    api = reading.api()
    api.answers[f"{EVENTS}?page=7"] = 404, {}
    read = api.talk(list_events(reading.settings, "acme|7"))
    assert (read.events, read.following) == ([], "other|1")


@pytest.mark.parametrize("status", [FORBIDDEN, (404, {})])
def test_a_series_that_is_deleted_while_it_is_listed_has_no_dates(status):
    reading = Reading(fair())
    api = reading.api()
    api.answers[f"{EVENTS}weekly/subevents/"] = status
    read = api.talk(list_events(reading.settings, "acme|1|weekly|1"))
    assert (read.events, read.following) == ([], None)


def test_where_a_series_is_no_more_the_dates_of_its_page_are_listed_anew():
    reading = Reading(fair())
    assert reading.one("acme|1|aside|4").following == "acme|1|weekly|1"
    assert reading.pages[0].events == []


def test_where_no_dates_are_wanted_any_more_the_list_goes_on_without_them():
    reading = Reading(fair(), series="parent")
    assert reading.one("acme|1|weekly|1").following is None


@pytest.mark.parametrize(
    "following", ["stranger|2", "stranger|1|weekly|3", "acme", "acme|0", "acme|x", "", "acme|1|weekly"]
)
def test_what_the_settings_no_longer_allow_or_nobody_wrote_begins_anew(following):
    reading = Reading(fair())
    assert reading.one(following) == reading.one(None)


@pytest.mark.parametrize("changes", [{"date_from": None}, {"name": 7}, {"live": "yes"}, {"public_url": "javascript:x"}])
def test_an_event_that_makes_no_sense_hides_no_other(changes):
    found = Reading(fair().put("gala", **changes)).all()
    assert found["acme:gala"] == Skipped("invalid")
    assert isinstance(found["acme:fair"], Found)


def test_a_date_that_makes_no_sense_hides_no_other():
    shop = fair()
    shop.dates["weekly"][2]["date_from"] = "soon"
    found = Reading(shop).all()
    assert found["acme:weekly:2"] == Skipped("invalid")
    assert isinstance(found["acme:weekly:3"], Found)


@pytest.mark.parametrize("slug", ["..", "a/b", "a|b", "*", "", "x" * 101])
def test_what_could_lead_elsewhere_is_not_asked_for(slug):
    reading = Reading(fair())
    api = reading.api()
    api.answers[EVENTS][1]["results"].append(PRETIX.event | {"slug": slug})
    read = api.talk(list_events(reading.settings, None))
    assert [one.event for one in read.events] == ["acme:fair", "acme:gala", "acme:weekly"]


@pytest.mark.parametrize(
    "answer", [{}, {"results": 7, "next": None}, {"results": [{"slug": 7}], "next": None}, {"results": []}]
)
def test_a_list_that_makes_no_sense_is_no_list(answer):
    reading = Reading(fair())
    api = reading.api()
    api.answers[EVENTS] = 200, answer
    with pytest.raises(LookUpFailed, match="unreadable"):
        api.talk(list_events(reading.settings, None))


@pytest.mark.parametrize("number", [None, "1", 0, True])
def test_dates_without_numbers_are_no_list(number):
    reading = Reading(fair())
    api = reading.api()
    api.answers[f"{EVENTS}weekly/subevents/"] = page({"id": number})
    with pytest.raises(LookUpFailed, match="unreadable"):
        api.talk(list_events(reading.settings, "acme|1|weekly|1"))


@pytest.mark.parametrize("following", [None, "acme|1|weekly|1"])
def test_a_refused_list_is_no_empty_one(following):
    first = next(list_events(PRETIX.source(), following))
    assert first == Get(EVENTS, {}, frozenset({200}))


def test_dates_are_asked_for_in_an_order_that_new_ones_do_not_change():
    asking = list_events(PRETIX.source(), "acme|1|weekly|2")
    answers = fair().answers()
    questions = [next(asking)]
    while questions[-1].path != f"{EVENTS}weekly/subevents/":
        status, body = answers[questions[-1].path]
        questions.append(asking.send(Answer(status, body)))
    assert questions[-1].params == {"ordering": "id", "page": "2"}
    assert [question.path for question in questions[:2]] == [EVENTS, ORGANIZER]


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9-]{1,6}", fullmatch=True), st.none() | st.integers(0, 7), max_size=9),
    st.integers(1, 4),
    st.sampled_from(["occurrences", "parent", "both"]),
)
def test_whatever_the_pages_nothing_is_left_out_and_each_is_listed_once(events, size, series):
    shop = Shop(size=size)
    for slug, dates in events.items():
        shop.put(slug, dates=None if dates is None else range(1, dates + 1))
    reading = Reading(shop, series=series)
    reading.all()
    listed = [one.event for read in reading.pages for one in read.events]
    dated = {slug: dates or 0 for slug, dates in events.items() if series != "parent"}
    wanted = {f"acme:{slug}" for slug in events} | {
        f"acme:{s}:{n}" for s, top in dated.items() for n in range(1, top + 1)
    }
    assert (len(listed), set(listed)) == (len(wanted), wanted)
