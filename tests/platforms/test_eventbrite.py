"""Eventbrite: what is looked up, and what it means."""

import json

import pytest
from recorded import answer, source
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification
from handlers.platform import Answer, Found, Gone, Ignored, Skipped
from handlers.platforms.eventbrite import api, look_up, read, sample, schemes
from handlers.signatures import PathToken

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
        "{api-endpoint-to-fetch-object-details}",
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


def test_a_test_ping_is_ignored():
    ping = {"config": {"action": "test"}, "api_url": "{api-endpoint-to-fetch-object-details}"}
    assert read(ping, Headers(), source("eventbrite")) == Ignored("test")


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
    assert read(json.loads(sent.body), Headers(sent.headers), source("eventbrite")).event == "3"
