"""HubSpot's words, out and in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hubspot import BatchResponse, ErrorBody, LookUpResponse, PropertyValue, UpdateInput, to_input, understood


@pytest.mark.rule(2)
def test_an_input_is_flat_and_keyed_by_the_object_id():
    assert to_input("123", {"eventName": "A", "eventCancelled": False}) == {
        "objectId": "123",
        "eventName": "A",
        "eventCancelled": False,
    }


@pytest.mark.rule(3)
def test_custom_properties_leave_as_names_and_values_only():
    assert to_input("1", {"customProperties": {"b": "2", "a": "1"}})["customProperties"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": "2"},
    ]


@pytest.mark.rule(3)
def test_without_custom_properties_there_is_no_member_for_them():
    assert "customProperties" not in to_input("1", {"eventName": "A", "customProperties": {}})


@pytest.mark.rule(2)
def test_all_members_of_the_official_input_can_be_written():
    members = (
        "objectId eventName eventType startDateTime endDateTime eventOrganizer eventDescription eventUrl eventCancelled"
    )
    assert {*members.split(), "customProperties"} == UpdateInput().fields.keys()


def test_all_members_of_the_official_property_value_can_be_written():
    members = """
        dataSensitivity isEncrypted isLargeValue maskedSubstrings name persistenceTimestamp requestId selectedByUser
        selectedByUserTimestamp source sourceId sourceLabel sourceMetadata sourceUpstreamDeployable sourceVid timestamp
        unit updatedByUserId useTimestampAsPersistenceTimestamp value
    """
    assert set(members.split()) == PropertyValue().fields.keys()


def test_a_full_property_value_leaves_as_it_is():
    masked = {"substrings": [{"start": 0, "end": 2}]}
    full = {
        "name": "a",
        "value": "1",
        "maskedSubstrings": masked,
        "sourceVid": [1],
        "isEncrypted": False,
        "timestamp": 7,
    }
    assert UpdateInput().dump({"objectId": "1", "customProperties": [full]})["customProperties"] == [full]
    assert UpdateInput().validate({"objectId": "1", "customProperties": [full]}) == {}


@pytest.mark.rule(2)
def test_an_input_without_an_object_id_is_none():
    assert UpdateInput().validate({"eventName": "A"}).keys() == {"objectId"}


@pytest.mark.rule(8)
def test_what_hubspot_does_not_take_does_not_leave():
    assert to_input("1", {"eventCompleted": True, "id": "ev-42"}) == {"objectId": "1"}


@pytest.mark.rule(18)
@pytest.mark.parametrize("value", [None, [], "x", 7, True, [{"results": []}]])
def test_an_answer_that_is_no_object_is_an_empty_one(value):
    assert understood(BatchResponse(), value) == {}


@pytest.mark.rule(18)
def test_one_result_that_makes_no_sense_does_not_hide_the_others():
    answer = {"results": ["x", {"objectId": "1", "customProperties": "x"}, None, {"objectId": 2}, {"objectId": {}}]}
    assert {item.get("objectId") for item in understood(BatchResponse(), answer)["results"]} == {"1", "2", None}


@pytest.mark.rule(2)
def test_an_object_id_may_come_as_a_number():
    assert understood(LookUpResponse(), {"results": [{"objectId": 58237132332}]}) == {
        "results": [{"objectId": "58237132332"}]
    }


@pytest.mark.rule(12)
def test_a_throttled_answer_is_known_by_its_policy():
    answer = {"status": "error", "message": "…", "errorType": "RATE_LIMIT", "policyName": "DAILY", "correlationId": "c"}
    assert understood(ErrorBody(), answer) == answer


@pytest.mark.rule(18)
def test_a_member_of_another_type_counts_as_absent():
    answer = {"status": 7, "results": [{"objectId": "1", "new": {}}], "numErrors": "x", "errors": None}
    assert understood(BatchResponse(), answer) == {"results": [{"objectId": "1"}], "errors": None}


@pytest.mark.rule(18)
def test_a_sub_category_may_be_an_object_or_text():
    assert understood(ErrorBody(), {"subCategory": {"x": 1}})["subCategory"] == {"x": 1}


@pytest.mark.rule(18)
def test_details_of_an_error_are_read_as_far_as_they_make_sense():
    details = [{"message": "words", "context": {"ids": [1, None]}, "in": "query"}, "x", {"message": 7, "code": "C"}]
    assert understood(ErrorBody(), {"errors": details})["errors"][::2] == [
        {"message": "words", "context": {"ids": [1, None]}},
        {"code": "C"},
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "results", "errors", "context", "objectId", "x"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@pytest.mark.rule(18)
@given(json_values)
def test_no_answer_whatever_breaks_the_reading(value):
    for schema in (BatchResponse(), ErrorBody(), LookUpResponse()):
        json.dumps(understood(schema, value))
