"""No answer of the API holds a secret, a token, or a person's data: marks are put everywhere, and then looked for."""

import orjson
import pytest
from inboxes import NOON, arrival, queue
from operator_app import TOKEN, get, operator_app, post
from recorded import source

from handlers.inbox.links import link
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement, State
from handlers.inbox.writer import Writer

SECRET, PERSON, MAIL = "s3cr3t-of-the-source", "Zq7Person", "zq7person@example.com"
BODY = {
    "id": "ev-1",
    "eventName": "Gala",
    "eventDescription": f"Ask {MAIL} or +49 170 1234567.",
    "eventUrl": f"https://user:{SECRET}@host.example/a?token={SECRET}",
    "attendee": {"name": PERSON, "email": MAIL, "answers": [{"answer": PERSON}]},
    "buyer_first_name": PERSON,
    "token": SECRET,
    "note": f"the secret is {SECRET}",
}
MARKS = (SECRET, PERSON, MAIL, "1234567", "operators-token-of-tests", "readers-token-of-tests")


@pytest.fixture
def client(database):
    own = source("generic", secrets=[SECRET])
    sources = {"tickets": type(own)(**vars(own) | {"name": "tickets"})}
    fill(database)
    return operator_app(database, sources=sources, guests=("tickets",)).test_client()


def fill(database):
    writer, body = Writer(database, 0.0), orjson.dumps(BODY)
    writer.store_all([arrival("ev-1", body=body), arrival(None, body=body, errors={"id": ["Is missing."]})])
    link(database, "tickets", "ev-1", "4711", NOON)
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 9, 10, ())
    fields = {"eventName": "Gala"}
    call = Attempt("b-1", NOON, 0.1, 401, None, None, 1, 0, 0, "c-1", [Input(changed.id, fields, "open")])
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead", "rejected_by_hubspot")], State(fields))], NOON, call)


READ = (
    *("/api/status", "/api/notifications", "/api/notifications/1", "/api/notifications/2", "/api/events"),
    *("/api/events/tickets/ev-1", "/api/attempts", "/api/attempts/1", "/api/dead", "/api/audit", "/openapi.json"),
    *("/api/events/tickets/none", "/api/notifications?x=1", "/metrics", "/readyz", "/docs"),
)


def test_no_answer_holds_what_is_secret_or_a_persons(client):
    told = [
        *(get(client, path) for path in READ),
        post(client, "/api/replay", notification=2),
        post(client, "/api/events/tickets/ev-1/send-again"),
        post(client, "/api/events/tickets/ev-1/look-up"),
        client.put("/api/events/tickets/ev-1/link", json={"objectId": SECRET}, headers=TOKEN),
        client.post("/api/pause", data=f'{{"x": "{SECRET}"}}'.encode(), content_type="text/plain", headers=TOKEN),
        client.get("/api/status", headers={"Authorization": f"Bearer {SECRET}"}),
    ]
    assert {answer.status_code for answer in told} == {200, 400, 401, 404, 415, 422}
    for answer in told:
        text = answer.text + str(answer.headers)
        assert [mark for mark in MARKS if mark in text] == [], answer.request.path


def test_the_events_own_texts_are_told(client):
    body = get(client, "/api/notifications/1").json["body"]
    assert (body["eventName"], body["attendee"]) == ("Gala", "«redacted»")
