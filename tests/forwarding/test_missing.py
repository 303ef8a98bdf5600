"""Events that HubSpot does not have, or has no longer: found later, created once, or dead with the reason."""

import tempfile

import pytest
from fresh import fresh_inbox
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from recorded import source
from replies import reply
from sqlalchemy import select
from working import Bench, Reply

from handlers.inbox import tables
from handlers.inbox.links import link
from handlers.platform import Gone

CREATE = {"account_id": "acme", "on_missing": "create"}
GALA = {"id": "gala", "eventName": "Gala", "eventOrganizer": "Acme"}


def benched(database, **sources):
    return Bench(database, sources or {"own": source("generic", **CREATE)})


@pytest.fixture
def bench(database):
    running = benched(database)
    yield running
    running.worker._finish()


def outcomes(bench):
    column = tables.notification.c
    return [tuple(row) for row in bench.database.rows(select(column.outcome, column.reason).order_by(column.id))]


def linked(bench):
    return [tuple(row) for row in bench.database.rows(select(tables.link.c.object_id, tables.link.c.found_by))]


def timed_out(*, done):
    """HubSpot does it all the same, or not; nobody hears which."""

    def makes(make, entries):
        if done:
            make(entries)
        return Reply(None, fault="read_timeout")

    return makes


def test_what_hubspot_does_not_have_is_created_after_the_grace_and_many_in_one_call(bench):
    for number in range(30):
        bench.hear({"id": f"new-{number}", "eventName": f"New {number}", "eventOrganizer": "Acme"})
    bench.work(595, step=5)
    assert bench.account.made == []
    bench.work(20)
    assert len(bench.account.made) <= 2
    assert outcomes(bench) == [("sent", None)] * 30
    assert bench.account.told == []


def test_what_was_created_is_updated_by_its_object_id_and_only_where_it_differs(bench):
    bench.hear(GALA)
    bench.work(620, step=5)
    bench.hear({**GALA, "eventName": "Gala Night"})
    bench.work()
    assert bench.account.told == [[{"objectId": "901", "eventName": "Gala Night"}]]
    assert linked(bench) == [("901", "created")]


def test_further_notifications_do_not_put_off_the_end_of_the_grace_and_the_newest_is_created(bench):
    for version in range(1, 7):
        bench.hear({**GALA, "version": version, "eventName": f"v{version}"})
        bench.work(100, step=2)
    bench.work(20)
    assert [entries[0]["eventName"] for entries in bench.account.made] == ["v6"]
    assert outcomes(bench) == [("superseded", None)] * 5 + [("sent", None)]


def test_one_that_appears_within_the_grace_is_not_created(bench):
    bench.hear(GALA)
    bench.work(500, step=5)
    bench.account.hold("gala", "101")
    bench.work(200, step=5)
    assert bench.account.made == []
    assert bench.account.events["101"]["eventName"] == "Gala"


@pytest.mark.rule(20)
def test_after_a_time_out_that_hubspot_carried_out_it_is_found_and_not_created_again(bench):
    bench.account.makes = timed_out(done=True)
    bench.hear(GALA)
    bench.work(605, step=5)
    bench.worker = bench.new_worker()
    bench.work(700, step=5)
    assert len(bench.account.made) == 1
    assert outcomes(bench) == [("sent", None)]
    assert linked(bench) == [("901", "hubspot")]


def test_after_a_time_out_that_came_to_nothing_it_is_created_only_after_another_grace(bench):
    bench.account.makes = timed_out(done=False)
    bench.hear(GALA)
    bench.work(605, step=5)
    bench.worker = bench.new_worker()
    bench.work(590, step=5)
    assert len(bench.account.made) == 1
    bench.account.makes = None
    bench.work(60)
    assert len(bench.account.made) == 2
    assert outcomes(bench) == [("sent", None)]


def test_a_creation_that_is_throttled_goes_on_as_soon_as_it_may(bench):
    bench.account.makes = lambda make, entries: reply(429, {"policyName": "TEN_SECONDLY_ROLLING"})
    bench.hear(GALA)
    bench.work(605, step=5)
    assert len(bench.account.made) == 1
    bench.account.makes = None
    bench.work(30)
    assert outcomes(bench) == [("sent", None)]


def test_a_fault_of_our_own_while_creating_leaves_doubt_and_holds_up_nobody(bench):
    def fails(make, entries):
        make(entries)
        raise KeyError("bug")

    bench.account.makes = fails
    bench.account.hold("fair", "101")
    bench.hear(GALA)
    bench.work(605, step=5)
    (doubt,) = bench.database.rows(select(tables.event.c.waits_for))
    assert doubt == ("creating",)
    bench.hear({"id": "fair", "eventName": "Fair"})
    bench.work()
    assert outcomes(bench) == [("pending", None), ("sent", None)]
    bench.work(400, step=5)
    assert (outcomes(bench)[0], len(bench.account.made)) == (("sent", None), 1)


def test_without_an_organizer_it_is_dead_naming_it_until_a_notification_brings_one(bench):
    bench.hear({"id": "gala", "eventName": "Gala"})
    bench.work(620, step=5)
    assert outcomes(bench) == [("dead", "invalid")]
    bench.hear(GALA)
    bench.work(620, step=5)
    assert outcomes(bench)[1] == ("sent", None)


def test_the_sources_organizer_stands_in(database):
    bench = benched(database, own=source("generic", **CREATE, organizer="Acme Events"))
    bench.hear({"id": "gala", "eventName": "Gala"})
    bench.work(620, step=5)
    assert bench.account.made[0][0]["eventOrganizer"] == "Acme Events"
    bench.worker._finish()


def test_a_cancelled_event_is_created_only_once_it_takes_place_after_all(bench):
    bench.hear({**GALA, "eventCancelled": True})
    bench.work(620, step=5)
    assert outcomes(bench) == [("unchanged", "cancelled")]
    bench.hear({**GALA, "eventCancelled": False})
    bench.work(620, step=5)
    assert outcomes(bench)[1] == ("sent", None)


def test_an_event_that_is_gone_is_not_created(database):
    bench = benched(database, box=source("pretix", **CREATE))
    bench.guest.found = {"acme:gala": Gone()}
    notice = {"notification_id": 1, "organizer": "acme", "event": "gala", "action": "pretix.event.changed"}
    bench.hear(notice, "box", "acme:gala")
    bench.work(620, step=5)
    assert (outcomes(bench), bench.account.made) == ([("unchanged", "deleted")], [])
    bench.worker._finish()


def test_two_sources_that_mean_the_same_make_it_once(database):
    bench = benched(database, one=source("generic", **CREATE), two=source("generic", **CREATE))
    bench.hear(GALA, "one")
    bench.hear({**GALA, "eventName": "Other"}, "two")
    bench.work(700, step=5)
    assert sorted(outcomes(bench), key=str) == [("dead", "linked_elsewhere"), ("sent", None)]
    assert len(bench.account.made) == 1
    bench.worker._finish()


def test_one_that_was_deleted_and_made_anew_in_hubspot_is_found_again_at_once(bench):
    bench.account.hold("gala", "101")
    bench.hear(GALA)
    bench.work()
    del bench.account.events["101"]
    bench.account.ids["gala"] = []
    bench.account.hold("gala", "102")
    bench.hear({**GALA, "eventName": "Gala Night"})
    bench.work()
    assert bench.account.events["102"] == {"objectId": "102", "eventName": "Gala Night", "eventOrganizer": "Acme"}
    assert outcomes(bench) == [("sent", None)] * 2


@pytest.mark.parametrize(("on_missing", "fate"), [("dead", ("dead", "not_in_hubspot")), ("create", ("sent", None))])
def test_for_one_that_was_deleted_for_good_on_missing_decides_after_the_grace(database, on_missing, fate):
    bench = benched(database, own=source("generic", account_id="acme", on_missing=on_missing))
    bench.account.hold("gala", "101")
    bench.hear(GALA)
    bench.work()
    del bench.account.events["101"], bench.account.ids["gala"]
    bench.hear({**GALA, "eventName": "Gala Night"})
    bench.work(590, step=5)
    assert outcomes(bench)[1] == ("pending", None)
    bench.work(60)
    assert outcomes(bench)[1] == fate
    bench.worker._finish()


def test_an_index_that_goes_on_naming_a_deleted_one_is_not_believed_for_ever(bench):
    bench.account.hold("gala", "101")
    bench.hear(GALA)
    bench.work()
    del bench.account.events["101"]
    bench.hear({**GALA, "eventName": "Gala Night"})
    bench.work(700, step=5)
    assert outcomes(bench)[1] == ("dead", "not_in_hubspot")
    assert len(bench.account.told) < 15


@pytest.mark.rule(22)
def test_another_apps_is_left_alone_until_a_person_links_it(bench):
    found = {"objectId": "101", "externalEventId": "gala", "externalAccountId": "acme", "appInfo": {"id": "7"}}
    bench.account.identifiers = lambda external_id: reply(200, {"results": [found]})
    bench.account.events["101"] = {}
    bench.hear(GALA)
    bench.work(700, step=5)
    assert (outcomes(bench), bench.account.made) == ([("dead", "made_by_another_app")], [])
    link(bench.database, "own", "gala", "101", bench.now)
    bench.work()
    assert bench.account.events["101"]["eventName"] == "Gala"


@given(st.lists(st.sampled_from(["done", "undone", "late", "busy", "down", "crash"]), max_size=4))
@hypothesis_settings(max_examples=15)
def test_whatever_befalls_a_creation_there_is_one_marketing_event_with_the_newest_state(troubles):
    with tempfile.TemporaryDirectory() as folder:
        database = fresh_inbox(folder)
        bench = Bench(database, {"own": source("generic", **CREATE)}, grace=30.0)
        left, looked_up = list(troubles), []

        def makes(make, entries):
            looked_up.append(len(bench.account.asked))
            trouble = left.pop(0) if left else None
            answer = make(entries) if trouble in ("done", "crash", None) else None
            if trouble == "crash":
                bench.worker = bench.new_worker()
            statuses = {"late": 504, "busy": 429, "down": 503}
            return answer if trouble is None else reply(statuses[trouble]) if trouble in statuses else Reply(None)

        bench.account.makes = makes
        for version in range(1, 4):
            bench.hear({**GALA, "version": version, "eventName": f"v{version}"})
            bench.work(20, step=2)
        bench.work(1500, step=5)
        assert sorted(set(looked_up)) == looked_up, "it was made again before it was looked up again"
        assert [event["eventName"] for event in bench.account.events.values()] == ["v3"]
        assert ("sent", None) in outcomes(bench)
        assert ("pending", None) not in outcomes(bench)
        bench.worker._finish()
        database.close()
