"""The sandbox's other endpoints: searching, reading, making, deleting."""

import pytest

from deploy.sandbox.app import create_sandbox

ROOT = "/marketing/marketing-events/2026-03"
CREATION = {"externalAccountId": "acme", "externalEventId": "gala", "eventName": "Gala", "eventOrganizer": "Acme"}
READ = {"objectId", "eventName", "createdAt", "updatedAt", "customProperties", "externalEventId", "appInfo"}
COUNTERS = {"registrants", "attendees", "cancellations", "noShows"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def app(clock):
    return create_sandbox(clock)


@pytest.fixture
def client(app, clock):
    clock.now = 1_800_000_000.0
    app.extensions["sandbox"].reset()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


@pytest.fixture
def sandbox(client):
    return client.application.extensions["sandbox"]


def seed(sandbox, *names, **more):
    events = [{"externalAccountId": "acme", "externalEventId": name, "eventName": name, **more} for name in names]
    return [event["objectId"] for event in sandbox.seed(events)]


def test_search_finds_this_apps_events_of_every_account_at_once(client, sandbox):
    sandbox.configure({"identifiers_lag": 300})
    ids = [*seed(sandbox, "gala"), *seed(sandbox, "gala", externalAccountId="other")]
    seed(sandbox, "gala", appId=7)
    answer = client.get(f"{ROOT}/events/search?q=gala").json
    assert answer.keys() == {"results"}
    assert [result["objectId"] for result in answer["results"]] == ids
    assert answer["results"][0].keys() == {"appId", "externalAccountId", "externalEventId", "objectId"}


def test_search_without_a_query_is_refused(client):
    assert client.get(f"{ROOT}/events/search").status_code == 400


def test_identifiers_finds_the_events_of_all_apps(client, sandbox):
    ids = [*seed(sandbox, "gala"), *seed(sandbox, "gala", appId=7)]
    answer = client.get(f"{ROOT}/gala/identifiers").json
    assert (answer["total"], [result["objectId"] for result in answer["results"]]) == (2, ids)
    result = answer["results"][1]
    assert result.keys() >= {"objectId", "externalEventId", "marketingEventName", "externalAccountId"}
    assert result["appInfo"] == {"id": "7", "name": "App 7"}


def test_identifiers_lags_after_a_creation_where_told_to(client, sandbox, clock):
    sandbox.configure({"identifiers_lag": 300})
    seed(sandbox, "gala")
    assert client.get(f"{ROOT}/gala/identifiers").json == {"total": 0, "results": []}
    clock.now += 300
    assert client.get(f"{ROOT}/gala/identifiers").json["total"] == 1


@pytest.mark.parametrize("path", ["/acme:gala/identifiers", "/acme%3Agala/identifiers"])
def test_an_external_id_may_be_encoded(client, sandbox, path):
    seed(sandbox, "acme:gala")
    assert client.get(ROOT + path).json["total"] == 1


@pytest.mark.parametrize("path", ["", "/"])
def test_the_list_shows_ten_at_a_time_with_the_way_to_the_next(client, sandbox, path):
    ids = seed(sandbox, *(f"event-{number}" for number in range(12)))
    answer = client.get(ROOT + path).json
    assert [result["objectId"] for result in answer["results"]] == ids[:10]
    rest = client.get(f"{ROOT}{path}?after={answer['paging']['next']['after']}").json
    assert [result["objectId"] for result in rest["results"]] == ids[10:]
    assert "paging" not in rest


def test_the_list_goes_by_object_id_as_a_number(client, sandbox):
    seed(sandbox, "b", objectId="863913950938")
    seed(sandbox, "a", objectId="9")
    assert [result["objectId"] for result in client.get(ROOT).json["results"]] == ["9", "863913950938"]


def test_the_list_does_not_tell_the_external_account(client, sandbox):
    seed(sandbox, "gala")
    [result] = client.get(ROOT).json["results"]
    assert result.keys() >= READ
    assert "externalAccountId" not in result


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=²", "after=x"])
def test_the_list_refuses_a_page_out_of_range(client, query):
    assert client.get(f"{ROOT}?{query}").status_code == 400


def test_an_event_of_any_app_is_read_by_object_id(client, sandbox):
    [object_id] = seed(sandbox, "gala", appId=7)
    answer = client.get(f"{ROOT}/{object_id}").json
    assert answer.keys() >= READ | COUNTERS
    assert answer["appInfo"]["id"] == "7"


@pytest.mark.parametrize("method", ["get", "delete"])
def test_an_unknown_object_id_is_not_found(client, method):
    answer = getattr(client, method)(f"{ROOT}/77")
    assert answer.status_code == 404
    assert answer.json["category"] == "OBJECT_NOT_FOUND"
    assert "error" not in answer.json


def test_an_event_is_read_by_both_of_its_external_ids(client, sandbox):
    [object_id] = seed(sandbox, "gala")
    answer = client.get(f"{ROOT}/events/gala?externalAccountId=acme").json
    assert answer.keys() >= COUNTERS | {"id", "externalEventId", "eventOrganizer", "createdAt", "updatedAt"}
    assert answer["id"] == answer["objectId"] == object_id


def test_reading_by_external_id_needs_the_account(client, sandbox):
    seed(sandbox, "gala")
    answer = client.get(f"{ROOT}/events/gala")
    assert (answer.status_code, answer.json["message"]) == (400, "externalAccountId is required")


def test_another_apps_event_is_not_read_by_external_id(client, sandbox):
    seed(sandbox, "gala", appId=7)
    assert client.get(f"{ROOT}/events/gala?externalAccountId=acme").status_code == 404


def test_an_event_is_made_once(client):
    made = client.post(f"{ROOT}/events", json=CREATION)
    assert (made.status_code, made.json["eventName"]) == (200, "Gala")
    assert len(made.json["objectId"]) == 11
    assert client.post(f"{ROOT}/events", json=CREATION).status_code == 409


@pytest.mark.parametrize("name", CREATION)
@pytest.mark.parametrize("value", [None, "", 5])
def test_an_event_is_not_made_without_its_four_texts(client, sandbox, name, value):
    answer = client.post(f"{ROOT}/events", json={**CREATION, name: value})
    assert (answer.status_code, sandbox.events()) == (400, [])


def test_a_put_makes_an_event_without_a_word_and_then_updates_it(client, sandbox):
    for name in ("Gala", "Gala II"):
        answer = client.put(f"{ROOT}/events/gala", json={**CREATION, "eventName": name, "eventCompleted": True})
        assert answer.json.keys() >= {"id", "objectId", "createdAt", "updatedAt", "eventOrganizer"}
    [event] = sandbox.events()
    assert (event["eventName"], event["eventCompleted"], len(event["history"])) == ("Gala II", True, 1)


def test_a_put_for_another_id_than_the_paths_is_refused(client):
    assert client.put(f"{ROOT}/events/other", json=CREATION).status_code == 400


def test_a_put_of_no_object_is_refused(client):
    assert client.put(f"{ROOT}/events/gala", json=[CREATION]).status_code == 400


def test_a_put_leaves_another_apps_event_alone(client, sandbox):
    seed(sandbox, "gala", appId=7)
    client.put(f"{ROOT}/events/gala", json=CREATION)
    assert [event["appId"] for event in sandbox.events()] == [7, 4242]


def test_a_batch_of_upserts_makes_and_updates(client, sandbox):
    [object_id] = seed(sandbox, "gala")
    inputs = [CREATION, {**CREATION, "externalEventId": "fair"}]
    answer = client.post(f"{ROOT}/events/upsert", json={"inputs": inputs})
    assert (answer.status_code, answer.json["status"]) == (200, "COMPLETE")
    assert [result["objectId"] == object_id for result in answer.json["results"]] == [True, False]


@pytest.mark.parametrize(
    "inputs",
    [
        *([], [{}], ["x"], [CREATION, CREATION], [{**CREATION, "objectId": "1"}]),
        [{**CREATION, "endDateTime": "2027-01-01T00:00:00Z"}],
    ],
)
def test_a_batch_of_upserts_with_a_fault_is_refused_as_a_whole(client, sandbox, inputs):
    seed(sandbox, "gala", startDateTime="2027-02-01T00:00:00Z")
    assert client.post(f"{ROOT}/events/upsert", json={"inputs": inputs}).status_code == 400
    assert sandbox.events()[0]["history"] == []


def test_archiving_known_events_answers_nothing(client, sandbox):
    ids = seed(sandbox, "gala", "fair")
    answer = client.post(f"{ROOT}/batch/archive", json={"inputs": [{"objectId": each} for each in ids]})
    assert (answer.status_code, answer.data, sandbox.events()) == (204, b"", [])


def test_archiving_names_what_was_unknown(client, sandbox):
    [object_id] = seed(sandbox, "gala")
    answer = client.post(f"{ROOT}/batch/archive", json={"inputs": [{"objectId": object_id}, {"objectId": "77"}]})
    assert (answer.status_code, answer.json["errors"][0]["context"]) == (207, {"ids": ["77"]})
    assert sandbox.events() == []


def test_a_deleted_event_is_found_no_more(client, sandbox):
    [object_id] = seed(sandbox, "gala")
    assert client.delete(f"{ROOT}/{object_id}").status_code == 204
    assert client.get(f"{ROOT}/events/search?q=gala").json == {"results": []}


@pytest.mark.parametrize("path", ["/crm/v3/objects", f"{ROOT}/external/gala", "/marketing-events/v3", "/marketing//v3"])
def test_an_unknown_address_is_not_found_in_json(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json["message"]) == (404, "resource not found")
    assert "category" not in answer.json


def test_a_wrong_method_is_told_in_json(client):
    answer = client.put(f"{ROOT}/batch/update")
    assert (answer.status_code, answer.json["status"]) == (405, "error")
