"""The operator's API and the health of a process, on a real inbox."""

import dataclasses

import pytest
from inboxes import NOON, arrival, queue
from operator_app import ACCESS, NOBODY, get, operator_app

from handlers.inbox import reconciliations
from handlers.inbox.counts import Counts, count
from handlers.inbox.known import Hints
from handlers.inbox.pauses import Pause, set_pause
from handlers.inbox.queue import Outcome, Settlement
from handlers.inbox.reconciliations import Result
from handlers.inbox.silences import keep_silences
from handlers.inbox.writer import Writer


def at_noon(database):
    """Counted a minute after it."""
    return dataclasses.replace(count(database), counted_at=NOON + 60)


def app(database, access=ACCESS):
    return operator_app(database, access, counts=Counts(database, at_noon)).test_client()


@pytest.fixture
def client(database):
    return app(database)


@pytest.fixture
def writer(database):
    return Writer(database, 1.0)


def die(database):
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 1, 10, ())
    outcome = Outcome(1, NOON, "dead", "rejected_by_hubspot", '{"message":"words"}')
    inbox.settle([Settlement(changed, [outcome])], NOON + 2)


@pytest.mark.parametrize("path", ["/api/status", "/api/notifications", "/api/notifications/1"])
def test_without_a_token_in_the_settings_the_api_is_not_there(database, path):
    assert get(app(database, NOBODY), path).status_code == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "operators-token-of-tests", "Basic operators-token-of-tests"]
)
def test_without_the_right_token_nothing_is_told(client, given):
    answer = get(client, "/api/status", {"Authorization": given})
    assert (answer.status_code, answer.json["reason"]) == (401, "unauthorized")


def test_a_notification_is_told_with_all_that_became_of_it(database, client, writer):
    writer.store(arrival(delivery_id="d-1"))
    die(database)
    assert get(client, "/api/notifications/1").json == {
        "notification": "1",
        "source": "tickets",
        "event": "ev-1",
        "delivery_id": "d-1",
        "action": "event.changed",
        "outcome": "dead",
        "reason": "rejected_by_hubspot",
        "detail": {"message": "words"},
        "received_at": "2027-01-15T08:00:00.000+00:00",
        "settled_at": "2027-01-15T08:00:02.000+00:00",
        "attempt": None,
        "body": {"id": "ev-1"},
    }


def test_a_notification_that_is_not_kept_is_not_found(client):
    assert get(client, "/api/notifications/7").status_code == 404


def test_notifications_come_newest_first_in_pages_that_new_ones_do_not_shift(client, writer):
    for number in range(3):
        writer.store(arrival(f"ev-{number}"))
    first = get(client, "/api/notifications?limit=2").json
    writer.store(arrival("late"))
    second = get(client, f"/api/notifications?limit=2&cursor={first['next']}").json
    assert [item["event"] for item in first["items"] + second["items"]] == ["ev-2", "ev-1", "ev-0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("source=tickets", ["b", "a"]),
        ("event=a", ["a"]),
        ("outcome=pending", ["c", "b", "a"]),
        ("outcome=dead", []),
        ("since=2027-01-15T08:00:10Z", ["c", "b"]),
        ("until=2027-01-15T09:00:10%2B01:00", ["a"]),
    ],
)
def test_notifications_are_filtered(client, writer, query, events):
    writer.store(arrival("a"))
    writer.store(arrival("b", received_at=NOON + 10))
    writer.store(arrival("c", received_at=NOON + 20, source="other"))
    assert [item["event"] for item in get(client, f"/api/notifications?{query}").json["items"]] == events


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=9999", "cursor=x", "outcome=lost", "since=yesterday", "since=2027-01-15T08:00:00", "x=y"],
)
def test_a_query_at_fault_names_its_parameter(client, query):
    answer = get(client, f"/api/notifications?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (400, [query.partition("=")[0]])


def test_the_status_tells_what_waits_what_died_and_why_nothing_is_sent(database, client, writer):
    writer.store(arrival())
    die(database)
    writer.store(arrival("ev-2", received_at=NOON + 5))
    set_pause(database, Pause("unauthorized", NOON, NOON + 300, "Mend the token."))
    status = get(client, "/api/status").json
    pause = status["pause"]
    assert (status["sending"], pause["reason"], pause["detail"]) == ("paused", "unauthorized", "Mend the token.")
    assert status["dead"] == [{"source": "tickets", "reason": "rejected_by_hubspot", "notifications": 1}]
    assert (status["waiting_events"], status["sources"]["tickets"]["waiting_events"]) == (1, 1)


def test_a_process_that_is_up_says_so_and_one_with_its_inbox_is_ready(client):
    assert client.get("/livez").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_an_older_schema_is_not_ready_and_says_why(database, client):
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    answer = client.get("/readyz")
    assert (answer.status_code, "schema" in answer.json["reason"]) == (503, True)


def test_metrics_tell_what_waits_what_died_and_since_when(database, client, writer):
    writer.store(arrival())
    die(database)
    writer.store(arrival("ev-2"))
    set_pause(database, Pause("unauthorized", NOON, NOON + 300))
    text = client.get("/metrics").text
    for line in (
        'marquee_pending{source="tickets"} 1.0',
        'marquee_dead{reason="rejected_by_hubspot",source="tickets"} 1.0',
        "marquee_oldest_pending_seconds 60.0",
        'marquee_sending_paused{reason="unauthorized"} 1.0',
        "marquee_leader 1.0",
    ):
        assert line in text


@pytest.mark.sqlite
def test_counters_are_told_even_without_the_inbox(database, client):
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE lease RENAME TO hidden")
    answer = client.get("/metrics")
    assert (answer.status_code, "marquee_ack_seconds" in answer.text) == (200, True)


def finished(database, **changes):
    run = reconciliations.claim(database, "tickets", "me", NOON)
    result = dataclasses.replace(Result(40, 3, 1, doubted=False, seconds=2.5), **changes)
    reconciliations.finish(database, run, "me", result, NOON + 2.5, NOON + 3600)


def test_the_status_tells_how_a_platforms_list_compared(database, client):
    assert get(client, "/api/status").json["sources"]["tickets"]["reconciliation"] is None
    finished(database, doubted=True)
    assert get(client, "/api/status").json["sources"]["tickets"]["reconciliation"] == {
        "last_finished": "2027-01-15T08:00:02.500+00:00",
        "listed": 40,
        "drift": 3,
        "missing": 1,
        "doubted": True,
        "next_at": "2027-01-15T09:00:00.000+00:00",
        "running": False,
        "fault": None,
    }


def test_the_status_tells_of_a_comparison_under_way_and_why_it_was_put_off(database, client):
    reconciliations.claim(database, "tickets", "me", NOON)
    reconciliations.put_off(database, "tickets", "me", "platform_unavailable", NOON + 60, afresh=False)
    told = get(client, "/api/status").json["sources"]["tickets"]["reconciliation"]
    assert (told["running"], told["fault"], told["last_finished"]) == (True, "platform_unavailable", None)


def test_metrics_tell_how_the_platforms_lists_compared(database, client):
    finished(database)
    finished(database, doubted=True)
    text = client.get("/metrics").text
    for line in (
        'marquee_reconciliation_runs_total{result="finished",source="tickets"} 1.0',
        'marquee_reconciliation_runs_total{result="doubted",source="tickets"} 1.0',
        'marquee_reconciliation_runs_total{result="put_off",source="tickets"} 0.0',
        'marquee_reconciliation_seconds{source="tickets"} 2.5',
        'marquee_reconciliation_listed{source="tickets"} 40.0',
        'marquee_reconciliation_drift{source="tickets"} 3.0',
        'marquee_reconciliation_missing{source="tickets"} 1.0',
        'marquee_reconciliation_doubted{source="tickets"} 1.0',
    ):
        assert line in text


def test_a_source_that_is_gone_from_the_settings_has_no_metrics(database, client):
    reconciliations.schedule(database, {"gone": NOON})
    assert "gone" not in client.get("/metrics").text


def test_a_silent_source_is_told_until_it_is_heard_again(database, client, writer):
    assert get(client, "/api/status").json["sources"]["tickets"]["silent_since"] is None
    keep_silences(database, {"tickets": NOON})
    assert get(client, "/api/status").json["sources"]["tickets"]["silent_since"] == "2027-01-15T08:00:00.000+00:00"
    assert 'marquee_source_silent{source="tickets"} 1.0' in client.get("/metrics").text
    writer.store(arrival(received_at=NOON + 5))
    assert get(client, "/api/status").json["sources"]["tickets"]["silent_since"] is None
    assert 'marquee_source_silent{source="tickets"} 0.0' in client.get("/metrics").text


def test_hints_are_not_heard(database, client, writer):
    Hints(writer).add("tickets", ["a"], NOON)
    assert get(client, "/api/status").json["sources"]["tickets"]["last_heard"] is None
