"""Events, calls and what died, as the API tells of them."""

import pytest
from inboxes import NOON, arrival, queue
from operator_app import NOBODY, READER, TOKEN, get, operator_app

from handlers.inbox.audit import About, Operator, record_alone
from handlers.inbox.links import link
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement, State
from handlers.inbox.writer import Writer

IDS = ["ev-1", "acme:summit", "a/b", "a//b", "/a/", "x/link", "x/send-again", "ünï çode", "a?b#c%d", ".", "a+b"]


@pytest.fixture
def client(database):
    return operator_app(database).test_client()


def escaped(event):
    return "".join(
        letter if letter.isalnum() and letter.isascii() else "".join(f"%{b:02X}" for b in letter.encode())
        for letter in event
    )


def sent(database, event="ev-1", fields=None):
    receipt = Writer(database, 0.0).store(arrival(event, body=b'{"id": "ev-1", "email": "jane@example.com"}'))
    link(database, "tickets", event, "4711", NOON)
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 9, 10, ())
    fields = fields or {"eventName": "Gala"}
    call = Attempt(
        "b-1", NOON + 2, 0.1, 207, None, "COMPLETE", 1, 1, 0, "c-1", [Input(changed.id, fields, "confirmed")]
    )
    outcome = Outcome(int(receipt.notification), NOON, "sent")
    inbox.settle([Settlement(changed, [outcome], State(fields), fields, standing=("sent", None))], NOON + 2, call)


@pytest.mark.parametrize("event", IDS)
def test_an_event_is_told_whatever_its_id_holds(database, client, event):
    Writer(database, 1.0).store(arrival(event))
    answer = get(client, f"/api/events/tickets/{escaped(event)}")
    assert (answer.status_code, answer.json["event"], answer.json["state"]) == (200, event, "waiting")


@pytest.mark.parametrize("path", ["tickets/none", "none/ev-1", "tickets/%00", "tickets/%C3%28"])
def test_an_event_that_is_not_known_is_not_found(database, client, path):
    Writer(database, 1.0).store(arrival())
    answer = get(client, f"/api/events/{path}")
    assert (answer.status_code, answer.json["reason"]) == (404, "not_found")


def test_an_event_is_told_with_its_whole_story(database, client):
    sent(database)
    told = get(client, "/api/events/tickets/ev-1").json
    assert (told["state"], told["objectId"], told["said"], told["confirmed"]) == (
        *("up_to_date", "4711", {"eventName": "Gala"}, {"eventName": "Gala"}),
    )
    (entry,) = told["timeline"]
    assert (entry["notification"]["outcome"], entry["attempt"]["status"]) == ("sent", 207)
    assert entry["carried"] == {
        "result": "confirmed",
        "changes": [{"field": "eventName", "before": None, "after": "Gala", "before_known": False}],
    }


def test_a_dead_event_is_told_with_how_to_mend_it(database, client):
    Writer(database, 0.0).store(arrival())
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 9, 10, ())
    outcomes = [Outcome(1, NOON, "dead", "ambiguous")]
    inbox.settle([Settlement(changed, outcomes, State(), standing=("dead", "ambiguous"))], NOON + 2)
    told = get(client, "/api/events/tickets/ev-1").json
    assert (told["state"], told["reason"]) == ("not_in_hubspot", "ambiguous")
    assert "several" in told["words"]["says"]
    assert "Link" in told["words"]["mend"]
    (group,) = get(client, "/api/dead").json["items"]
    assert (group["reason"], group["notifications"], group["mend"]) == ("ambiguous", 1, told["words"]["mend"])


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("", ["other", "ev-2", "ev-1"]),
        ("source=tickets", ["ev-2", "ev-1"]),
        ("q=EV-2", ["ev-2"]),
        ("state=waiting&source=nobody", []),
        ("state=dead", []),
        ("limit=2", ["other", "ev-2"]),
    ],
)
def test_events_are_searched(database, client, query, events):
    writer = Writer(database, 1.0)
    for one in (arrival("ev-1"), arrival("ev-2"), arrival("other", source="box")):
        writer.store(one)
    assert [item["event"] for item in get(client, f"/api/events?{query}").json["items"]] == events


@pytest.mark.parametrize(
    "query",
    ["state=lost", "q=", "q=%00", f"q={'x' * 201}", "limit=501", "cursor=0", f"cursor={2**63}", "x=y", "source="],
)
def test_a_search_at_fault_names_its_parameter(client, query):
    answer = get(client, f"/api/events?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (400, [query.partition("=")[0]])


def test_a_call_is_told_with_what_it_said_of_which_event(database, client):
    sent(database)
    (item,) = get(client, "/api/attempts?status=207").json["items"]
    assert (item["attempt"], item["correlation_id"], item["seconds"], item["updated"]) == ("1", "c-1", 0.1, 1)
    (event,) = get(client, "/api/attempts/1").json["events"]
    assert (event["event"], event["fields"], event["result"]) == ("ev-1", {"eventName": "Gala"}, "confirmed")


@pytest.mark.parametrize("status", ["429", "none", "failed"])
def test_calls_are_filtered_by_their_answer(database, client, status):
    sent(database)
    assert get(client, f"/api/attempts?status={status}").json == {"items": [], "next": None}


@pytest.mark.parametrize("status", ["99", "600", "ok", "+200", "２００", ""])
def test_what_is_no_status_is_refused(client, status):
    answer = get(client, f"/api/attempts?status={status}")
    assert (answer.status_code, list(answer.json["errors"])) == (400, ["status"])


@pytest.mark.parametrize(
    "path", ["/api/attempts/9", "/api/attempts/x", f"/api/attempts/{2**63}", f"/api/notifications/{2**64}"]
)
def test_what_is_not_kept_is_not_found(client, path):
    assert get(client, path).status_code == 404


def test_a_body_is_told_without_what_is_private(database, client):
    sent(database)
    assert get(client, "/api/notifications/1").json["body"] == {"id": "ev-1", "email": "«redacted»"}


def test_the_trail_tells_who_did_what(database, client):
    by = Operator("jo", "operate", "page")
    for name in ("tickets", "other"):
        record_alone(database, by, "pause", About("source", name), {"detail": "Maintenance."})
    page = get(client, "/api/audit?limit=1").json
    (item,) = page["items"]
    assert (item["operator"], item["via"], item["action"], item["name"]) == ("jo", "page", "pause", "other")
    (rest,) = get(client, f"/api/audit?cursor={page['next']}").json["items"]
    assert (rest["name"], rest["detail"]) == ("tickets", {"detail": "Maintenance."})
    assert get(client, "/api/audit?operator=nobody").json["items"] == []


@pytest.mark.parametrize("path", ["/api/events", "/api/attempts", "/api/dead", "/api/audit", "/api/events/a/b"])
def test_without_a_token_there_is_nothing(database, client, path):
    assert client.get(path).status_code == 401
    assert get(operator_app(database, NOBODY).test_client(), path).status_code == 404


def test_who_may_only_read_may_read(client):
    assert get(client, "/api/events", READER).status_code == get(client, "/api/events", TOKEN).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/none", "/api/events/", "/api/status/"])
def test_an_address_that_is_none_is_not_found(client, path):
    assert get(client, path).status_code == 404


def test_a_method_that_is_none_is_refused_with_those_that_are(client):
    answer = client.delete("/api/events", headers=TOKEN)
    assert (answer.status_code, answer.json["reason"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
