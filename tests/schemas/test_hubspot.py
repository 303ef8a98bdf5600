"""HubSpot's words, out and in."""

import json

from hypothesis import given
from hypothesis import strategies as st

from schemas.hubspot import BatchResponse, ErrorBody, LookUpResponse, UpdateInput, to_input, understood


def test_an_input_is_flat_and_keyed_by_the_object_id():
    assert to_input("123", {"eventName": "A", "eventCancelled": False}) == {
        "objectId": "123",
        "eventName": "A",
        "eventCancelled": False,
    }


def test_custom_properties_leave_as_names_and_values_only():
    assert to_input("1", {"customProperties": {"b": "2", "a": "1"}})["customProperties"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": "2"},
    ]


def test_without_custom_properties_there_is_no_member_for_them():
    assert "customProperties" not in to_input("1", {"eventName": "A", "customProperties": {}})


def test_all_members_of_the_official_input_can_be_written():
    members = (
        "objectId eventName eventType startDateTime endDateTime eventOrganizer eventDescription eventUrl eventCancelled"
    )
    assert {*members.split(), "customProperties"} == UpdateInput().fields.keys()


def test_a_member_of_another_type_counts_as_absent():
    answer = {"status": 7, "results": [{"objectId": "1", "new": {}}], "numErrors": "x", "errors": None}
    assert understood(BatchResponse(), answer) == {"results": [{"objectId": "1"}], "errors": None}


def test_a_sub_category_may_be_an_object_or_text():
    assert understood(ErrorBody(), {"subCategory": {"x": 1}})["subCategory"] == {"x": 1}


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


@given(json_values)
def test_no_answer_whatever_breaks_the_reading(value):
    for schema in (BatchResponse(), ErrorBody(), LookUpResponse()):
        json.dumps(understood(schema, value))
