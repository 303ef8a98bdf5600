"""What the API does, and who is written down for it."""

import pytest
from inboxes import NOON, arrival, outcomes, queue
from operator_app import READER, TOKEN, actions, get, operator_app, post

from handlers.inbox import audit, pauses
from handlers.inbox.audit import Operator
from handlers.inbox.listing import Wanted
from handlers.inbox.queue import Outcome, Settlement, State
from handlers.inbox.writer import Writer
from handlers.operating import replaying

JO = Operator("jo", "operate", "command")


@pytest.fixture
def client(database):
    return operator_app(database, guests=("other",)).test_client()


def died(database, count=1, reason="rejected_by_hubspot", source="tickets"):
    """So many notifications about as many events."""
    events = [f"ev-{number}" for number in range(count)]
    Writer(database, 0.0).store_all([arrival(event, source=source) for event in events])
    inbox = queue(database)
    taken = inbox.take(NOON + 9, 1000, ())
    for changed in taken:
        waiting = inbox.pending_of([changed.id])[changed.id]
        results = [Outcome(one.id, NOON, "dead", reason, "{}") for one in waiting]
        inbox.settle([Settlement(changed, results, State({"eventName": "A"}))], NOON + 9)


def trail(database):
    return [
        (entry.operator, entry.action, entry.kind, entry.name) for entry in audit.entries(database, audit.Wanted(), 9)
    ]


def test_a_dry_run_only_counts(database, client):
    died(database, 3)
    answer = post(client, "/api/replay", reason="rejected_by_hubspot", dry_run=True).json
    assert answer == {"matching": 3, "replayed": 0, "still_invalid": 0, "next": None}
    assert (outcomes(database)[0][0], trail(database)) == ("dead", [])


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"reason": "rejected_by_hubspot"}, 3),
        ({"outcome": "dead"}, 3),
        ({"source": "tickets"}, 3),
        ({"event": "ev-1"}, 1),
        ({"notification": 2}, 1),
        ({"since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:01Z"}, 3),
        ({"since": "2027-01-15T08:00:01Z"}, 0),
        ({"reason": "invalid"}, 0),
        ({"source": "other"}, 0),
        ({"outcome": "sent"}, 0),
        ({"notification": 99}, 0),
    ],
)
def test_what_matches_is_replayed_and_nothing_else(database, client, wanted, count):
    died(database, 3)
    assert post(client, "/api/replay", **wanted, dry_run=True).json["matching"] == count
    assert post(client, "/api/replay", **wanted).json["replayed"] == count
    assert [outcome for outcome, _ in outcomes(database)].count("pending") == count


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"dry_run": True}, {"cursor": 5}, {"notification": 1, "source": "tickets"}, {"outcome": "pending"}),
        *({"outcome": "lost"}, {"since": "yesterday"}, {"reason": 7}, {"x": 1}, {"dry_run": "no", "source": "a"}),
        *({"notification": 0}, {"notification": 2**63}, {"source": "\x00"}),
    ],
)
def test_a_replay_at_fault_is_refused_and_does_nothing(database, client, body):
    died(database)
    answer = post(client, "/api/replay", **body)
    assert (answer.status_code, answer.json["reason"]) == (422, "invalid_body")
    assert (outcomes(database)[0][0], trail(database)) == ("dead", [])


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"\xff", "application/json", 400),
        (b"", "application/json", 422),
        (b'{"source": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_no_object_of_json_is_refused(client, content, kind, status):
    answer = client.post("/api/replay", data=content, content_type=kind, headers=TOKEN)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_replay_goes_through_all_in_chunks(database, monkeypatch):
    died(database, 7)
    monkeypatch.setattr(replaying, "CHUNK", 3)
    steps = list(actions(database).replay(Wanted(outcome="dead"), JO))
    assert [(step.done, step.total, step.last) for step in steps] == [(3, 7, 5), (6, 7, 2), (7, 7, 1)]


def test_a_replay_that_is_stopped_leaves_the_rest_and_says_so(database, monkeypatch):
    died(database, 7)
    monkeypatch.setattr(replaying, "CHUNK", 3)
    steps = actions(database).replay(Wanted(outcome="dead"), JO)
    next(steps)
    steps.close()
    assert [outcome for outcome, _ in outcomes(database)].count("pending") == 3
    assert [action for _, action, _, _ in trail(database)] == ["replay_stopped", "replay"]


def test_a_replay_that_takes_long_tells_where_to_go_on(database, client, monkeypatch):
    died(database, 7)
    monkeypatch.setattr(replaying, "CHUNK", 3)
    monkeypatch.setattr("handlers.operating.api_acting.REPLAY_SECONDS", 0.0)
    answer = post(client, "/api/replay", outcome="dead").json
    assert answer == {"matching": 7, "replayed": 3, "still_invalid": 0, "next": "5"}
    rest = post(client, "/api/replay", outcome="dead", cursor=int(answer["next"])).json
    assert (rest["replayed"], rest["next"]) == (3, "2")


def refused(database, body):
    Writer(database, 0.0).store(arrival(None, body=body, errors={"id": ["Is missing."]}))


def test_what_was_refused_at_the_door_is_judged_again_by_what_it_says(database, client):
    refused(database, b'{"id": "ev-9", "eventName": "Gala"}')
    refused(database, b'{"eventName": "no id"}')
    answer = post(client, "/api/replay", reason="invalid").json
    assert (answer["matching"], answer["replayed"], answer["still_invalid"]) == (2, 1, 1)
    assert outcomes(database) == [("pending", None), ("dead", "invalid")]
    assert get(client, "/api/notifications/1").json["event"] == "ev-9"


def test_a_link_is_set_and_what_waited_for_it_waits_to_be_sent(database, client):
    died(database, reason="not_in_hubspot")
    answer = client.put("/api/events/tickets/ev-0/link", json={"objectId": 4711}, headers=TOKEN)
    assert answer.json == {"objectId": "4711", "revived": 1}
    assert get(client, "/api/events/tickets/ev-0").json["objectId"] == "4711"
    assert trail(database) == [("operator", "link", "event", "tickets/ev-0")]


def test_a_marketing_event_that_stands_for_another_event_is_refused(database, client):
    for event in ("a", "b/link"):
        answer = client.put(f"/api/events/tickets/{event}/link", json={"objectId": "7"}, headers=TOKEN)
    assert (answer.status_code, answer.json["reason"]) == (409, "linked_elsewhere")
    assert len(trail(database)) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tickets/a", {"objectId": "x"}, 422),
        ("tickets/a", {}, 422),
        ("tickets/a", {"object_id": "7"}, 422),
        ("none/a", {"objectId": "7"}, 404),
        (f"tickets/{'x' * 300}", {"objectId": "7"}, 422),
        ("tickets/%20a", {"objectId": "7"}, 422),
    ],
)
def test_a_link_at_fault_is_refused(database, client, path, body, status):
    answer = client.put(f"/api/events/{path}/link", json=body, headers=TOKEN)
    assert (answer.status_code, trail(database)) == (status, [])


def test_an_event_is_sent_again_at_once(database, client):
    died(database)
    assert post(client, "/api/events/tickets/ev-0/send-again").json == {"done": True}
    assert get(client, "/api/events/tickets/ev-0").json["state"] == "waiting"
    assert trail(database) == [("operator", "send_again", "event", "tickets/ev-0")]


def test_an_event_is_looked_up_again_where_its_platform_can_be_asked(database, client):
    died(database, source="other")
    assert client.post("/api/events/other/ev-0/look-up", headers=TOKEN).json == {"done": True}
    assert get(client, "/api/notifications").json["items"][0]["action"] == "marquee.hint"
    assert trail(database) == [("operator", "look_up_again", "event", "other/ev-0")]


def test_a_platform_that_cannot_be_asked_is_not(database, client):
    died(database)
    answer = post(client, "/api/events/tickets/ev-0/look-up")
    assert (answer.status_code, answer.json["reason"], trail(database)) == (409, "cannot_ask", [])


@pytest.mark.parametrize("action", ["send-again", "look-up"])
def test_nothing_is_done_about_an_event_that_is_not_known(database, client, action):
    assert post(client, f"/api/events/tickets/none/{action}").status_code == 404
    assert trail(database) == []


def test_all_sending_is_paused_and_resumed(database, client):
    post(client, "/api/pause", detail="Maintenance.")
    status = get(client, "/api/status").json
    assert (status["sending"], status["pause"]["reason"], status["pause"]["detail"]) == (
        "paused",
        "operator",
        "Maintenance.",
    )
    assert client.post("/api/resume", headers=TOKEN).json == {"done": True}
    assert get(client, "/api/status").json["sending"] == "on"
    assert [entry[1:] for entry in trail(database)] == [("resume", "sending", ""), ("pause", "sending", "")]


def test_a_pause_that_hubspot_caused_is_lifted_at_once(database, client):
    pauses.set_pause(database, pauses.Pause("daily_limit", NOON, NOON + 9000))
    post(client, "/api/resume")
    assert get(client, "/api/status").json["sending"] == "on"


def test_one_source_is_paused_and_resumed(database, client):
    post(client, "/api/pause", source="tickets")
    sources = get(client, "/api/status").json["sources"]
    assert (sources["tickets"]["paused"]["reason"], sources["other"]["paused"]) == ("operator", None)
    post(client, "/api/resume")
    assert list(pauses.held_sources(database)) == ["tickets"]
    post(client, "/api/resume", source="tickets")
    assert pauses.held_sources(database) == {}
    assert trail(database)[-1] == ("operator", "pause", "source", "tickets")


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_a_source_that_is_not_configured_is_not_found(database, client, action):
    assert post(client, f"/api/{action}", source="none").status_code == 404
    assert post(client, f"/api/{action}", source=["tickets"]).status_code == 422
    assert trail(database) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("POST", "/api/replay"),
            ("POST", "/api/pause"),
            ("POST", "/api/resume"),
            ("PUT", "/api/events/tickets/a/link"),
        ),
        *(("POST", "/api/events/tickets/a/send-again"), ("POST", "/api/events/tickets/a/look-up")),
    ],
)
def test_who_may_only_read_does_nothing(database, client, method, path):
    answer = client.open(path, method=method, json={"objectId": "7"}, headers=READER)
    assert (answer.status_code, answer.json["reason"], trail(database)) == (403, "forbidden", [])
    assert client.open(path, method=method, json={}).status_code == 401
