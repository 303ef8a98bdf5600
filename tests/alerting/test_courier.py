"""Alerts reach their receiver signed, in order, and as often as it takes: over HTTP to a real one on loopback."""

import time
from threading import Event, Thread

import pytest
from inboxes import NOON
from receiver import SECRET, Receiver
from structlog.testing import capture_logs

from handlers.alerting.changes import tell
from handlers.alerting.courier import FIRST_WAIT, GIVE_UP_SECONDS, LONGEST_WAIT, Courier, wait_after
from handlers.alerting.states import LASTING_SECONDS, Now
from handlers.forwarding.outgoing import Outgoing
from handlers.inbox import tables
from handlers.inbox.alerts import claim, get_said
from handlers.inbox.lease import Lease
from schemas.alerts import Receiver as Settings


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def courier(database, receiver, secret=SECRET, **given):
    settings = Settings(receiver.url, "/hook?to=ops", secret)
    return Courier(database, Outgoing(receiver.url, timeout=2.0), settings, given.pop("clock", time.time), **given)


def lead(database):
    assert Lease(database).hold()


def say(database, *kinds):
    for kind in kinds:
        topic, _, state = kind.partition(".")
        tell(database, topic, get_said(database).get(topic), Now(state, "words"), NOON)


def wait_over(database):
    with database.write() as connection:
        connection.execute(tables.alert.update().values(due_at=tables.alert.c.due_at - LONGEST_WAIT))


def left(database):
    return len(database.rows(tables.alert.select()))


def test_an_alert_arrives_signed_at_its_own_address(database, receiver):
    say(database, "sending.paused")
    courier(database, receiver).turn()
    assert (receiver.taken, receiver.forged, receiver.paths) == (["sending.paused"], [], ["/hook?to=ops"])
    assert left(database) == 0


def test_another_secret_is_noticed_by_the_receiver(database, receiver):
    """So that the check above is one."""
    say(database, "sending.paused")
    courier(database, receiver, "whsec_" + "QUJD" * 8).turn()
    assert (receiver.taken, len(receiver.forged)) == ([], 1)


def test_all_that_waits_arrives_in_order_and_once(database, receiver):
    say(database, "sending.paused", "dead.growing", "sending.resumed")
    there = courier(database, receiver)
    there.turn()
    there.turn()
    assert receiver.taken == ["sending.paused", "dead.growing", "sending.resumed"]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503, 301, 302, 307, 308])
def test_what_is_refused_is_tried_again_under_the_same_id_and_nothing_overtakes_it(database, receiver, status):
    receiver.statuses = [status]
    say(database, "sending.paused", "sending.resumed")
    there = courier(database, receiver)
    there.turn()
    there.turn()
    assert (receiver.refused, receiver.taken) == (["sending.paused"], [])
    wait_over(database)
    there.turn()
    assert receiver.taken == ["sending.paused", "sending.resumed"]
    assert receiver.ids[0] == receiver.ids[1] != receiver.ids[2]
    assert set(receiver.paths) == {"/hook?to=ops"}


def test_while_nobody_is_there_alerts_wait_and_come_later(database):
    gone = Receiver()
    gone.close()
    say(database, "sending.paused")
    with capture_logs() as logs:
        courier(database, gone).turn()
    assert [(line["action"], line["fault"]) for line in logs] == [("alert.refused", "refused")]
    assert left(database) == 1
    back = Receiver()
    wait_over(database)
    courier(database, back).turn()
    back.close()
    assert back.taken == ["sending.paused"]


def test_no_log_holds_the_address_or_the_secret(database, receiver):
    receiver.statuses = [500]
    say(database, "sending.paused")
    with capture_logs() as logs:
        courier(database, receiver).turn()
    assert SECRET not in str(logs)
    assert "/hook" not in str(logs)


def test_waits_grow_up_to_ten_minutes():
    assert [wait_after(tries) for tries in (1, 2, 3, 8, 500)] == [FIRST_WAIT, 10.0, 20.0, LONGEST_WAIT, LONGEST_WAIT]


def test_after_days_it_is_given_up_and_the_next_one_is_tried(database, receiver):
    receiver.statuses = [500]
    say(database, "sending.paused", "sending.resumed")
    with capture_logs() as logs:
        courier(database, receiver, clock=lambda: time.time() + GIVE_UP_SECONDS).turn()
    assert [line["action"] for line in logs] == ["alert.given_up", "alert.posted"]
    assert (receiver.taken, left(database)) == (["sending.resumed"], 0)


def test_several_processes_bring_each_alert_once(database, receiver):
    say(database, *["sending.paused", "sending.resumed"] * 5)
    threads = [Thread(target=courier(database, receiver).turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    courier(database, receiver).turn()
    assert receiver.taken == ["sending.paused", "sending.resumed"] * 5


def test_what_a_process_took_up_and_dropped_another_one_brings(database, receiver):
    say(database, "sending.paused")
    assert claim(database, 60.0)
    assert claim(database, 60.0) is None
    courier(database, receiver).turn()
    assert receiver.taken == []
    wait_over(database)
    courier(database, receiver).turn()
    assert receiver.taken == ["sending.paused"]


def test_that_nobody_leads_is_told_after_a_minute_and_that_somebody_does_again(database, receiver):
    now = [0.0]
    there = courier(database, receiver, monotonic=lambda: now[0])
    there.turn()
    now[0] += LASTING_SECONDS - 1
    there.turn()
    assert receiver.taken == []
    now[0] += 1
    there.turn()
    there.turn()
    assert receiver.taken == ["leader.missing"]
    lead(database)
    there.turn()
    there.turn()
    assert receiver.taken == ["leader.missing", "leader.found"]


def test_a_short_time_without_a_leader_is_not_told(database, receiver):
    now = [0.0]
    there = courier(database, receiver, monotonic=lambda: now[0])
    there.turn()
    lead(database)
    now[0] += LASTING_SECONDS
    there.turn()
    assert receiver.ids == []


def test_all_processes_that_miss_a_leader_tell_it_once(database, receiver):
    now = [0.0]
    all_of_them = [courier(database, receiver, monotonic=lambda: now[0]) for _ in range(3)]
    for _ in range(2):
        for one in all_of_them:
            one.turn()
        now[0] += LASTING_SECONDS
    assert receiver.taken == ["leader.missing"]


@pytest.mark.sqlite
def test_an_inbox_that_is_away_ends_nothing(database, receiver):
    there = courier(database, receiver)
    say(database, "sending.paused")
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE lease RENAME TO hidden")
    with capture_logs() as logs:
        there.turn()
    assert [line["action"] for line in logs] == ["alert.inbox_unavailable"]
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO lease")
    there.turn()
    assert receiver.taken == ["sending.paused"]


def test_it_ends_when_it_is_told_to(database, receiver):
    stop = Event()
    thread = Thread(target=courier(database, receiver).run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(2.0)
    assert not thread.is_alive()
