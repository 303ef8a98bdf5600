"""The one sentence: for every state, the most important thing first, in words that need no other page."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from handlers.inbox.pauses import FOR_GOOD, OPERATOR, Pause
from handlers.operating.pages.sentence import Situation, remarks

NOW = 1_795_000_000.0  # 2026-11-18, 11:06:40 UTC
WELL = Situation(NOW, ("tickets",), events=214, freshness=1.2)


def first(situation):
    return remarks(situation)[0]


def test_all_is_well():
    assert first(WELL).text == (
        "All 214 events are as the platforms say; the last change reached HubSpot 1.2 s after it arrived."
    )
    assert first(WELL).level == "well"


def test_all_is_well_with_one_event_of_which_nothing_was_sent_lately():
    assert first(replace(WELL, events=1, freshness=None)).text == "The one event is as the platforms say."


def test_nothing_has_arrived_yet():
    remark = first(replace(WELL, events=0))
    assert remark.text == "All is ready, and nothing has arrived yet."
    assert remark.page == "sources"


def test_no_source_is_configured():
    assert [remark.text for remark in remarks(replace(WELL, sources=(), is_led=False))] == [
        "No source is configured, so nothing can arrive."
    ]


def test_some_events_are_on_their_way():
    remark = first(replace(WELL, waiting=3, oldest_waiting=NOW - 2.5))
    assert remark.text == (
        "3 of 214 events are on the way to HubSpot, the first for 2.5 s; all others are as the platforms say."
    )
    assert remark.level == "well"


def test_waiting_for_long_without_another_reason_is_remarked_on():
    remark = first(replace(WELL, waiting=3, oldest_waiting=NOW - 3700))
    assert remark.text == "3 events wait, the oldest for 1 hour."
    assert (remark.level, remark.page) == ("waits", "events")


def test_the_daily_limit_is_used_up_until_the_accounts_midnight():
    paused = Pause("daily_limit", NOW - 60, NOW + 840)
    situation = replace(WELL, waiting=312, oldest_waiting=NOW - 60, paused=paused, zone=ZoneInfo("Europe/Berlin"))
    assert first(situation).text == (
        "Sending is paused: HubSpot's daily limit is used up until 00:00 Europe/Berlin; 312 events wait."
    )


def test_the_midnight_of_an_account_whose_zone_is_not_known_is_not_guessed():
    paused = Pause("daily_limit", NOW - 60, NOW + 840)
    assert "until midnight in the account's time zone;" in first(replace(WELL, paused=paused)).text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("unauthorized", "HubSpot does not take the token"),
        ("forbidden", "HubSpot does not let the token do this"),
        ("reconnect", "HubSpot takes the refresh token no more"),
        ("network", "there is no connection to HubSpot"),
    ],
)
def test_a_pause_that_hubspot_caused_says_why_and_when_it_is_tried_again(reason, words):
    remark = first(replace(WELL, waiting=1, paused=Pause(reason, NOW - 10, NOW + 300)))
    assert remark.text == f"Sending is paused: {words}; it is tried again in 5 minutes; 1 event waits."
    assert remark.advice


def test_a_pause_whose_end_has_passed_is_tried_now():
    assert "it is tried again now" in first(replace(WELL, paused=Pause("network", NOW - 10, NOW - 1))).text


def test_a_reason_that_nobody_foresaw_is_named():
    remark = first(replace(WELL, paused=Pause("teapot", NOW, NOW + 10, "It is short and stout.")))
    assert remark.text.startswith("Sending is paused: teapot; it is tried again in 10 s;")
    assert remark.advice


def test_an_operators_pause_comes_before_hubspots():
    held, paused = Pause(OPERATOR, NOW - 600, FOR_GOOD), Pause("network", NOW, NOW + 10)
    found = remarks(replace(WELL, waiting=312, held=held, paused=paused))
    assert [remark.text for remark in found] == ["Sending is paused by an operator since 10:56 UTC; 312 events wait."]


def test_a_source_that_an_operator_paused():
    remark = first(replace(WELL, source_pauses={"tickets": Pause(OPERATOR, NOW, FOR_GOOD)}))
    assert remark.text == "tickets is paused: an operator paused it."
    assert remark.page == "sources"


def test_a_source_whose_platform_refuses_the_token():
    remark = first(replace(WELL, source_pauses={"shop": Pause("platform_refuses_token", NOW, NOW + 300)}))
    assert remark.text == "shop is paused: the platform refuses the source's token."
    assert remark.advice == "Give the source a valid token and restart."


def test_a_source_that_fell_silent():
    remark = first(replace(WELL, silent={"tickets": NOW - 2 * 86400}))
    assert remark.text == "tickets was busy and fell silent; last heard at 2026-11-16 11:06 UTC."
    assert remark.advice == "See whether the webhook is still switched on at the platform."


def test_events_that_will_not_get_there_by_themselves_are_wrong():
    remark = first(replace(WELL, astray=3, dead=9))
    assert remark.text == "3 of 214 events are not as the platforms say, and waiting will not help."
    assert (remark.level, remark.page) == ("wrong", "dead")


def test_dead_notifications_that_no_event_suffers_from_are_only_mentioned():
    remark = first(replace(WELL, dead=1))
    assert remark.text == "1 notification is dead, but no event is known to be wrong for it."
    assert remark.level == "waits"


def test_nobody_leads():
    remark = first(replace(WELL, is_led=False, waiting=2, oldest_waiting=NOW - 9999))
    assert remark.text == "Nobody sends: no worker leads; 2 events wait."
    assert remark.level == "wrong"


def test_everything_that_is_amiss_is_told_the_most_important_first():
    situation = replace(
        WELL,
        is_led=False,
        paused=Pause("unauthorized", NOW, NOW + 300),
        astray=1,
        source_pauses={"shop": Pause("platform_throttles", NOW, NOW + 9)},
        silent={"tickets": NOW - 90_000},
    )
    starts = ["Nobody sends", "Sending is paused", "1 of 214 events is not", "shop is paused", "tickets was busy"]
    assert all(remark.text.startswith(start) for remark, start in zip(remarks(situation), starts, strict=True))


def test_what_is_explained_by_a_pause_is_not_called_overdue_besides():
    situation = replace(WELL, waiting=5, oldest_waiting=NOW - 9999, paused=Pause("network", NOW, NOW + 9))
    assert len(remarks(situation)) == 1
