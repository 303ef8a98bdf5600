"""The operator's own system: every way to sign, with and without a map."""

import json

import pytest
from recorded import source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification
from handlers.platforms.generic import read, sample, schemes
from handlers.signatures import GITHUB, Basic, Hmac, StandardWebhooks, Token
from schemas.platforms.generic import GenericSourceSchema
from schemas.sources import SourcesError, read_sources

MAP = {
    "id": "data.event.id",
    "version": "data.event.updated_at",
    "eventName": "data.event.title",
    "startDateTime": "data.event.starts_at",
    "eventCancelled": "data.event.status == 'cancelled'",
}
HMAC = {
    "header": "X-Signature",
    "pattern": "sha256=(?P<signature>.+)",
    "content": "{timestamp}.{body}",
    "timestamp_header": "X-Time",
}


def said(body, headers=None, **changes):
    return read(body, Headers(headers or {}), source("generic", **changes))


def errors(body, **changes):
    with pytest.raises(InvalidNotification) as refused:
        said(body, **changes)
    return refused.value.errors


def faults(**changes):
    with pytest.raises(SourcesError) as refused:
        read_sources({"it": table("generic", **changes)}, {}, {"generic": GenericSourceSchema})
    return " ".join(refused.value.faults)


@pytest.mark.parametrize(
    ("changes", "scheme"),
    [
        ({}, StandardWebhooks()),
        ({"signature": "github"}, GITHUB),
        ({"signature": "token"}, Token("Authorization")),
        ({"signature": "token", "token_header": "X-Token"}, Token("X-Token")),
        ({"signature": "basic"}, Basic()),
    ],
)
def test_each_signature_has_its_scheme(changes, scheme):
    assert schemes(source("generic", **changes)) == [scheme]


def test_an_hmac_is_as_configured():
    (scheme,) = schemes(source("generic", signature="hmac", hmac=HMAC))
    assert isinstance(scheme, Hmac)
    assert (scheme.header, scheme.content, scheme.timestamp_header) == ("X-Signature", "{timestamp}.{body}", "X-Time")


def test_without_a_map_the_words_are_hubspots():
    notification = said(
        {"id": "ev-42", "version": 7, "objectId": "123", "eventName": "A", "customProperties": {"venue": "M", "n": 1}}
    )
    assert (notification.event, notification.version, notification.object_id) == ("ev-42", 7, "123")
    assert notification.fields == {"eventName": "A", "customProperties": {"venue": "M", "n": "1"}}


def test_absent_and_null_both_leave_a_field_alone():
    assert said({"id": "ev-42", "endDateTime": None}).fields == {}


def test_an_id_may_be_a_whole_number():
    assert said({"id": 42}).event == "42"


@pytest.mark.parametrize("value", [None, "", " ", True, 1.5, [], {}, "x" * 256, "a\nb", 1.2345678901234568e29])
def test_what_cannot_be_an_id_is_refused(value):
    assert errors({"id": value}).keys() == {"id"}


def test_a_version_may_be_a_time_and_later_is_greater():
    earlier = said({"id": "a", "version": "2026-11-24T07:00:00+01:00"}).version
    assert earlier < said({"id": "a", "version": "2026-11-24T06:00:00.000001Z"}).version


@pytest.mark.parametrize("value", ["7", "2026-11-24T07:00:00", True, [], "soon"])
def test_what_orders_nothing_is_no_version(value):
    assert errors({"id": "a", "version": value}).keys() == {"version"}


@pytest.mark.parametrize("header", ["webhook-id", "Svix-Id", "X-GitHub-Delivery", "x-delivery-id"])
def test_the_delivery_id_comes_from_any_usual_header(header):
    assert said({"id": "a", "notificationId": "body"}, {header: "d-1"}).delivery_id == "d-1"


def test_the_bodys_own_id_stands_in_for_a_header():
    assert said({"id": "a", "notificationId": "n-1"}).delivery_id == "n-1"


def test_a_map_takes_any_json_to_the_same_fields():
    event = {"id": 7, "updated_at": 3, "title": "T", "starts_at": "2027-03-28T09:00:00+02:00", "status": "cancelled"}
    notification = said({"data": {"event": event}}, map=MAP)
    assert (notification.event, notification.version) == ("7", 3)
    assert notification.fields == {"eventName": "T", "startDateTime": "2027-03-28T07:00:00Z", "eventCancelled": True}


def test_a_map_that_yields_the_wrong_type_names_the_field_and_the_type():
    assert errors({"data": {"event": {"id": "a", "title": {"en": "T"}}}}, map=MAP) == {
        "eventName": ["Is an object, not text."]
    }


def test_a_map_that_fails_on_a_body_names_the_field():
    wrong = MAP | {"eventName": "length(data.event.title)"}
    assert errors({"data": {"event": {"id": "a", "title": 7}}}, map=wrong).keys() == {"eventName"}


def test_a_map_that_does_not_compile_is_a_fault_that_names_the_key():
    assert "sources.it.map.eventName: Not a JMESPath" in faults(map=MAP | {"eventName": "data..title"})


def test_a_map_without_an_id_or_with_an_unknown_field_is_a_fault():
    assert "sources.it.map.id" in faults(map={"eventName": "title"})
    assert "sources.it.map.eventTitle: Not a field" in faults(map=MAP | {"eventTitle": "title"})


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"signature": "rot13"}, "signature"),
        ({"signature": "hmac"}, "hmac"),
        ({"hmac": HMAC}, "hmac"),
        ({"signature": "hmac", "hmac": HMAC | {"pattern": "("}}, "hmac.pattern"),
        ({"signature": "hmac", "hmac": HMAC | {"pattern": "sha256=(.+)"}}, "hmac.pattern"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{secret}.{body}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{timestamp}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{body"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": {"header": "X", "content": "{timestamp}.{body}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"algorithm": "md5"}}, "hmac.algorithm"),
        ({"signature": "hmac", "hmac": HMAC | {"encoding": "rot13"}}, "hmac.encoding"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{body}.{body}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{body!r}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"content": "{{body}}"}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"content": ""}}, "hmac.content"),
        ({"signature": "hmac", "hmac": HMAC | {"pattern": 7}}, "hmac.pattern"),
        ({"signature": "hmac", "hmac": HMAC | {"header": "X Signature"}}, "hmac.header"),
        ({"signature": "hmac", "hmac": HMAC | {"timestamp_header": ""}}, "hmac.timestamp_header"),
        ({"signature": "hmac", "hmac": {"pattern": HMAC["pattern"]}}, "hmac.header"),
        ({"signature": "hmac", "hmac": HMAC | {"secret": "x"}}, "hmac.secret"),
        ({"signature": "hmac", "hmac": "sha256"}, "hmac"),
        ({"signature": "token", "token_header": "X: Token"}, "token_header"),
        ({"token_header": "X-Token"}, "token_header"),
        ({"map": {}}, "map.id"),
        ({"map": "data"}, "map"),
        ({"map": {"id": "data..id"}}, "map.id"),
        ({"map": {"id": 7}}, "map.id"),
        ({"secrets": ["whsec_not base64"]}, "secrets"),
        ({"secrets": ["whsec_"]}, "secrets"),
        ({"secrets": ["good enough", "whsec_%"]}, "secrets"),
        ({"secrets": ["whpk_" + "AAAA"]}, "secrets"),
        ({"signatur": "hmac"}, "signatur"),
        ({"custom_properties": {"venue": "a..b"}}, "custom_properties.venue"),
    ],
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    assert f"sources.it.{key}: " in faults(**changes)


def test_a_secret_without_a_prefix_may_be_anything():
    assert source("generic", secrets=["short", "whsecret"]).secrets == ("short", "whsecret")


def test_a_public_key_of_32_bytes_will_do():
    assert source("generic", secrets=["whpk_" + "A" * 43 + "="]).secrets


def test_faults_of_different_keys_come_together():
    found = faults(signature="github", hmac=HMAC, token_header="X", map={"eventName": "a"}, on_deleted="x")
    for key in ("hmac", "token_header", "map.id", "on_deleted"):
        assert f"sources.it.{key}: " in found


def test_a_content_may_be_made_of_all_that_is_known():
    whole = HMAC | {"content": "v0:{timestamp}:{id}:{body}"}
    assert source("generic", signature="hmac", hmac=whole).hmac.content == "v0:{timestamp}:{id}:{body}"


def test_a_timestamp_may_come_out_of_the_pattern():
    stripe = {
        "header": "X",
        "pattern": "t=(?P<timestamp>[0-9]+),v1=(?P<signature>[0-9a-f]+)",
        "content": "{timestamp}.{body}",
    }
    assert source("generic", signature="hmac", hmac=stripe).hmac.timestamp_header is None


@pytest.mark.parametrize(
    ("value", "kept"), [("58237132332", "58237132332"), (58237132332, "58237132332"), (None, None)]
)
def test_an_object_id_is_digits(value, kept):
    assert said({"id": "a", "objectId": value}).object_id == kept


@pytest.mark.parametrize("value", ["12a", "-1", -1, 1.5, True, "", "١", "1" * 21, []])
def test_what_cannot_be_an_object_id_is_refused(value):
    assert errors({"id": "a", "objectId": value}).keys() == {"objectId"}


def test_a_notifications_own_id_may_be_a_number():
    assert said({"id": "a", "notificationId": 42}).delivery_id == "42"


def test_a_header_that_is_empty_identifies_nothing():
    assert said({"id": "a"}, {"webhook-id": ""}).delivery_id is None


def test_a_map_may_take_custom_properties_as_one_object():
    mapped = said({"id": "a", "more": {"venue": "M", "seats": 7}}, map={"id": "id", "customProperties": "more"})
    assert mapped.fields == {"customProperties": {"venue": "M", "seats": "7"}}


def test_what_a_map_does_not_find_is_left_alone():
    assert said({"data": {"event": {"id": "a", "status": "live"}}}, map=MAP).fields == {"eventCancelled": False}


def test_a_map_that_finds_no_id_says_so():
    assert errors({"data": {}}, map=MAP).keys() == {"id"}


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("contains(title, `1`)", {"title": "Ada Lovelace"}),
        ("join(',', title)", {"title": ["Ada Lovelace", 1]}),
        ("ceil(to_number(title))", {"title": "1e999"}),
    ],
)
def test_a_map_that_python_itself_fails_at_is_an_error_that_repeats_nothing(expression, body):
    found = errors({"id": "a", **body}, map={"id": "id", "eventName": expression})
    assert found.keys() == {"eventName"}
    assert "Ada" not in str(found)


def test_a_sample_changes_with_its_count():
    first, second = (json.loads(sample(source("generic"), 3, count).body) for count in (1, 2))
    assert first["id"] == second["id"] == "event-3"
    assert first["version"] < second["version"]
    assert first["eventName"] != second["eventName"]
    assert first["notificationId"] != second["notificationId"]
    assert said(second).fields["startDateTime"].startswith("2027-")


def test_a_sample_leaves_out_what_the_map_takes_from_no_plain_path():
    paths = MAP | {"eventUrl": "join('/', ['https://example.com', data.event.id])", "eventType": "data.event.kind"}
    assert said(json.loads(sample(source("generic", map=paths), 3, 1).body), map=paths).event == "event-3"


@pytest.mark.parametrize(
    "paths", [{"id": "event", "eventName": "event.title"}, {"id": "event", "eventName": "event.deep.title"}]
)
def test_a_sample_whose_paths_are_in_each_others_way_keeps_the_id(paths):
    assert json.loads(sample(source("generic", map=paths), 3, 1).body) == {"event": "event-3"}


def test_a_sample_that_its_own_map_would_refuse_is_not_made():
    paths = {"id": "event.id", "eventUrl": "event.id"}
    with pytest.raises(ValueError, match="plain path"):
        sample(source("generic", map=paths), 3, 1)


def test_a_mapped_sample_is_built_backwards():
    body = json.loads(sample(source("generic", map=MAP), 3, 1).body)
    assert body["data"]["event"]["id"] == "event-3"


def test_a_map_that_cannot_be_turned_round_makes_no_sample():
    with pytest.raises(ValueError, match="plain path"):
        sample(source("generic", map={"id": "join('-', [a, b])"}), 1, 1)
