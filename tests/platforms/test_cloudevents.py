"""CloudEvents 1.0: three modes over HTTP, the handshake, and everything that only looks like an event."""

import json
from base64 import b64encode
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.cloudevents_http import unpack
from handlers.content import write_json
from handlers.errors import InvalidNotification, Refusal
from handlers.platform import Ignored, Knock, Notification
from handlers.platforms.cloudevents import PLATFORM, handshake, read, sample, schemes
from handlers.receiving.verifier import sign, verify
from handlers.signatures import GITHUB, Basic, StandardWebhooks, Token
from schemas.platforms.cloudevents import CloudEventsSourceSchema
from schemas.sources import SourcesError, read_sources

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EVENT = {"specversion": "1.0", "id": "n-1", "source": "/shop", "type": "com.example.event.changed"}
DATA = {"id": "ev-1", "eventName": "Summit"}
WHOLE = EVENT | {"data": DATA}
# The example of http-protocol-binding.md, 3.1.4.
BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "com.example.someevent",
    "ce-time": "2018-04-05T03:56:24Z",
    "ce-id": "1234-1234-1234",
    "ce-source": "/mycontext/subcontext",
    "Content-Type": "application/json; charset=utf-8",
}
MAP = {"id": "subject", "version": "data.event.rev", "eventName": "data.event.title"}
NOW = 1_800_000_000.0


def unpacked(headers, body):
    return unpack(Headers(headers), body if isinstance(body, bytes) else json.dumps(body).encode())


def refused(headers, body):
    with pytest.raises(Refusal) as refusal:
        unpacked(headers, body)
    return refusal.value.status, refusal.value.reason


def said(body, **changes):
    return read(body, {}, source("cloudevents", **changes))


def errors(body, **changes):
    with pytest.raises(InvalidNotification) as invalid:
        said(body, **changes)
    return invalid.value.errors


def faults(**changes):
    with pytest.raises(SourcesError) as refusal:
        read_sources({"it": table("cloudevents", **changes)}, {}, {"cloudevents": CloudEventsSourceSchema})
    return " ".join(refusal.value.faults)


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


# Three modes


@pytest.mark.parametrize(
    "media_type", [STRUCTURED, STRUCTURED + "; charset=UTF-8", "Application/CloudEvents+JSON;charset=utf-8"]
)
def test_a_structured_event_is_as_it_came(media_type):
    assert unpacked({"Content-Type": media_type}, WHOLE) == [WHOLE]


@pytest.mark.parametrize("media_type", [BATCH, BATCH + "; charset=utf-8", "APPLICATION/CLOUDEVENTS-BATCH+JSON"])
def test_a_batch_is_each_of_its_events_in_order(media_type):
    other = WHOLE | {"id": "n-2", "datacontenttype": "text/json"}
    assert unpacked({"Content-Type": media_type}, [WHOLE, other]) == [WHOLE, other]


def test_an_empty_batch_is_a_valid_one():
    assert unpacked({"Content-Type": BATCH}, []) == []


def test_a_binary_event_becomes_the_structured_one():
    assert unpacked(BINARY, DATA) == [
        {
            "specversion": "1.0",
            "type": "com.example.someevent",
            "time": "2018-04-05T03:56:24Z",
            "id": "1234-1234-1234",
            "source": "/mycontext/subcontext",
            "datacontenttype": "application/json; charset=utf-8",
            "data": DATA,
        }
    ]


def test_extensions_of_a_binary_event_are_kept_whatever_their_headers_case():
    headers = without(BINARY, "ce-id") | {"CE-ID": "n-1", "Ce-ComExampleExtension1": "value", "X-Other": "no"}
    [event] = unpacked(headers, DATA)
    assert (event["id"], event["comexampleextension1"]) == ("n-1", "value")
    assert "x-other" not in event
    assert "other" not in event


def test_headers_that_are_no_attributes_change_nothing_of_a_binary_event():
    extra = {"ce-datacontenttype": "text/xml", "ce-data": "forged", "ce-data_base64": "e30=", "ce-": "x"}
    assert unpacked(BINARY | extra, DATA) == unpacked(BINARY, DATA)


def test_the_body_of_a_structured_event_counts_and_not_its_headers():
    assert unpacked(BINARY | {"Content-Type": STRUCTURED}, WHOLE) == [WHOLE]


def test_a_binary_event_without_a_body_has_no_data():
    [event] = unpacked(BINARY, b"")
    assert "data" not in event
    assert "data_base64" not in event


@pytest.mark.parametrize("body", [b"null", b"7", b'"text"', b"[1]"])
def test_data_may_be_any_json(body):
    assert unpacked(BINARY, body)[0]["data"] == json.loads(body)


@pytest.mark.parametrize("content_type", ["application/xml", "text/plain", "application/vnd.apache.thrift.binary"])
def test_data_of_a_binary_event_that_is_not_json_is_kept_in_base64(content_type):
    [event] = unpacked(BINARY | {"Content-Type": content_type}, b"\x00<much wow='xml'/>\xff")
    assert event["data_base64"] == b64encode(b"\x00<much wow='xml'/>\xff").decode()
    assert errors(event).keys() == {"datacontenttype"}


@pytest.mark.parametrize("content_type", ["application/json", "text/json", "application/vnd.acme+json", None])
def test_json_in_base64_is_decoded(content_type):
    event = EVENT | {"datacontenttype": content_type, "data_base64": b64encode(json.dumps(DATA).encode()).decode()}
    assert unpacked({"Content-Type": STRUCTURED}, event)[0]["data"] == DATA
    assert said(event).fields == {"eventName": "Summit"}


@pytest.mark.parametrize("changes", [{"datacontenttype": 7}, {"datacontenttype": "text/xml"}, {"data": {}}], ids=str)
def test_base64_that_may_not_be_json_is_left_as_it_came(changes):
    event = EVENT | {"data_base64": "e30="} | changes
    assert unpacked({"Content-Type": STRUCTURED}, event) == [event]


def test_json_without_any_ce_header_is_taken_for_a_structured_event():
    for content_type in ({"Content-Type": "application/json"}, {}):
        assert unpacked(content_type, WHOLE) == [WHOLE]


def test_some_of_the_ce_headers_make_a_binary_event_that_lacks_the_others():
    [event] = unpacked({"ce-id": "n-1", "Content-Type": "application/json"}, WHOLE)
    assert errors(event).keys() == {"specversion", "source", "type"}


def test_all_three_modes_are_stored_as_the_same_notification():
    headers = {f"ce-{name}": value for name, value in EVENT.items()}
    [binary] = unpacked(headers | {"Content-Type": "application/json"}, DATA)
    [structured] = unpacked({"Content-Type": STRUCTURED}, WHOLE)
    [batched] = unpacked({"Content-Type": BATCH}, [WHOLE])
    assert said(json.loads(write_json(binary))) == said(structured) == said(batched)


# Headers of binary mode


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%e2%82%ac", "€"),
        ("%41bc", "Abc"),
        ("100%25", "100%"),
        ("%2541", "%41"),
        ('"quoted \\"text\\" \\\\ %41"', 'quoted "text" \\ A'),
        ('""', ""),
        ("two words", "two words"),
        ("100% sure", "100% sure"),
        ("a+b", "a+b"),
    ],
)
def test_a_headers_value_is_unquoted_and_percent_decoded_once(header, text):
    assert unpacked(BINARY | {"ce-subject": header}, DATA)[0]["subject"] == text


@pytest.mark.parametrize(
    "header", ["%C0%A0", "%FF", "%ED%A0%80", "%E2%82", '"', '"open', '"a"b"', '"a" b', '"a\\"', "caf\xe9", "\x7f"]
)
def test_a_header_that_cannot_be_decoded_is_refused(header):
    assert refused(BINARY | {"ce-subject": header}, DATA) == (422, "invalid_notification")


def test_headers_that_cannot_be_decoded_are_named_and_not_repeated():
    with pytest.raises(Refusal) as refusal:
        unpacked(BINARY | {"ce-subject": "Ada%FF", "ce-id": '"Ada'}, DATA)
    assert refusal.value.errors.keys() == {"ce-subject", "ce-id"}
    assert "Ada" not in str(refusal.value.errors)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_whatever_is_encoded_as_the_specification_says_is_decoded_again(text):
    encoded = quote(text, safe="".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%'))
    assert unpacked(BINARY | {"ce-subject": encoded}, DATA)[0]["subject"] == text


# Refusals


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"\xff", b'{"a": NaN}', b"{", b'{"a":' * 5000])
def test_a_structured_event_that_is_no_object_is_refused(body):
    assert refused({"Content-Type": STRUCTURED}, body) == (400, "not_json")


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'"x"', b"[1]", b"[null]", b"[[]]", b"[{}, 7]", b"[{}", b"\xff"])
def test_a_batch_that_is_no_list_of_objects_is_refused_as_a_whole(body):
    assert refused({"Content-Type": BATCH}, body) == (400, "not_json")


@pytest.mark.parametrize("body", [b"\xff", b"{", b"<xml/>", b'{"a": 1e999}'])
def test_a_binary_events_body_that_is_not_the_json_it_claims_to_be_is_refused(body):
    assert refused(BINARY, body) == (400, "not_json")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/cloudevents+avro"},
        {"Content-Type": "application/cloudevents"},
        {"Content-Type": "application/cloudevents-batch+protobuf"},
        {"Content-Type": "application/cloudevents-batch"},
        {"Content-Type": "application/cloudevents+json; charset=latin-1"},
        {"Content-Type": "application/cloudevents-batch+json; charset=utf-16"},
        {"Content-Type": STRUCTURED, "Content-Encoding": "gzip"},
        {"Content-Type": BATCH, "Content-Encoding": "br"},
        BINARY | {"Content-Encoding": "gzip"},
        BINARY | {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "text/csv"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_formats_charsets_and_encodings_that_are_not_understood_are_refused(headers):
    assert refused(headers, WHOLE) == (415, "unsupported_media_type")


names = st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-specversion", "ce-subject", "Content-Type"])
header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20) | st.sampled_from(
    [STRUCTURED, BATCH, "application/json", '"', "%", "%E2"]
)


@given(st.dictionaries(names, header_text), st.binary(max_size=40) | st.just(json.dumps([WHOLE]).encode()))
def test_no_request_whatever_breaks_the_unpacking_or_what_reads_it(headers, body):
    with suppress(Refusal, InvalidNotification):
        for event in unpacked(headers, body):
            assert isinstance(said(json.loads(write_json(event))), Notification)


# What an event must have


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", [None, "", " ", 7, True, [], {}, "a\x00b", "a\x9fb", "a\nb"], ids=repr)
def test_a_required_attribute_that_is_none_is_invalid(name, value):
    assert errors(WHOLE | {name: value}).keys() == {name}


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_a_required_attribute_that_is_missing_is_invalid(name):
    assert errors(without(WHOLE, name)).keys() == {name}


@pytest.mark.parametrize("value", ["0.3", "1.0.2", "1", "2.0", "1.0-rc1", 1.0])
def test_other_versions_of_cloudevents_are_not_understood(value):
    assert "only CloudEvents" in str(errors(WHOLE | {"specversion": value})["specversion"])


@pytest.mark.parametrize(
    "value", ["soon", "2018-04-05", "2018-04-05T17:31:00", "", 1522949460, True, [], "2018-13-05T17:31:00Z"]
)
def test_a_time_that_is_none_is_invalid(value):
    assert errors(WHOLE | {"time": value}).keys() == {"time"}


@pytest.mark.parametrize("value", ["", 7, [], True])
def test_a_type_of_data_that_is_no_text_is_invalid(value):
    assert errors(WHOLE | {"datacontenttype": value}).keys() == {"datacontenttype"}


def test_an_attribute_of_null_is_not_there():
    assert said(WHOLE | {"time": None, "datacontenttype": None, "data_base64": None}).version is None


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "data"),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": json.dumps(DATA)}, "data"),
        ({"data": {}}, "data.id"),
        ({"data": {"id": "a", "startDateTime": "soon"}}, "data.startDateTime"),
        ({"data": {"id": "a", "eventUrl": "javascript:alert(1)"}}, "data.eventUrl"),
        ({"data": DATA, "data_base64": "e30="}, "data_base64"),
        ({"data": None, "data_base64": "e30="}, "data_base64"),
        ({"data_base64": "%%%"}, "data_base64"),
        ({"data_base64": "e30"}, "data_base64"),
        ({"data_base64": "/w=="}, "data_base64"),
        ({"data_base64": "PHhtbC8+"}, "data_base64"),
        ({"data_base64": ""}, "data_base64"),
        ({"data_base64": 7}, "data_base64"),
        ({"data": "<much wow/>", "datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data_base64": "e30=", "datacontenttype": "text/plain"}, "datacontenttype"),
        ({"data": DATA, "datacontenttype": "json"}, "datacontenttype"),
    ],
    ids=str,
)
def test_data_that_says_nothing_of_an_event_is_invalid(data, key):
    assert errors(EVENT | data).keys() == {key}


def test_an_error_repeats_nothing_that_was_sent():
    body = WHOLE | {"specversion": "Ada", "time": "Ada", "source": "Ada\n"}
    assert "Ada" not in str(errors(body))
    assert "Ada" not in str(errors(EVENT | {"data": {"id": "a", "eventUrl": "Ada"}}))


# What it says


def test_data_is_read_as_hubspots_words():
    data = DATA | {"version": 7, "objectId": 123, "startDateTime": "2027-03-28T09:00:00+02:00", "notificationId": "x"}
    notification = said(EVENT | {"data": data})
    assert (notification.action, notification.event) == ("com.example.event.changed", "ev-1")
    assert (notification.version, notification.object_id) == (7, "123")
    assert notification.fields == {"eventName": "Summit", "startDateTime": "2027-03-28T07:00:00Z"}


def test_a_map_finds_its_words_in_the_whole_event():
    body = EVENT | {"subject": "ev-7", "data": {"event": {"rev": 3, "title": "T"}}}
    notification = said(body, map=MAP)
    assert (notification.event, notification.version, notification.fields) == ("ev-7", 3, {"eventName": "T"})


def test_a_map_may_do_without_data():
    assert said(EVENT | {"subject": "ev-7"}, map={"id": "subject"}).event == "ev-7"


def test_a_map_sees_json_that_came_in_base64():
    body = EVENT | {"data_base64": b64encode(b'{"event": {"id": 7}}').decode()}
    assert said(body, map={"id": "data.event.id"}).event == "7"


@pytest.mark.parametrize("paths", [{"id": "subject"}, {"id": "data.event.id"}])
def test_a_map_that_finds_no_id_says_so(paths):
    assert errors(WHOLE, map=paths).keys() == {"map.id"}


def test_a_map_that_fails_names_the_word():
    assert errors(WHOLE | {"subject": "a"}, map={"id": "subject", "eventName": "length(`7`)"}).keys() == {
        "map.eventName"
    }


def test_a_map_cannot_make_something_of_data_that_is_not_json():
    assert errors(WHOLE | {"subject": "a", "datacontenttype": "text/xml"}, map={"id": "subject"}).keys() == {
        "datacontenttype"
    }


def test_the_time_of_the_occurrence_orders_what_has_no_version_of_its_own():
    earlier = said(WHOLE | {"time": "2026-11-24T07:00:00+01:00"}).version
    assert earlier < said(WHOLE | {"time": "2026-11-24T06:00:00.000001Z"}).version
    assert said(WHOLE | {"time": "2026-11-24T06:00:00Z", "data": DATA | {"version": 3}}).version == 3


def test_where_a_map_names_the_version_the_time_does_not_stand_in():
    body = WHOLE | {"time": "2026-11-24T06:00:00Z", "subject": "a"}
    assert said(body, map={"id": "subject", "version": "data.rev"}).version is None
    assert said(body, map={"id": "subject"}).version is not None


def test_without_either_the_arrival_orders():
    assert said(WHOLE).version is None


def test_source_and_id_together_are_the_delivery():
    ids = {
        said(WHOLE | {"source": s, "id": i}).delivery_id
        for s, i in [("/a", "b c"), ("/a b", "c"), ("/a", "b"), ("/ab", "c")]
    }
    assert len(ids) == 4
    assert said(WHOLE).delivery_id == "/shop n-1"


@given(
    st.lists(
        st.tuples(*2 * [st.text("a %\u200b€", min_size=1, max_size=200).filter(str.strip)]), max_size=6, unique=True
    )
)
def test_every_delivery_id_is_its_own_and_can_be_kept(pairs):
    ids = [said(WHOLE | {"source": first, "id": second}).delivery_id for first, second in pairs]
    assert len(set(ids)) == len(pairs)
    assert all(0 < len(one) <= 255 and one.isprintable() for one in ids)


def test_a_type_that_cannot_be_shown_in_one_line_is_cut_and_made_printable():
    assert said(WHOLE | {"type": "a\u2028b\u200b"}).action == "a?b?"
    assert len(said(WHOLE | {"type": "x" * 9999}).action) == 255


def test_types_that_the_source_does_not_name_are_ignored():
    only = {"types": ["com.example.event.changed", "com.example.event.added"]}
    assert isinstance(said(WHOLE, **only), Notification)
    other = EVENT | {"type": "com.example.order.paid", "datacontenttype": "text/xml", "data": "x"}
    assert said(other, **only) == Ignored("com.example.order.paid")


def test_a_type_counts_in_its_exact_letters():
    assert isinstance(said(WHOLE | {"type": "COM.example.event.changed"}, types=["com.example.event.changed"]), Ignored)


def test_even_of_an_ignored_type_an_event_must_be_one():
    assert errors(without(WHOLE, "id") | {"type": "other"}, types=["com.example.event.changed"]).keys() == {"id"}


# Handshake


def knocked(method="OPTIONS", headers=None, **changes):
    given_headers = {"WebHook-Request-Origin": "eventemitter.example.com"} if headers is None else headers
    return handshake(Knock(method, Headers(given_headers)), source("cloudevents", **changes))


def test_any_origin_is_consented_to_unless_the_source_names_some():
    assert knocked().headers == {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*", "Allow": "POST"}
    assert knocked().content is None


def test_a_named_origin_is_consented_to_in_its_own_words_at_the_configured_rate():
    welcome = knocked(
        headers={"WebHook-Request-Origin": "EventEmitter.example.com", "WebHook-Request-Rate": "9999"},
        allowed_origins=["other.example.com", "eventemitter.example.com"],
        allowed_rate=120,
    )
    assert welcome.headers["WebHook-Allowed-Origin"] == "EventEmitter.example.com"
    assert welcome.headers["WebHook-Allowed-Rate"] == "120"


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "stranger.example.com",
        "eventemitter.example.com.evil.com",
        "xeventemitter.example.com",
        "eventemitter.example.com, evil.com",
        "eventemitter.example.com\r\nX-Injected: 1",
        "*",
        "event\u212amitter.example.com",
    ],
)
def test_another_origin_gets_no_consent(origin):
    settings = source("cloudevents", allowed_origins=["eventemitter.example.com"])
    assert handshake(Knock("OPTIONS", {"WebHook-Request-Origin": origin}), settings) is None


def test_without_an_origin_there_is_no_consent():
    assert knocked(headers={}) is None
    assert knocked(headers={"WebHook-Request-Rate": "120"}) is None


def test_only_options_is_a_handshake():
    assert [knocked(method) for method in ("GET", "POST")] == [None, None]


def test_nothing_a_stranger_sends_is_repeated_where_any_origin_may_send():
    headers = {"WebHook-Request-Origin": "x\r\nSet-Cookie: a=b", "WebHook-Request-Rate": "1\r\nX: y"}
    welcome = handshake(Knock("OPTIONS", headers), source("cloudevents"))
    assert not any(set("\r\n") & set(value) for value in welcome.headers.values())


def test_a_callback_is_never_called_nor_repeated():
    called = {"WebHook-Request-Origin": "a.example.com", "WebHook-Request-Callback": "https://169.254.169.254/?key=1"}
    assert knocked(headers=called) == knocked(headers=without(called, "WebHook-Request-Callback"))


# Proof of origin


@pytest.mark.parametrize(
    ("changes", "scheme"),
    [
        ({}, Token("Authorization", "access_token")),
        ({"signature": "token", "token_header": "X-Token"}, Token("X-Token", "access_token")),
        ({"signature": "standard-webhooks"}, StandardWebhooks()),
        ({"signature": "github"}, GITHUB),
        ({"signature": "basic"}, Basic()),
    ],
)
def test_each_signature_has_its_scheme(changes, scheme):
    assert schemes(source("cloudevents", **changes)) == [scheme]


def proven(headers, query=b"", secrets=("newer-token", "older-token")):
    verify(schemes(source("cloudevents")), secrets, Headers(headers), b"{}", NOW, 600, query)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": "Bearer newer-token"}, b""),
        ({"Authorization": "Bearer older-token"}, b""),
        ({}, b"access_token=newer-token"),
        ({}, b"p=q&access_token=older%2Dtoken&r"),
        ({"Authorization": "Bearer wrong"}, b"access_token=newer-token"),
        ({"Authorization": "Bearer newer-token"}, b"access_token=wrong"),
    ],
)
def test_the_token_opens_in_the_header_or_in_the_address(headers, query):
    proven(headers, query)


@pytest.mark.parametrize(
    ("headers", "query", "reason"),
    [
        ({}, b"", "missing_signature"),
        ({}, b"token=newer-token", "missing_signature"),
        ({}, b"access_token=%FF", "missing_signature"),
        ({}, b"access_token", "bad_signature"),
        ({}, b"access_token=", "bad_signature"),
        ({}, b"access_token=newer-token%20", "bad_signature"),
        ({}, b"access_token=Bearer newer-token", "bad_signature"),
        ({"Authorization": "Basic newer-token"}, b"", "bad_signature"),
        ({"Authorization": "Bearer"}, b"ACCESS_TOKEN=newer-token", "bad_signature"),
    ],
)
def test_nothing_else_opens(headers, query, reason):
    with pytest.raises(Refusal) as refusal:
        proven(headers, query)
    assert refusal.value.reason == reason


def test_signed_as_standard_webhooks_a_changed_byte_is_noticed():
    settings = source(
        "cloudevents", signature="standard-webhooks", secrets=["whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb3IgbW9yZQ=="]
    )
    [scheme] = schemes(settings)
    headers = Headers(sign(scheme, settings.secrets[0], b"[]", "n-1", NOW).headers)
    verify([scheme], settings.secrets, headers, b"[]", NOW, 600)
    with pytest.raises(Refusal):
        verify([scheme], settings.secrets, headers, b"[ ]", NOW, 600)


# Settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"secrets": []}, "secrets"),
        ({"signature": "rot13"}, "signature"),
        ({"signature": "basic", "token_header": "X"}, "token_header"),
        ({"signature": "hmac"}, "hmac"),
        ({"hmac": {"header": "X"}}, "hmac"),
        ({"signature": "standard-webhooks", "secrets": ["whsec_%"]}, "secrets"),
        ({"map": {"eventName": "data.title"}}, "map.id"),
        ({"map": {"id": "data..id"}}, "map.id"),
        ({"types": []}, "types"),
        ({"types": "com.example"}, "types"),
        ({"types": ["com.example", ""]}, "types"),
        ({"types": [7]}, "types"),
        ({"allowed_origins": []}, "allowed_origins"),
        ({"allowed_origins": "*"}, "allowed_origins"),
        ({"allowed_origins": ["https://example.com"]}, "allowed_origins"),
        ({"allowed_origins": ["a b"]}, "allowed_origins"),
        ({"allowed_origins": ["a\r\nX: y"]}, "allowed_origins"),
        ({"allowed_origins": ["example.com\n"]}, "allowed_origins"),
        ({"allowed_origins": [7]}, "allowed_origins"),
        ({"allowed_rate": 0}, "allowed_rate"),
        ({"allowed_rate": "120"}, "allowed_rate"),
        ({"allowed_rate": 1.5}, "allowed_rate"),
        ({"allowed_rate": True}, "allowed_rate"),
        ({"allowed_rat": 1}, "allowed_rat"),
    ],
    ids=str,
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    assert f"sources.it.{key}: " in faults(**changes)


def test_its_source_shows_no_secret():
    assert "the-token-of-cloudevents" not in repr(source("cloudevents"))


# Samples


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"types": ["a.b"]},
        {"map": MAP},
        {"map": {"id": "data.event.id", "version": "time"}},
        {"map": {"id": "subject"}},
    ],
    ids=str,
)
def test_a_sample_is_a_structured_event_that_its_source_reads_and_a_later_one_is_newer(changes):
    settings = source("cloudevents", **changes)
    first, second = (sample(settings, 3, count) for count in (1, 2))
    earlier, later = (read(unpack(Headers(one.headers), one.body)[0], {}, settings) for one in (first, second))
    assert earlier.event == later.event == "event-3"
    assert earlier.version < later.version
    assert earlier.delivery_id != later.delivery_id


def test_a_sample_may_be_nothing_but_an_id():
    settings = source("cloudevents", map={"id": "data"})
    assert read(json.loads(sample(settings, 3, 1).body), {}, settings).event == "event-3"


@pytest.mark.parametrize("path", ["id", "type", "join('-', [source, id])"])
def test_a_map_that_cannot_be_turned_round_makes_no_sample(path):
    with pytest.raises(ValueError, match="plain path"):
        sample(source("cloudevents", map={"id": path}), 3, 1)


def test_recorded_are_the_specifications_own_examples():
    assert len(deliveries("cloudevents")) == 8
    assert PLATFORM.own_sender
