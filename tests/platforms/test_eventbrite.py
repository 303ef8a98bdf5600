"""Eventbrite: what is looked up, and what it means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.platform import Answer, Found, Gone, Ignored, Skipped
from handlers.platforms.eventbrite import api, list_events, look_up, read, sample, schemes
from handlers.signatures import PathToken
from schemas.sources import SourcesError, read_sources

EVENT = answer("eventbrite", "event-2023")
CANCELLED = {"event_sales_status": {"sales_status": "sales_ended", "message_code": "event_cancelled"}}
OVER = {"event_sales_status": {"sales_status": "sales_ended", "message_code": "event_ended"}}


def find(code=200, body=None, settings=None, **changes):
    asking = look_up("717926867587", source("eventbrite", **(settings or {})))
    next(asking)
    with pytest.raises(StopIteration) as end:
        asking.send(Answer(code, (body or EVENT) | changes))
    return end.value.value


def test_it_is_asked_with_the_expansions_that_tell_the_truth():
    question = next(look_up("42", source("eventbrite")))
    assert question.path == "/v3/events/42/"
    assert "event_sales_status" in question.params["expand"]


def test_an_event_is_shown_in_hubspots_words():
    expansions = {"format": {"name": "Seminar"}, "organizer": {"name": "King's"}}
    assert find(**expansions).fields == {
        "eventName": "AI Forum: Can AI Fix Climate Change?",
        "eventType": "Seminar",
        "startDateTime": "2023-11-01T13:15:00Z",
        "endDateTime": "2023-11-01T14:00:00Z",
        "eventOrganizer": "King's",
        "eventDescription": EVENT["summary"],
        "eventUrl": EVENT["url"],
        "eventCancelled": False,
    }


def test_the_older_recorded_answer_is_understood_too():
    assert find(body=answer("eventbrite", "event-2019")).fields["startDateTime"] == "2019-10-18T17:00:00Z"


def test_a_cancelled_event_is_live_by_its_status_and_cancelled_by_its_sale():
    assert find(**CANCELLED).fields["eventCancelled"] is True
    assert find(**OVER).fields["eventCancelled"] is False


@pytest.mark.parametrize("word", ["canceled", "cancelled"])
def test_a_status_that_says_so_cancels_as_well(word):
    assert find(status=word).fields["eventCancelled"] is True


def draft(**settings):
    return find(settings=settings, status="draft", published=None)


def test_a_draft_is_not_public_and_cancelled_only_where_that_is_wanted():
    assert not draft().published
    assert not draft().was_published
    assert "eventCancelled" not in draft().fields
    assert draft(on_unpublished="cancel").fields["eventCancelled"] is True


def test_a_draft_that_was_published_once_shows_it():
    assert find().was_published


def test_hidden_times_are_not_told():
    fields = find(hide_start_date=True, hide_end_date=True).fields
    assert not fields.keys() & {"startDateTime", "endDateTime"}


def test_the_category_stands_in_for_the_format():
    assert find(format=None, category={"name": "Science"}).fields["eventType"] == "Science"
    assert "eventType" not in find().fields


def test_the_full_text_stands_in_for_the_summary_without_its_markup():
    assert find(summary=None).fields["eventDescription"].startswith("The third in a series")
    html = {"text": None, "html": "<P>One &amp; two</P><P>Three</P><script>x</script>"}
    assert find(summary=None, description=html).fields["eventDescription"] == "One & two\n\nThree"
    assert "eventDescription" not in find(summary=None, description=None).fields


def test_a_series_parent_is_skipped_and_its_dates_sent_or_the_reverse():
    parent = answer("eventbrite", "series-parent")
    assert find(body=parent) == Skipped("series_parent")
    assert isinstance(find(body=parent, settings={"series": "both"}), Found)
    assert find(is_series=True, settings={"series": "parent"}) == Skipped("series_occurrence")
    assert isinstance(find(is_series=True), Found)


def test_an_event_that_is_not_found_is_gone():
    assert find(404, {}) == Gone()


def test_the_last_change_guards_against_stale_answers():
    assert find().version == 1697054510000000


def test_the_token_goes_behind_bearer():
    assert api(source("eventbrite")).headers == {"Authorization": "Bearer private-token"}


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v3/events/1/",
        "http://www.eventbriteapi.com/v3/events/1/",
        "https://www.eventbriteapi.com.evil.example/v3/events/1/",
        "https://www.eventbriteapi.com/v3/events/1/../../users/me/",
        "https://www.eventbriteapi.com/v3/orders/1/",
        "https://user@www.eventbriteapi.com/v3/events/1/",
        "https://www.eventbriteapi.com/v3/events/1/?x=y",
        "https://www.eventbriteapi.com/v3/events/1",
        "https://www.eventbriteapi.com/v3/events/01/",
        "https://www.eventbriteapi.com/v3/events/١/",
        "https://www.eventbriteapi.com/v3/events/1/\n",
        "https://www.eventbriteapi.com/v3/events/123456789012345678901/",
        "",
        None,
        7,
        ["https://www.eventbriteapi.com/v3/events/1/"],
    ],
)
def test_an_address_that_is_no_events_is_refused_and_not_repeated(url):
    with pytest.raises(InvalidNotification) as refused:
        read({"config": {"action": "event.updated"}, "api_url": url}, Headers(), source("eventbrite"))
    assert list(refused.value.errors) == ["api_url"]
    assert not url or str(url) not in str(refused.value)


@pytest.mark.parametrize("action", ["test", "event.updated", "event.published"])
def test_a_test_ping_is_ignored_whatever_it_tries(action):
    ping = {"config": {"action": action}, "api_url": "{api-endpoint-to-fetch-object-details}"}
    assert read(ping, Headers(), source("eventbrite")) == Ignored(action)


@pytest.mark.parametrize(
    "action", ["order.placed", "attendee.updated", "event.deleted", "venue.updated", "EVENT.UPDATED", ""]
)
def test_other_actions_are_ignored_whatever_they_are_about(action):
    assert read({"config": {"action": action}}, Headers(), source("eventbrite")) == Ignored(action)


@pytest.mark.parametrize(
    "body", [{}, {"config": None}, {"config": {}}, {"config": {"action": None}}, {"config": "event.updated"}]
)
def test_a_body_that_says_not_what_happened_is_refused(body):
    with pytest.raises(InvalidNotification) as refused:
        read(body, Headers(), source("eventbrite"))
    assert list(refused.value.errors) == ["config"]


@pytest.mark.parametrize(
    ("action", "published"),
    [("event.created", False), ("event.updated", False), ("event.published", True), ("event.unpublished", True)],
)
def test_an_event_is_told_of_without_any_delivery_id_or_version(action, published):
    body = {"config": {"action": action}, "api_url": "https://eventbriteapi.com/v3/events/717926867587/"}
    said = read(body, Headers({"X-Eventbrite-Delivery": "1806556"}), source("eventbrite"))
    assert (said.event, said.delivery_id, said.version) == ("717926867587", None, None)
    assert said.published is published


@pytest.mark.parametrize("external_id", ["", "0", "01", "1/../2", "me", "1?x", "1\n", "١"])
def test_nothing_is_asked_about_what_is_no_event_of_eventbrites(external_id):
    with pytest.raises(InvalidNotification):
        next(look_up(external_id, source("eventbrite")))


def test_what_is_null_or_not_expanded_is_left_alone():
    names = ("summary", "description", "url", "end", "organizer", "format", "category", "event_sales_status", "changed")
    found = find(**dict.fromkeys(names))
    assert found.fields.keys() == {"eventName", "startDateTime", "eventCancelled"}
    assert found.version is None


def test_a_name_may_be_html_only():
    assert find(name={"html": "<b>Tom</b> &amp; Jerry"}).fields["eventName"] == "Tom & Jerry"


def test_a_text_longer_than_hubspot_takes_is_cut_and_no_fault():
    assert len(find(summary="x" * 70_000).fields["eventDescription"]) == 65_536


def test_a_draft_that_is_cancelled_is_cancelled():
    assert find(status="draft", **CANCELLED).fields["eventCancelled"] is True


@pytest.mark.parametrize("status", ["live", "started", "ended", "completed"])
def test_an_event_that_runs_or_is_over_is_not_cancelled(status):
    assert find(status=status).fields["eventCancelled"] is False
    assert find(status=status).published


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"start": None}, "start"),
        ({"start": {"utc": "2023-11-01T13:15:00"}}, "start"),
        ({"end": {"utc": 7}}, "end"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"status": None}, "status"),
        ({"changed": "yesterday"}, "changed"),
        ({"is_series_parent": "no"}, "is_series_parent"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    asking = look_up("717926867587", source("eventbrite"))
    next(asking)
    with pytest.raises(InvalidNotification) as refused:
        asking.send(Answer(200, EVENT | changes))
    assert list(refused.value.errors) == [field]


def test_only_the_address_proves_the_origin():
    assert schemes(source("eventbrite")) == [PathToken()]


def test_a_sample_is_as_eventbrite_sends_it():
    sent = sample(source("eventbrite"), 3, 1)
    assert sent.headers["X-Eventbrite-Event"] == "event.updated"
    assert read(json.loads(sent.body), Headers(sent.headers), source("eventbrite")).event == "4"


def test_even_the_first_sample_is_about_an_event_that_could_be():
    assert read(json.loads(sample(source("eventbrite"), 0, 0).body), Headers(), source("eventbrite")).event == "1"


@pytest.mark.parametrize("status", ["deleted", "teleported", ""])
def test_a_status_that_nobody_knows_says_nothing_of_a_cancellation(status):
    assert "eventCancelled" not in find(status=status).fields


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ({"text": "Plain", "html": "<P>Marked up</P>"}, "Plain"),
        ({"text": "  ", "html": "<DIV>One<BR>two</DIV><UL><LI>Three</LI></UL>"}, "One\ntwo\n\nThree"),
        ({"text": None, "html": '<P STYLE="x">A&nbsp;b</P><SCRIPT>c</SCRIPT>'}, "A b"),
    ],
)
def test_a_description_is_text_whatever_its_markup(description, text):
    assert find(summary="", description=description).fields["eventDescription"] == text


def test_where_the_event_is_can_be_a_custom_property():
    assert "venue" in next(look_up("42", source("eventbrite"))).params["expand"].split(",")
    assert find(venue={"name": "Hall"}).event["venue"] == {"name": "Hall"}


def test_an_event_of_another_organization_is_left_alone():
    mine = {"organization_id": "112948679745"}
    assert isinstance(find(settings=mine), Found)
    assert find(settings=mine, organization_id="1") == Skipped("other_organization")
    assert isinstance(find(settings=mine, organization_id=None), Found)
    assert isinstance(find(organization_id="1"), Found)


def test_only_an_answer_that_there_is_none_means_that_it_is_gone():
    assert next(look_up("42", source("eventbrite"))).expects == {200, 404}


def test_it_is_asked_no_more_often_than_is_allowed_by_the_day():
    assert api(source("eventbrite")).calls_per_second * 86_400 <= 48_000


# The list

LISTING = answer("eventbrite", "listing")
EVENTS = "/v3/organizations/112948679745/events/"
MINE = {"organization_id": "112948679745"}
LAST = {"pagination": {"has_more_items": False}}


def page(*told, following=None, **settings):
    """The page, and what was asked for it, answered by `told` one after the other."""
    asking, asked = list_events(source("eventbrite", **settings), following), []
    try:
        question = next(asking)
        for status, body in told:
            asked.append(question)
            assert status in question.expects
            question = asking.send(Answer(status, body))
    except StopIteration as end:
        return end.value, asked
    raise AssertionError(question.path)


def test_a_list_is_asked_for_what_is_not_over_with_all_that_tells_the_truth():
    _page, (question,) = page((200, LISTING), **MINE)
    assert question.path == EVENTS
    assert question.params == {
        "expand": "event_sales_status,organizer,format,category,venue",
        "order_by": "created_asc",
        "page_size": "50",
        "show_series_parent": "false",
        "status": "all",
        "time_filter": "current_future",
    }


def test_what_was_cancelled_in_silence_is_in_the_list():
    found, _asked = page((200, LISTING), **MINE)
    told = {one.event: one.found.fields["eventCancelled"] for one in found.events}
    assert told == {"717926867587": False, "717926867588": True}


def test_a_list_goes_on_where_it_was_left_and_ends():
    first, _asked = page((200, LISTING), **MINE)
    last, (question,) = page((200, LISTING | LAST), following=first.following, **MINE)
    assert question.path == EVENTS
    assert question.params["continuation"] == "eyJwYWdlIjogMn0"
    assert last.following is None


def test_a_continuation_that_is_good_no_longer_begins_the_list_anew():
    first, _asked = page((200, LISTING), **MINE)
    again, asked = page((400, {}), (200, LISTING), following=first.following, **MINE)
    assert ["continuation" in question.params for question in asked] == [True, False]
    assert again == first


def test_of_series_the_list_shows_dates_or_parents():
    for series, shown in (("occurrences", "false"), ("parent", "true")):
        found, (question,) = page((200, LISTING | LAST), series=series, **MINE)
        assert question.params["show_series_parent"] == shown
        assert found.following is None


def test_for_both_dates_and_parents_the_list_is_gone_through_twice():
    shown, following = [], None
    for body in (LISTING, LISTING | LAST, LISTING, LISTING | LAST):
        found, (question,) = page((200, body), following=following, series="both", **MINE)
        following = found.following
        shown.append((question.params["show_series_parent"], "continuation" in question.params))
    assert shown == [("false", False), ("false", True), ("true", False), ("true", True)]
    assert following is None


def test_whose_token_it_is_is_asked_once_if_it_is_not_configured():
    whose = {"organizations": [{"id": "112948679745", "name": "Mine"}], "pagination": {"has_more_items": False}}
    first, asked = page((200, whose), (200, LISTING))
    assert [question.path for question in asked] == ["/v3/users/me/organizations/", EVENTS]
    _last, asked = page((200, LISTING | LAST), following=first.following)
    assert [question.path for question in asked] == [EVENTS]


@pytest.mark.parametrize(
    ("organizations", "reason"),
    [([], "platform_lists_no_organization"), ([{"id": "1"}, {"id": "2"}], "organization_id_needed")],
)
def test_it_is_not_guessed_whose_events_are_wanted(organizations, reason):
    with pytest.raises(LookUpFailed) as failed:
        page((200, {"organizations": organizations}))
    assert failed.value.reason == reason


@pytest.mark.parametrize(
    "following", ["", "nonsense", "1", "1 dates", "1/../2 dates x", "1 others x", "7 dates x", "0 dates x"]
)
def test_a_place_that_is_none_of_this_sources_is_the_beginning(following):
    _page, (question,) = page((200, LISTING), following=following, **MINE)
    assert (question.path, "continuation" in question.params) == (EVENTS, False)


def test_an_event_that_makes_no_sense_does_not_hide_the_others():
    odd = LISTING | {"events": [LISTING["events"][0] | {"start": None}, *LISTING["events"]]}
    found, _asked = page((200, odd), **MINE)
    assert [type(one.found) for one in found.events] == [Skipped, Found, Found]


def unexpanded(**changes):
    event = {name: value for name, value in LISTING["events"][0].items() if name != "event_sales_status"}
    return LISTING | {"events": [event | changes]}


def test_an_event_that_may_be_cancelled_is_looked_up_where_the_list_does_not_tell():
    found, asked = page((200, unexpanded()), (200, LISTING["events"][1]), **MINE)
    assert asked[1].path == "/v3/events/717926867587/"
    assert found.events[0].event == "717926867587"
    assert found.events[0].found.fields["eventCancelled"] is True


def test_an_event_that_went_while_the_list_was_read_is_not_in_it():
    found, _asked = page((200, unexpanded()), (404, {}), **MINE)
    assert found.events == []


@pytest.mark.parametrize("status", ["ended", "completed", "draft", "canceled"])
def test_what_is_over_or_not_public_costs_no_call_of_its_own(status):
    found, asked = page((200, unexpanded(status=status)), **MINE)
    assert len(asked) == len(found.events) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": [7]},
        {"events": [{}]},
        {"events": [{"id": "../1"}]},
        {"pagination": None},
        {"pagination": {}},
        {"pagination": {"has_more_items": "yes"}},
        {"pagination": {"has_more_items": True}},
        {"pagination": {"has_more_items": True, "continuation": ""}},
    ],
)
def test_a_list_that_makes_no_sense_is_put_off(changes):
    with pytest.raises(LookUpFailed) as failed:
        page((200, LISTING | changes), **MINE)
    assert failed.value.reason == "platform_unreadable"


@pytest.mark.parametrize(
    "body", [{}, {"organizations": None}, {"organizations": [{}]}, {"organizations": [{"id": "a"}]}]
)
def test_organizations_that_make_no_sense_are_put_off(body):
    with pytest.raises(LookUpFailed):
        page((200, body))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from(["draft", "live", "started", "ended", "completed", "canceled", "odd"]),
            "published": st.none() | st.just("2023-09-12T15:44:26Z"),
            "hide_start_date": st.booleans() | st.none(),
            "hide_end_date": st.booleans() | st.none(),
            "end": st.none() | st.just({"utc": "2023-11-01T14:00:00Z"}) | st.just({}),
            "summary": st.none() | st.text(max_size=50),
            "description": st.none()
            | st.fixed_dictionaries({"text": st.none() | st.text(), "html": st.none() | st.text()}),
            "event_sales_status": st.none() | st.fixed_dictionaries({"message_code": st.text(max_size=5)}),
            "is_series": st.booleans(),
            "is_series_parent": st.booleans(),
            "organizer": st.none() | st.fixed_dictionaries({"name": st.none() | st.text()}),
        },
    ),
    st.sampled_from(["occurrences", "parent", "both"]),
    st.sampled_from(["cancel", "ignore"]),
)
def test_whatever_is_answered_nothing_empty_or_hidden_is_told(changes, series, on_unpublished):
    found = find(settings={"series": series, "on_unpublished": on_unpublished}, **changes)
    if isinstance(found, Skipped):
        assert changes.get("is_series_parent") or changes.get("is_series")
        return
    assert None not in found.fields.values()
    assert "" not in found.fields.values()
    assert not (changes.get("hide_start_date") and "startDateTime" in found.fields)
    assert not (changes.get("hide_end_date") and "endDateTime" in found.fields)
    assert found.published is (changes.get("status", "live") != "draft")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"organization_id": "acme"}, "sources.it.organization_id"),
        ({"organization_id": "1/../2"}, "sources.it.organization_id"),
        ({"series": "all"}, "sources.it.series"),
        ({"secrets": ["short"]}, "sources.it.secrets"),
        ({"secrets": ["no/place/in/an/address"]}, "sources.it.secrets"),
        ({"api_url": "http://www.eventbriteapi.com"}, "sources.it.api_url"),
        ({"api_token": ""}, "sources.it.api_token"),
        ({"api_token": None}, "sources.it.api_token"),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes, fault):
    known = {name: found.settings for name, found in PLATFORMS.items()}
    settings = {key: value for key, value in table("eventbrite", **changes).items() if value is not None}
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": settings}, {}, known)
    assert [line.partition(":")[0] for line in refused.value.faults] == [fault]


def test_an_organization_may_be_given_as_a_number():
    assert source("eventbrite", organization_id=112948679745).organization_id == "112948679745"
