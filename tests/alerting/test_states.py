"""In which state each thing is that alerts are about."""

import pytest
from inboxes import NOON

from handlers.alerting.states import QUIET_SECONDS, dead, leader, sending, source, usual
from handlers.inbox.pauses import FOR_GOOD, OPERATOR, Pause

NOTHING = {("tickets", "invalid"): 3}


@pytest.mark.parametrize(
    ("pause", "state"),
    [
        (None, "resumed"),
        (Pause("rate_limited", NOON, NOON + 10), "resumed"),
        (Pause("rate_limited", NOON - 59, NOON - 1), "resumed"),
        (Pause("rate_limited", NOON - 60, NOON + 1), "paused"),
        (Pause("daily_limit", NOON, NOON + 3600), "paused"),
        (Pause("unauthorized", NOON - 900, NOON - 1), "paused"),
        (Pause(OPERATOR, NOON, FOR_GOOD), "paused"),
    ],
)
def test_sending_is_paused_once_that_lasts_or_an_operator_wills_it(pause, state):
    assert sending(pause, "resumed", 0, NOON).state == state


def test_a_pause_that_was_told_ends_only_when_nothing_is_paused():
    assert sending(Pause("rate_limited", NOON, NOON + 10), "paused", 0, NOON).state == "paused"
    assert sending(None, "paused", 0, NOON).state == "resumed"


def test_a_pause_tells_why_since_when_until_when_and_what_waits():
    told = sending(Pause("daily_limit", NOON, NOON + 3600, "Used up."), "resumed", 312, NOON).data
    assert told == {
        "reason": "daily_limit",
        "detail": "Used up.",
        "since": "2027-01-15T08:00:00.000+00:00",
        "until": "2027-01-15T09:00:00.000+00:00",
        "waiting_events": 312,
    }


def test_a_pause_for_good_has_no_end():
    assert sending(Pause(OPERATOR, NOON, FOR_GOOD), "resumed", 0, NOON).data["until"] is None


def test_what_was_dead_when_alerts_began_is_no_growth():
    first = dead(NOTHING, {}, "steady", NOON)
    assert (first.state, first.noted["grew_at"]) == ("steady", None)


def test_one_more_for_any_reason_is_growth_even_where_others_left():
    noted = dead({("tickets", "invalid"): 90}, {}, "steady", NOON).noted
    now = dead({("tickets", "invalid"): 1, ("tickets", "not_in_hubspot"): 2}, noted, "steady", NOON)
    assert now.state == "growing"
    assert now.data["grown"] == [{"source": "tickets", "reason": "not_in_hubspot", "new": 2}]


@pytest.mark.parametrize("counts", [NOTHING, {}, {("tickets", "invalid"): 2}])
def test_as_many_or_fewer_are_no_growth(counts):
    noted = dead(NOTHING, {}, "steady", NOON).noted
    assert dead(counts, noted, "steady", NOON + 60).state == "steady"


def test_what_was_replayed_and_is_dead_again_is_growth():
    noted = dead(NOTHING, {}, "steady", NOON).noted
    noted = dead({}, noted, "steady", NOON + 60).noted
    assert dead(NOTHING, noted, "steady", NOON + 120).state == "growing"


def test_it_grows_until_nothing_was_added_for_an_hour():
    noted = dead(NOTHING, {}, "steady", NOON).noted
    more, most = {("tickets", "invalid"): 4}, {("tickets", "invalid"): 5}
    noted = dead(more, noted, "steady", NOON).noted
    now = dead(most, noted, "growing", NOON + 1800)
    assert now.state == "growing"
    assert dead(most, now.noted, "growing", NOON + 1799 + QUIET_SECONDS).state == "growing"
    assert dead(most, now.noted, "growing", NOON + 1800 + QUIET_SECONDS).state == "steady"


def test_a_silent_source_is_told_with_since_when():
    assert (source("tickets", None).state, source("tickets", NOON).state) == ("heard", "silent")
    assert source("tickets", NOON).data == {"source": "tickets", "since": "2027-01-15T08:00:00.000+00:00"}


@pytest.mark.parametrize(("seconds", "state"), [(None, "found"), (0.0, "found"), (59.9, "found"), (60.0, "missing")])
def test_nobody_leads_once_that_lasts_a_minute(seconds, state):
    assert leader(seconds).state == state


def test_what_is_usual_need_not_be_told():
    assert [usual(topic) for topic in ("sending", "dead", "source:a:b", "leader")] == [
        "resumed",
        "steady",
        "heard",
        "found",
    ]
