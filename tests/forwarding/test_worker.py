"""From a stored notification to a confirmed change, and through everything that comes between."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from recorded import source
from replies import complete, reply
from sqlalchemy import select
from working import NOON, Bench, Reply

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.inbox import tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.links import link
from handlers.inbox.pauses import get_pause, hold, resume
from handlers.inbox.queue import Queue
from handlers.inbox.sqlite import newest_sqlite
from handlers.platform import Found, Gone, Skipped


@pytest.fixture
def bench(database):
    running = Bench(database)
    running.account.hold("ev-1", "101")
    yield running
    running.worker._finish()


@pytest.fixture
def thin(database):
    running = Bench(database, {"box": source("pretix", account_id="acme", on_unpublished="cancel")})
    running.account.hold("acme:gala", "201")
    yield running
    running.worker._finish()


def outcomes(bench):
    column = tables.notification.c
    return [tuple(row) for row in bench.database.rows(select(column.outcome, column.reason).order_by(column.id))]


def told(bench):
    return [entry for entries in bench.account.told for entry in entries]


def notice(bench, number=1, action="pretix.event.changed", event="gala"):
    body = {"notification_id": number, "organizer": "acme", "event": event, "action": action}
    bench.hear(body, "box", f"acme:{event}")


def test_a_change_is_sent_and_confirmed(bench):
    bench.hear({"id": "ev-1", "eventName": "Summit"})
    bench.work()
    assert bench.account.events["101"]["eventName"] == "Summit"
    assert outcomes(bench) == [("sent", None)]


@pytest.mark.rule(5)
def test_many_changes_of_one_event_are_one_input(bench):
    for version in range(1, 6):
        bench.hear({"id": "ev-1", "version": version, "eventName": f"v{version}"})
    bench.work()
    assert told(bench) == [{"objectId": "101", "eventName": "v5"}]
    assert outcomes(bench) == [("superseded", None)] * 4 + [("sent", None)]


@pytest.mark.rule(23)
def test_what_hubspot_has_already_is_not_sent_again(bench):
    for _ in range(2):
        bench.hear({"id": "ev-1", "eventName": "Summit"})
        bench.work()
    assert len(bench.account.told) == 1
    assert outcomes(bench) == [("sent", None), ("unchanged", None)]


@pytest.mark.rule(2)
def test_only_what_differs_is_sent(bench):
    bench.hear({"id": "ev-1", "eventName": "Summit", "eventType": "Talk"})
    bench.work()
    bench.hear({"id": "ev-1", "eventName": "Summit", "eventType": "Walk"})
    bench.work()
    assert told(bench)[1] == {"objectId": "101", "eventType": "Walk"}


def test_an_older_version_that_comes_late_changes_nothing(bench):
    bench.hear({"id": "ev-1", "version": 9, "eventName": "new"})
    bench.work()
    bench.hear({"id": "ev-1", "version": 8, "eventName": "old"})
    bench.work()
    assert bench.account.events["101"]["eventName"] == "new"
    assert outcomes(bench)[1] == ("superseded", None)


@pytest.mark.rule(19)
def test_an_event_is_looked_up_in_hubspot_once(bench):
    for name in ("a", "b", "c"):
        bench.hear({"id": "ev-1", "eventName": name})
        bench.work()
    assert bench.account.asked == ["ev-1"]


def test_an_object_id_that_the_sender_knows_needs_no_look_up(bench):
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "Summit"})
    bench.work()
    assert bench.account.asked == []
    assert outcomes(bench) == [("sent", None)]


def test_the_sources_words_stand_in_where_the_platform_names_none(database):
    bench = Bench(database, {"own": source("generic", account_id="acme", organizer="Acme", event_type="Fair")})
    bench.account.hold("ev-1", "101")
    bench.hear({"id": "ev-1", "eventName": "Summit", "eventType": "Talk"})
    bench.work()
    assert told(bench) == [{"objectId": "101", "eventName": "Summit", "eventType": "Talk", "eventOrganizer": "Acme"}]
    bench.worker._finish()


def test_custom_properties_are_taken_out_of_the_body(database):
    bench = Bench(
        database, {"own": source("generic", account_id="acme", custom_properties={"venue": "place.name", "n": "n"})}
    )
    bench.account.hold("ev-1", "101")
    bench.hear({"id": "ev-1", "place": {"name": "Messe"}})
    bench.hear({"id": "ev-2", "place": {"name": {"en": "Messe"}}})
    bench.work()
    assert told(bench) == [{"objectId": "101", "customProperties": [{"name": "venue", "value": "Messe"}]}]
    assert outcomes(bench) == [("sent", None), ("dead", "invalid")]
    bench.worker._finish()


def test_a_custom_property_that_cannot_be_taken_out_is_dead_and_repeats_nothing_of_the_body(database):
    own = source("generic", account_id="acme", custom_properties={"venue": "contains(place, `1`)"})
    bench = Bench(database, {"own": own})
    bench.hear({"id": "ev-1", "place": "Secret Garden"})
    bench.work()
    assert outcomes(bench) == [("dead", "invalid")]
    assert "Secret Garden" not in bench.database.rows(select(tables.notification.c.detail))[0][0]
    bench.worker._finish()


def test_an_event_that_hubspot_does_not_know_yet_is_looked_up_again_and_found(bench):
    bench.hear({"id": "late", "eventName": "Late"})
    bench.work(30)
    assert outcomes(bench) == [("pending", None)]
    bench.account.hold("late", "102")
    bench.work(120, step=1)
    assert outcomes(bench) == [("sent", None)]


@pytest.mark.rule(20)
def test_an_event_that_hubspot_never_knows_is_dead_after_the_grace_and_a_link_sends_it(bench):
    bench.hear({"id": "never", "eventName": "Never"})
    bench.work(590, step=5)
    assert outcomes(bench) == [("pending", None)]
    bench.work(60)
    assert outcomes(bench) == [("dead", "not_in_hubspot")]
    bench.account.events["103"] = {}
    link(bench.database, "own", "never", "103", bench.now)
    bench.work()
    assert outcomes(bench) == [("sent", None)]
    assert bench.account.events["103"]["eventName"] == "Never"


@pytest.mark.rule(19)
def test_several_marketing_events_are_no_choice_to_be_made_here(bench):
    bench.account.hold("ev-1", "102")
    bench.hear({"id": "ev-1", "eventName": "Summit"})
    bench.work()
    assert outcomes(bench) == [("dead", "ambiguous")]
    assert bench.account.told == []


def test_two_events_cannot_have_one_marketing_event(bench):
    bench.hear({"id": "ev-1", "eventName": "First"})
    bench.work()
    bench.hear({"id": "ev-2", "objectId": "101", "eventName": "Second"})
    bench.work()
    assert outcomes(bench) == [("sent", None), ("dead", "linked_elsewhere")]
    assert bench.account.events["101"]["eventName"] == "First"


@pytest.mark.rule(11)
def test_what_hubspot_will_not_take_is_dead_with_its_words_and_holds_up_nobody(bench):
    bench.account.hold("ev-2", "102")
    bench.account.poison = {"102"}
    bench.hear({"id": "ev-1", "eventName": "Good"})
    bench.hear({"id": "ev-2", "eventName": "Bad"})
    bench.work()
    assert outcomes(bench) == [("sent", None), ("dead", "rejected_by_hubspot")]
    (detail,) = bench.database.rows(select(tables.notification.c.detail).where(tables.notification.c.outcome == "dead"))
    assert "words" in detail[0]


def test_a_marketing_event_that_was_deleted_in_hubspot_for_good_is_dead_and_unlinked(bench):
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    del bench.account.events["101"], bench.account.ids["ev-1"]
    bench.hear({"id": "ev-1", "eventName": "B"})
    bench.work(610, step=5)
    assert outcomes(bench)[1] == ("dead", "not_in_hubspot")
    assert bench.database.rows(select(tables.link)) == []


def test_an_end_that_comes_before_the_start_by_two_notifications_is_dead_until_the_third_mends_it(bench):
    bench.hear({"id": "ev-1", "startDateTime": "2027-05-01T09:00:00Z", "endDateTime": "2027-05-01T17:00:00Z"})
    bench.work()
    bench.hear({"id": "ev-1", "startDateTime": "2027-05-02T09:00:00Z"})
    bench.work()
    bench.hear({"id": "ev-1", "endDateTime": "2027-05-02T17:00:00Z"})
    bench.work()
    assert outcomes(bench) == [("sent", None), ("dead", "invalid"), ("sent", None)]
    assert bench.account.events["101"]["startDateTime"] == "2027-05-02T09:00:00Z"


def test_a_notification_that_says_nothing_leaves_hubspot_alone(bench):
    bench.hear({"id": "ev-1"})
    bench.work()
    assert outcomes(bench) == [("unchanged", None)]
    assert bench.account.told == []


@pytest.mark.rule(14)
@pytest.mark.rule(15)
@pytest.mark.parametrize(
    "answer",
    [
        Reply(None, fault="reset"),
        reply(500),
        reply(401),
        reply(403),
        reply(429, {}),
        reply(423),
        reply(477),
        reply(200, b"<html>"),
    ],
    ids=lambda answer: str(answer.status or answer.fault),
)
def test_a_fault_of_all_hubspot_kills_nobody_and_what_waited_is_sent_afterwards(bench, answer):
    bench.account.failing = answer
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "Summit"})
    bench.work(20)
    assert outcomes(bench) == [("pending", None)]
    assert get_pause(bench.database)
    bench.account.failing = None
    bench.work(1000, step=5)
    assert outcomes(bench) == [("sent", None)]
    assert get_pause(bench.database) is None


@pytest.mark.rule(12)
def test_while_sending_pauses_hubspot_is_asked_no_earlier_than_it_said(bench):
    bench.account.failing = reply(503, None, {"Retry-After": "120"})
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "Summit"})
    bench.work(115)
    assert len(bench.account.told) == 1
    bench.worker = bench.new_worker()
    bench.work(4)
    assert len(bench.account.told) == 1


def test_a_look_up_that_fails_pauses_as_well(bench):
    bench.account.failing = reply(503)
    bench.hear({"id": "ev-1", "eventName": "Summit"})
    bench.work(5)
    assert get_pause(bench.database).reason == "unavailable"
    assert outcomes(bench) == [("pending", None)]


@pytest.mark.rule(10)
def test_an_empty_200_is_no_success_and_is_sent_again(bench):
    bench.account.failing = reply(200, complete())
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "Summit"})
    bench.work(5)
    assert outcomes(bench) == [("pending", None)]
    bench.account.failing = None
    bench.work(60)
    assert outcomes(bench) == [("sent", None)]


@pytest.mark.rule(10)
@pytest.mark.rule(24)
def test_after_an_unclear_answer_going_back_to_the_old_value_is_sent_too(bench):
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    bench.account.failing = Reply(None, fault="read_timeout")
    bench.hear({"id": "ev-1", "eventName": "B"})
    bench.work(3)
    bench.account.events["101"]["eventName"] = "B"
    bench.account.failing = None
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work(60)
    assert bench.account.events["101"]["eventName"] == "A"


@pytest.mark.rule(5)
def test_a_change_during_a_call_is_sent_after_it(bench):
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "A"})
    answer = bench.account.batch_update

    def interrupted(entries):
        bench.account.batch_update = answer
        bench.hear({"id": "ev-1", "eventName": "B"})
        return answer(entries)

    bench.account.batch_update = interrupted
    bench.work()
    assert [entry["eventName"] for entry in told(bench)] == ["A", "B"]
    assert outcomes(bench) == [("sent", None), ("sent", None)]


def test_a_worker_that_does_not_lead_does_nothing(bench):
    with bench.database.write() as connection:
        row = {"name": "sending", "holder": "another", "fence": 7, "expires_at": 9e9}
        connection.execute(tables.lease.insert().values(row))
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    assert outcomes(bench) == [("pending", None)]


def test_a_source_that_is_configured_no_more_keeps_its_events(bench):
    bench.hear({"id": "ev-1", "eventName": "A"}, "gone", "ev-1")
    bench.work()
    assert outcomes(bench) == [("pending", None)]


def test_an_unforeseen_fault_of_one_event_holds_up_no_other(thin):
    thin.account.hold("acme:other", "202")
    thin.guest.found = {"acme:gala": KeyError("bug"), "acme:other": Found({"eventName": "Other"}, {})}
    notice(thin, 1)
    notice(thin, 2, event="other")
    thin.work()
    assert outcomes(thin) == [("pending", None), ("sent", None)]


def test_a_thin_platform_is_asked_once_however_many_notices_wait(thin):
    thin.guest.found = {"acme:gala": Found({"eventName": "Gala"}, {})}
    for number in (3, 1, 2):
        notice(thin, number)
    thin.work()
    assert thin.guest.asked == ["acme:gala"]
    assert outcomes(thin) == [("sent", None), ("superseded", None), ("superseded", None)]


def test_a_platform_that_does_not_answer_is_asked_again_later(thin):
    thin.guest.found = {"acme:gala": LookUpFailed("platform_unavailable")}
    notice(thin)
    thin.work(3)
    assert outcomes(thin) == [("pending", None)]
    thin.guest.found = {"acme:gala": Found({"eventName": "Gala"}, {})}
    thin.work(30)
    assert outcomes(thin) == [("sent", None)]


def test_an_answer_that_makes_no_sense_is_dead(thin):
    thin.guest.found = {"acme:gala": InvalidNotification({"date_from": ["Has no time zone."]})}
    notice(thin)
    thin.work()
    assert outcomes(thin) == [("dead", "invalid")]


def test_an_event_that_was_never_public_waits_unsent(thin):
    thin.guest.found = {"acme:gala": Found({"eventName": "Gala", "eventCancelled": True}, {}, published=False)}
    notice(thin)
    thin.work()
    assert outcomes(thin) == [("unchanged", "not_published")]
    assert thin.account.told == []


def test_an_event_that_was_public_once_is_kept_true(thin):
    thin.guest.found = {"acme:gala": Found({"eventName": "Gala"}, {})}
    notice(thin)
    thin.work()
    thin.guest.found = {"acme:gala": Found({"eventName": "Gala", "eventCancelled": True}, {}, published=False)}
    notice(thin, 2)
    thin.work()
    assert told(thin)[1] == {"objectId": "201", "eventCancelled": True}


def test_an_event_that_is_gone_is_cancelled_and_only_if_hubspot_has_it(thin):
    thin.guest.found = {"acme:gala": Gone(), "acme:draft": Gone()}
    notice(thin)
    notice(thin, 2, event="draft")
    thin.work()
    assert told(thin) == [{"objectId": "201", "eventCancelled": True}]
    assert outcomes(thin) == [("sent", None), ("unchanged", "deleted")]


def test_an_event_that_is_gone_is_left_alone_where_that_is_wanted(database):
    bench = Bench(database, {"box": source("pretix", account_id="acme", on_deleted="ignore")})
    bench.account.hold("acme:gala", "201")
    bench.guest.found = {"acme:gala": Gone()}
    notice(bench)
    bench.work()
    assert outcomes(bench) == [("unchanged", "deleted")]
    bench.worker._finish()


def test_what_is_skipped_says_why(thin):
    thin.guest.found = {"acme:gala": Skipped("series_parent")}
    notice(thin)
    thin.work()
    assert outcomes(thin) == [("unchanged", "series_parent")]


def test_a_notification_that_the_present_settings_ignore_is_dead_and_asks_nobody(thin):
    notice(thin, action="pretix.event.order.paid")
    thin.work()
    assert outcomes(thin) == [("dead", "invalid")]
    assert thin.guest.asked == []


def test_a_clean_stop_hands_the_lead_over(bench):
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    bench.worker._finish()
    assert bench.database.rows(select(tables.lease.c.expires_at)) == [(0.0,)]
    bench.worker = bench.new_worker()


def test_a_turn_that_fails_is_followed_by_another(bench):
    take, bench.worker.queue = bench.worker.queue, None
    assert bench.worker._guarded_turn() > 0
    bench.worker.queue = take
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    assert outcomes(bench) == [("sent", None)]


@pytest.mark.sqlite
def test_a_database_that_is_away_for_a_while_loses_nothing(bench, tmp_path):
    bench.hear({"id": "ev-1", "eventName": "A"})
    other = newest_sqlite().connect(Path(tmp_path) / "marquee.db", isolation_level=None)
    other.execute("ALTER TABLE event RENAME TO hidden")
    bench.now = NOON + 2
    assert bench.worker._guarded_turn() > 0
    other.execute("ALTER TABLE hidden RENAME TO event")
    other.close()
    bench.work()
    assert outcomes(bench) == [("sent", None)]


class Gate:
    """Lets a HubSpot keep calls of batch/update waiting until it is opened; knows what is in flight."""

    def __init__(self, account):
        self._answer, self._opened = account.batch_update, Event()
        self.account, self.in_flight = account, []
        account.batch_update = self.batch_update

    def batch_update(self, entries):
        self.in_flight.append([entry["objectId"] for entry in entries])
        self.account.holding += 1
        assert self._opened.wait(20)
        self.account.holding -= 1
        return self._answer(entries)

    def open(self):
        self._opened.set()


def change_many(bench, count, start=0):
    for number in range(start, start + count):
        bench.account.events[f"9{number}"] = {}
        bench.hear({"id": f"many-{number}", "objectId": f"9{number}", "eventName": "Changed"})


def test_several_calls_are_in_flight_and_no_two_about_one_event(bench):
    gate = Gate(bench.account)
    change_many(bench, 450)
    bench.work(2, step=1)
    gate.open()
    ids = [object_id for batch in gate.in_flight for object_id in batch]
    assert ([len(batch) for batch in gate.in_flight], len(set(ids))) == ([100] * 4, 400)
    bench.work()
    assert set(outcomes(bench)) == {("sent", None)}


def test_what_changes_while_it_is_in_flight_waits_for_the_answer(bench):
    gate = Gate(bench.account)
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "A"})
    bench.work(2, step=1)
    bench.hear({"id": "ev-1", "eventName": "B"})
    bench.work(5, step=2)
    assert gate.in_flight == [["101"]]
    gate.open()
    bench.work()
    assert [entry["eventName"] for entry in told(bench)] == ["A", "B"]


@pytest.mark.rule(15)
def test_after_a_pause_a_handful_goes_alone_then_more_and_more(bench):
    bench.account.failing = reply(503, None, {"Retry-After": "30"})
    change_many(bench, 300)
    bench.work(20)
    bench.account.told.clear()
    bench.account.failing = None
    bench.work(60)
    assert [len(entries) for entries in bench.account.told][:2] == [5, 10]
    assert set(outcomes(bench)) == {("sent", None)}


@pytest.mark.rule(15)
@pytest.mark.parametrize("linked", [True, False])
def test_an_hour_without_hubspot_costs_a_few_calls(bench, linked):
    answers = []
    bench.account.failing = reply(503)
    bench.account.batch_update = bench.account.search = lambda _: answers.append(bench.now) or bench.account.failing
    for number in range(300):
        bench.hear({"id": f"ev-{number}", "eventName": "A"} | ({"objectId": f"9{number}"} if linked else {}))
    bench.work(3600, step=5)
    first = [moment for moment in answers if moment == answers[0]]
    assert len(first) <= 4
    assert 10 <= len(answers) <= 25
    assert {outcome for outcome, _ in outcomes(bench)} == {"pending"}


@pytest.mark.rule(15)
def test_with_an_hours_outage_errors_stay_below_a_twentieth_of_a_days_calls(bench):
    down, statuses, answer = (NOON + 7200, NOON + 10800), [], bench.account.batch_update

    def batch_update(entries):
        statuses.append(503 if down[0] <= bench.now < down[1] else 200)
        return reply(503) if statuses[-1] == 503 else answer(entries)

    bench.account.batch_update = batch_update
    bench.account.events["101"] = {}
    for number in range(24 * 15):
        bench.hear({"id": "ev-1", "objectId": "101", "eventName": f"v{number}"})
        bench.work(240, step=80)
    assert 0 < statuses.count(503) < len(statuses) / 20
    assert bench.account.events["101"]["eventName"] == "v359"


def test_while_sending_pauses_nothing_is_taken(bench):
    bench.account.failing = reply(503, None, {"Retry-After": "300"})
    change_many(bench, 20)
    bench.work(5)
    taken = []
    take = Queue.take

    class Watched(Queue):
        def take(self, *arguments):
            taken.append(arguments)
            return take(self, *arguments)

    bench.worker.queue = Watched(bench.database, bench.worker.lease, 1.0)
    bench.work(200, step=1)
    assert (taken, bench.worker._hand.events) == ([], set())


@pytest.mark.rule(12)
def test_a_search_by_halves_ends_when_sending_pauses(bench):
    change_many(bench, 8)
    answers = [reply(400, {"category": "VALIDATION_ERROR"}), reply(429, {}, {"Retry-After": "60"})]
    calls = []
    bench.account.batch_update = lambda entries: calls.append(bench.now) or answers[min(len(calls), 2) - 1]
    bench.work(30)
    assert len(calls) == 2


def test_an_operator_stops_all_sending_and_resumes_it_within_a_second(bench):
    bench.work(1)
    hold(bench.database, bench.now)
    bench.now += 1
    bench.work(1)
    change_many(bench, 20)
    bench.work(100, step=1)
    assert bench.account.told == []
    resume(bench.database)
    bench.work(1)
    assert [len(entries) for entries in bench.account.told][:1] == [5]
    bench.work()
    assert set(outcomes(bench)) == {("sent", None)}


def test_an_operator_lifts_a_pause_that_hubspot_caused_and_a_handful_is_sent_within_a_second(bench):
    bench.account.failing = reply(429, {"policyName": "DAILY"})
    change_many(bench, 20)
    bench.work(60, step=1)
    bench.account.failing = None
    resume(bench.database)
    bench.account.told.clear()
    bench.work(1)
    assert [len(entries) for entries in bench.account.told][:1] == [5]


def test_what_changes_now_is_sent_soon_however_much_waits(bench):
    bench.pace = replace(bench.pace, concurrency=1)  # calls side by side end in any order
    bench.worker = bench.new_worker()
    change_many(bench, 1500)
    bench.now += 1
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "Fresh"})
    bench.now += 1
    bench.work(3)
    (turn,) = [n for n, entries in enumerate(bench.account.told) if "101" in {entry["objectId"] for entry in entries}]
    assert (turn < 5, len(bench.account.told) > 10) == (True, True)


def test_an_unforeseen_fault_in_merging_one_event_holds_up_no_other(bench):
    bench.writer.store(Arrival("own", b"no JSON at all", bench.now, "event.changed", "ev-0"))
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work()
    assert outcomes(bench) == [("pending", None), ("sent", None)]


def test_an_unforeseen_fault_in_a_delivery_puts_its_events_off_and_holds_up_no_other(bench):
    answer, broken = bench.account.batch_update, {"9"}

    def batch_update(entries):
        if {entry["objectId"] for entry in entries} & broken:
            raise KeyError("bug")
        return answer(entries)

    bench.account.batch_update = batch_update
    bench.account.events["9"] = {}
    bench.hear({"id": "bad", "objectId": "9", "eventName": "Bad"})
    bench.work(3)
    bench.hear({"id": "ev-1", "eventName": "A"})
    bench.work(3)
    broken.clear()
    bench.work(30)
    assert outcomes(bench) == [("sent", None), ("sent", None)]
    assert get_pause(bench.database) is None


def test_a_stop_that_does_not_get_its_answer_leaves_the_lead_to_run_out(bench):
    gate = Gate(bench.account)
    bench.hear({"id": "ev-1", "objectId": "101", "eventName": "A"})
    bench.work(2, step=1)
    bench.worker.finish_seconds = 0.01
    bench.worker._finish()
    assert bench.database.rows(select(tables.lease.c.expires_at)) != [(0.0,)]
    gate.open()
    assert bench.worker._jobs.finish(20.0)  # a call that outlived the test would write into the next one
