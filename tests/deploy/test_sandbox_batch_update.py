"""The sandbox's batch/update is as strict as HubSpot's documentation and recorded answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.sandbox.app import create_sandbox

PATH = "/marketing/marketing-events/2026-03/batch/update"
RESULT = {"objectId", "eventName", "createdAt", "updatedAt", "customProperties"}
BATCH = {"status", "results", "startedAt", "completedAt", "requestedAt"}
EVENT = {
    "externalAccountId": "acme",
    "externalEventId": "gala",
    "eventName": "Gala",
    "startDateTime": "2027-04-12T08:00:00Z",
    "endDateTime": "2027-04-12T16:00:00Z",
}


@pytest.fixture(scope="module")
def app():
    return create_sandbox()


@pytest.fixture
def client(app):
    app.extensions["sandbox"].reset()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


@pytest.fixture
def object_id(client):
    return client.application.extensions["sandbox"].seed([EVENT])[0]["objectId"]


def held(client):
    return {event["objectId"]: event for event in client.application.extensions["sandbox"].events()}


def update(client, *inputs):
    return client.post(PATH, json={"inputs": list(inputs)})


def assert_refused(client, answer, member=None):
    assert answer.status_code == 400
    assert {"status", "category", "message", "correlationId"} <= answer.json.keys()
    assert answer.json["category"] == "VALIDATION_ERROR"
    assert member is None or answer.json["errors"][0]["in"] == member
    assert all(event["history"] == [] for event in held(client).values())


def test_what_is_sent_changes_and_nothing_else(client, object_id):
    answer = update(client, {"objectId": object_id, "eventName": "Gala, now in Hall 2", "eventCancelled": True})
    assert answer.status_code == 200
    [result] = answer.json["results"]
    assert (result["eventName"], result["eventCancelled"]) == ("Gala, now in Hall 2", True)
    assert result["startDateTime"] == EVENT["startDateTime"]


def test_a_full_success_has_the_members_of_the_description_and_speaks_of_no_errors(client, object_id):
    answer = update(client, {"objectId": object_id, "eventName": "New"})
    assert answer.json.keys() == BATCH
    assert answer.json["status"] == "COMPLETE"
    assert answer.json["results"][0].keys() >= RESULT
    assert answer.json["results"][0]["appInfo"].keys() == {"id", "name"}


def test_each_update_is_kept_in_the_history_in_order(client, object_id):
    for name in ("one", "two"):
        update(client, {"objectId": object_id, "eventName": name})
    history = held(client)[object_id]["history"]
    assert [entry["eventName"] for entry in history] == ["one", "two"]
    assert history[0]["at"] <= history[1]["at"]


def test_an_unknown_object_id_makes_a_207_that_names_it(client, object_id):
    answer = update(client, {"objectId": "77"}, {"objectId": object_id, "eventName": "New"})
    assert answer.status_code == 207
    assert [result["objectId"] for result in answer.json["results"]] == [object_id]
    assert answer.json["numErrors"] == 1
    [error] = answer.json["errors"]
    assert (error["status"], error["category"]) == ("error", "OBJECT_NOT_FOUND")
    assert error["context"] == {"ids": ["77"]}


def test_only_unknown_object_ids_are_still_a_207(client):
    answer = update(client, {"objectId": "77"}, {"objectId": "78"})
    assert (answer.status_code, answer.json["results"]) == (207, [])
    assert answer.json["errors"][0]["context"]["ids"] == ["77", "78"]


def test_an_object_id_that_comes_twice_refuses_the_whole_call(client, object_id):
    answer = update(client, {"objectId": object_id, "eventName": "a"}, {"objectId": object_id, "eventName": "b"})
    assert_refused(client, answer)
    assert answer.json["message"] == f"Duplicate IDs found in batch input: [{object_id}]. IDs must be unique"
    assert answer.json["context"] == {"ids": [object_id]}


def test_custom_properties_that_the_account_does_not_define_are_dropped_without_a_word(client, object_id):
    properties = [{"name": "venue", "value": "Messe"}, {"name": "strange", "value": "x"}]
    answer = update(client, {"objectId": object_id, "customProperties": properties})
    assert answer.status_code == 200
    assert answer.json["results"][0]["customProperties"] == [{"name": "venue", "value": "Messe"}]


def test_a_text_may_be_emptied(client, object_id):
    assert update(client, {"objectId": object_id, "eventDescription": ""}).status_code == 200


@pytest.mark.parametrize(
    "body", [[], {}, {"inputs": []}, {"inputs": {}}, {"inputs": [1]}, {"inputs": [{"objectId": "1"}], "more": 1}]
)
def test_a_body_that_is_not_a_list_of_inputs_is_refused(client, body):
    assert_refused(client, client.post(PATH, json=body))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[" * 100_000, b'{"inputs":[{"objectId":"1","eventName":"\\ud800"}]}', b'{"inputs":NaN}'],
    ids=["empty", "cut", "not UTF-8", "too deep", "lone surrogate", "NaN"],
)
def test_what_is_not_json_is_refused(client, body):
    assert_refused(client, client.post(PATH, data=body, content_type="application/json"))


def test_another_media_type_is_not_understood(client):
    assert client.post(PATH, data=b"{}", content_type="text/plain").status_code == 415


def test_more_inputs_than_the_limit_are_refused(client):
    assert update(client, *({"objectId": str(number)} for number in range(100))).status_code == 207
    assert_refused(client, update(client, *({"objectId": str(number)} for number in range(101))), "inputs")


@pytest.mark.parametrize("given", [None, 1, "", "abc", "-1", "1.0", "٣", "1" * 20])
def test_an_object_id_is_a_string_of_digits(client, given):
    assert_refused(client, update(client, {"objectId": given, "eventName": "x"}), "objectId")


def test_an_input_without_object_id_is_refused(client):
    assert_refused(client, update(client, {"eventName": "x"}), "objectId")


@pytest.mark.parametrize("name", ["eventStartTime", "properties", "id", "eventCompleted", "externalEventId", "appInfo"])
def test_a_name_that_cannot_be_updated_is_refused(client, object_id, name):
    assert_refused(client, update(client, {"objectId": object_id, name: "x"}), name)


@pytest.mark.parametrize("name", ["eventName", "eventUrl", "startDateTime", "eventCancelled", "customProperties"])
def test_null_is_refused(client, object_id, name):
    assert_refused(client, update(client, {"objectId": object_id, name: None}), name)


@pytest.mark.parametrize("value", [1, True, ["x"], "x" * 65_537], ids=["number", "flag", "list", "too long"])
def test_a_text_is_a_string_of_bounded_length(client, object_id, value):
    assert_refused(client, update(client, {"objectId": object_id, "eventName": value}), "eventName")


@pytest.mark.parametrize("value", ["true", 1, 0])
def test_cancelled_is_true_or_false(client, object_id, value):
    assert_refused(client, update(client, {"objectId": object_id, "eventCancelled": value}), "eventCancelled")


@pytest.mark.parametrize(
    "value",
    [
        *("2027-04-12T08:00:00", "2027-04-12", "2027-04-12 08:00:00Z", "2027-04-12T08:00Z", "20270412T080000Z"),
        *("2027-02-30T08:00:00Z", "2027-04-12T25:00:00Z", "2027-04-12T08:00:00+25:00", "tomorrow", "", 1_800_000_000),
    ],
)
def test_a_date_without_zone_or_sense_is_refused(client, object_id, value):
    assert_refused(client, update(client, {"objectId": object_id, "startDateTime": value}), "startDateTime")


@pytest.mark.parametrize("value", ["2027-04-12T10:00:00+02:00", "2027-04-12T08:00:00.000Z"])
def test_a_date_with_its_zone_is_taken_as_it_came(client, object_id, value):
    answer = update(client, {"objectId": object_id, "startDateTime": value})
    assert answer.json["results"][0]["startDateTime"] == value


def test_an_end_before_the_start_sent_with_it_is_refused(client, object_id):
    dates = {"startDateTime": "2027-04-12T10:00:00+02:00", "endDateTime": "2027-04-12T09:00:00+02:00"}
    assert_refused(client, update(client, {"objectId": object_id, **dates}), "endDateTime")


@pytest.mark.parametrize("dates", [{"startDateTime": "2027-04-13T00:00:00Z"}, {"endDateTime": "2027-04-11T00:00:00Z"}])
def test_an_end_before_the_start_that_is_held_is_refused(client, object_id, dates):
    assert_refused(client, update(client, {"objectId": object_id, **dates}), "endDateTime")


def test_an_end_before_the_start_of_an_unknown_event_is_refused(client):
    dates = {"startDateTime": "2027-04-13T00:00:00Z", "endDateTime": "2027-04-11T00:00:00Z"}
    assert_refused(client, update(client, {"objectId": "77", **dates}), "endDateTime")


@pytest.mark.parametrize(
    "value",
    [
        *({"venue": "x"}, ["venue"], [{"name": "venue"}], [{"name": "venue", "value": None}]),
        *([{"name": "venue", "value": 1}], [{"name": "venue", "value": "x", "source": "API"}]),
    ],
)
def test_custom_properties_are_pairs_of_name_and_value(client, object_id, value):
    assert_refused(client, update(client, {"objectId": object_id, "customProperties": value}), "customProperties")


def test_one_wrong_input_refuses_the_others_too(client, object_id):
    assert_refused(client, update(client, {"objectId": object_id, "eventName": "x"}, {"objectId": "78", "a": 1}), "a")


@pytest.mark.parametrize("root", ["/marketing/marketing-events/2026-09", "/marketing/v3/marketing-events"])
def test_other_versions_have_the_same_endpoint(client, object_id, root):
    answer = client.post(f"{root}/batch/update", json={"inputs": [{"objectId": object_id, "eventName": "New"}]})
    assert answer.status_code == 200


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3)
MEMBERS = st.sampled_from(
    ["objectId", "eventName", "startDateTime", "endDateTime", "eventCancelled", "customProperties"]
)


@given(st.lists(st.dictionaries(MEMBERS, JSON | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"))))
def test_no_input_makes_the_sandbox_itself_fail(app, inputs):
    app.extensions["sandbox"].configure({"limit": 10**6})
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    answer = app.test_client().post(PATH, data=json.dumps({"inputs": inputs}), headers=headers)
    assert answer.status_code in (200, 207, 400)
