"""vivenu: its signature, what is read out of a notification, and what its API is asked for."""

import json

import pytest
from asking import outcome
from hypothesis import given
from hypothesis import strategies as st
from recorded import PLATFORMS, answer, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed, Refusal
from handlers.forwarding.preparing import merge
from handlers.inbox.queue import Changed, Pending, State
from handlers.platform import Found, Gone, Ignored, Skipped
from handlers.platforms.vivenu import api, list_events, look_up, read, sample, schemes
from handlers.receiving.verifier import verify
from schemas.fields import MAX_TEXT
from schemas.sources import SourcesError, read_sources

NOW = 1_800_000_000
KEY = "hmac-key-of-the-webhook"
BODY = (
    '{"id":"0b9bd5c0","type":"event.updated","mode":"prod","data":{"event":{"_id":"65f0","name":"Sommer ü/é"}}}'
).encode()
# printf %s '{…}' | openssl dgst -sha256 -hmac hmac-key-of-the-webhook
DIGEST = "bb8c95f5890ae561e0abb0f09f9968cf2a92b954f1843eec30e7129f3e0fee22"
EVENT = answer("vivenu", "event")
LISTING = answer("vivenu", "events")
ID = EVENT["_id"]
OPTIONAL = ("api_token", "shop_url", "organizers")
BARE = {key: value for key, value in table("vivenu").items() if key not in OPTIONAL}


def settings(table_of_it):
    return read_sources({"it": table_of_it}, {}, {"vivenu": PLATFORMS["vivenu"].settings})["it"]


def prove(body=BODY, signature=DIGEST, secrets=(KEY,), header="x-vivenu-signature", now=NOW):
    headers = Headers({header: signature} if signature is not None else {})
    verify(schemes(source("vivenu")), secrets, headers, body, now, 600)


def refusal(**changes):
    with pytest.raises(Refusal) as refused:
        prove(**changes)
    return refused.value.reason


def delivery(event, action="event.updated", **envelope):
    return {"id": "0b9bd5c0", "type": action, "mode": "prod", "data": {"event": event}} | envelope


def said(event, configured=None, **envelope):
    return read(delivery(event, **envelope), Headers(), configured or source("vivenu"))


def errors(event, **changes):
    with pytest.raises(InvalidNotification) as refused:
        said(event, **changes)
    assert "secret" not in str(refused.value)
    return list(refused.value.errors)


def find(*told, **changes):
    return outcome(look_up(ID, source("vivenu", **changes)), *told)


def page(body, following=None, **changes):
    return outcome(list_events(source("vivenu", **changes), following), (200, body))


def merged(*bodies):
    """What is known of an event after these came."""
    waiting = [Pending(number, float(number), json.dumps(body).encode()) for number, body in enumerate(bodies, 1)]
    event = Changed(1, "it", ID, 1, 0.0, 0, None, State(), None)
    return merge(event, [waiting], PLATFORMS["vivenu"], source("vivenu")).state.fields


# The signature


def test_the_body_is_signed_in_hex():
    prove()
    prove(signature=DIGEST.upper())


def test_either_key_proves_while_they_rotate():
    prove(secrets=("a-newer-key", KEY))


def test_no_time_is_signed_so_that_a_late_retry_is_taken():
    prove(now=NOW + 7200)


def test_another_key_proves_nothing():
    assert refusal(secrets=("another-key",)) == "bad_signature"


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", BODY.replace(b"prod", b"dev")])
def test_another_body_is_refused(body):
    assert refusal(body=body) == "bad_signature"


def test_bytes_that_were_written_anew_are_refused_though_they_mean_the_same():
    assert refusal(body=json.dumps(json.loads(BODY), separators=(",", ":")).encode()) == "bad_signature"


@pytest.mark.parametrize(
    "signature", ["", DIGEST[:-1], DIGEST + "0", f"sha256={DIGEST}", f"{DIGEST},{DIGEST}", f"x {DIGEST}", "ü", "0" * 64]
)
def test_a_signature_of_another_form_is_refused(signature):
    assert refusal(signature=signature) == "bad_signature"


@pytest.mark.parametrize("header", ["x-signature", "Authorization", "x-vivenu-webhook-signature"])
def test_a_signature_in_another_header_is_none(header):
    assert refusal(header=header) == "missing_signature"


def test_without_a_signature_nothing_is_proven():
    assert refusal(signature=None) == "missing_signature"


# What is read


def test_a_delivery_is_known_again_by_its_own_id():
    assert said(EVENT).delivery_id == "0b9bd5c0"


def test_custom_properties_see_the_same_object_as_in_a_look_up():
    assert said(EVENT).said == find((200, EVENT))[0].event


def test_an_older_state_covers_no_newer_one():
    newer = delivery(EVENT | {"name": "New", "updatedAt": "2026-11-23T14:45:07Z"})
    assert merged(newer, delivery(EVENT))["eventName"] == "New"


def test_without_a_time_of_change_what_comes_later_is_newer():
    bodies = [delivery(EVENT | {"name": name, "updatedAt": None}) for name in ("A", "B")]
    assert merged(*bodies)["eventName"] == "B"


def test_a_late_retry_of_an_update_does_not_take_the_deletion_back():
    fields = merged(delivery(EVENT, "event.deleted"), delivery(EVENT))
    assert (fields["eventCancelled"], fields["eventName"]) == (True, EVENT["name"])


def test_a_deletion_is_told_whatever_else_the_event_says():
    broken = {"_id": ID, "name": 7, "start": "secret", "description": [], "url": "javascript:"}
    assert said(broken, type="event.deleted").fields == {"eventCancelled": True}


@pytest.mark.parametrize(
    ("series", "kind", "told"),
    [
        ("occurrences", "ROOT", False),
        ("occurrences", "GROUP", False),
        ("occurrences", "RECURRENCE", True),
        ("occurrences", "SINGLE", True),
        ("parent", "ROOT", True),
        ("parent", "GROUP", True),
        ("parent", "RECURRENCE", False),
        ("parent", "SINGLE", True),
        ("both", "ROOT", True),
        ("both", "RECURRENCE", True),
        ("occurrences", None, True),
        ("occurrences", "NEW_IN_2030", True),
    ],
)
@pytest.mark.parametrize("action", ["event.updated", "event.deleted"])
def test_a_series_is_its_dates_or_its_parent_or_both(series, kind, told, action):
    notification = said(EVENT | {"eventType": kind}, source("vivenu", series=series), type=action)
    assert (notification != Ignored(action)) is told
    assert isinstance(find((200, EVENT | {"eventType": kind}), series=series)[0], Found if told else Skipped)


@pytest.mark.parametrize(("dev", "mode", "told"), [(False, "dev", False), (True, "dev", True), (False, "prod", True)])
def test_the_staging_is_heard_only_if_it_is_meant(dev, mode, told):
    notification = said(EVENT, source("vivenu", dev=dev), mode=mode)
    assert (notification != Ignored("event.updated")) is told


def test_a_mode_may_be_left_out():
    assert said(EVENT, mode=None).event == ID


@pytest.mark.parametrize("changes", [{"hideInListing": True}, {"visibleAfter": "2099-01-01T00:00:00Z"}])
def test_what_lists_hide_is_told_all_the_same(changes):
    assert said(EVENT | changes).published is None
    assert find((200, EVENT | changes))[0].published


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('[{"type":"paragraph","children":[{"text":"One"}]},{"children":[{"text":"Two"}]}]', "One\n\nTwo"),
        ("<p>Markup</p>", "Markup"),
        ("Plain\nwords", "Plain\nwords"),
        ('[{"type":"paragraph","chil', None),
        ("[]", None),
        ("", None),
        (None, None),
    ],
)
def test_a_description_becomes_plain_text(written, text):
    assert said(EVENT | {"description": written}).fields.get("eventDescription") == text


def test_what_is_longer_than_hubspot_takes_is_cut():
    fields = said(EVENT | {"name": "n" * (MAX_TEXT + 1), "description": "d" * (MAX_TEXT + 1)}).fields
    assert (len(fields["eventName"]), len(fields["eventDescription"])) == (MAX_TEXT, MAX_TEXT)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("gala-ab12", "https://tickets.example.com/event/gala-ab12"),
        ("/gala-ab12/", "https://tickets.example.com/event/gala-ab12"),
        ("gala/2027", "https://tickets.example.com/event/gala/2027"),
        ("früh-ling", "https://tickets.example.com/event/fr%C3%BCh-ling"),
        ("https://shop.example.org/e/1?x=1", "https://shop.example.org/e/1?x=1"),
        ("", None),
        (None, None),
    ],
)
def test_a_part_of_an_address_stands_after_the_shops_own(place, url):
    assert said(EVENT | {"url": place}).fields.get("eventUrl") == url


def test_without_a_shop_a_part_of_an_address_says_nothing():
    assert "eventUrl" not in said(EVENT, settings(BARE)).fields
    whole = "https://shop.example.org/e/1"
    assert said(EVENT | {"url": whole}, settings(BARE)).fields["eventUrl"] == whole


@pytest.mark.parametrize("seller", ["another", "", None])
def test_a_seller_without_a_name_has_none(seller):
    assert "eventOrganizer" not in said(EVENT | {"sellerId": seller}).fields
    assert "eventOrganizer" not in said(EVENT, settings(BARE)).fields


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"_id": None}, "_id"),
        ({"_id": ""}, "_id"),
        ({"_id": 7}, "_id"),
        ({"_id": "../orders"}, "_id"),
        ({"_id": "65f0\n"}, "_id"),
        ({"_id": "6" * 65}, "_id"),
        ({"name": None}, "name"),
        ({"name": {"en": "secret"}}, "name"),
        ({"start": "secret"}, "start"),
        ({"start": 1_800_000_000}, "start"),
        ({"end": "2027-13-28T09:00:00Z"}, "end"),
        ({"updatedAt": "secret"}, "updatedAt"),
        ({"updatedAt": "2026-11-23T14:45:06"}, "updatedAt"),
        ({"description": {"secret": 1}}, "description"),
        ({"eventType": 7}, "eventType"),
        ({"sellerId": []}, "sellerId"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://user:secret@example.com/"}, "url"),
        ({"url": "//evil.example/x y"}, "url"),
        ({"url": "a//b"}, "url"),
        ({"url": "x" * 501}, "url"),
        ({"url": 7}, "url"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_field(changes, field):
    assert errors(EVENT | changes) == [field]


@pytest.mark.parametrize("event", [None, [], "secret", 7])
def test_an_event_that_is_no_object_is_an_error(event):
    assert errors(event) == ["data"]


@pytest.mark.parametrize(
    ("envelope", "field"),
    [
        ({"data": None}, "data"),
        ({"data": "secret"}, "data"),
        ({"type": None}, "type"),
        ({"type": ["event.updated"]}, "type"),
        ({"id": " "}, "id"),
        ({"id": []}, "id"),
        ({"mode": 7}, "mode"),
    ],
)
def test_an_envelope_that_makes_no_sense_is_an_error(envelope, field):
    assert errors(EVENT, **envelope) == [field]


@pytest.mark.parametrize("action", ["transaction.complete", "ticket.created", "event.canceled", "EVENT.UPDATED", ""])
def test_other_actions_are_ignored_whatever_they_carry(action):
    assert read({"type": action, "data": 7}, Headers(), source("vivenu")) == Ignored(action)


# What its API is asked


def test_without_a_key_there_is_no_api():
    assert api(settings(BARE)) is None


def test_the_key_opens_one_host():
    asked = api(source("vivenu"))
    assert (asked.base_url, asked.headers) == ("https://vivenu.com", {"Authorization": "Bearer key_0000secret"})
    assert "key_0000secret" not in repr(asked)


def test_one_question_finds_an_event_that_is_on():
    found, questions = find((200, EVENT))
    assert [question.path for question in questions] == [f"/api/events/{ID}"]
    assert found.fields == said(EVENT).fields | {"eventCancelled": False}
    assert found.version == said(EVENT).version


def test_an_event_that_is_not_there_is_gone_if_the_api_lists_events():
    found, questions = find((404, {}), (200, {"rows": [], "total": 0}))
    assert isinstance(found, Gone)
    assert (questions[1].path, questions[1].params) == ("/api/events", {"top": "1", "skip": "0"})
    assert questions[1].expects == {200}


@pytest.mark.parametrize("body", [{}, {"rows": None, "total": 0}, {"events": []}])
def test_an_api_that_lists_nothing_of_the_kind_is_not_believed(body):
    with pytest.raises(LookUpFailed):
        find((404, {}), (200, body))


def test_a_refused_key_and_other_answers_are_faults_and_no_deletion():
    assert next(look_up(ID, source("vivenu"))).expects == {200, 404}


@pytest.mark.parametrize("external_id", ["", "..", "a/b", "a?b", "a b", "a\n", "ä", "6" * 65])
def test_nothing_is_asked_about_what_is_no_event(external_id):
    with pytest.raises(InvalidNotification) as refused:
        next(look_up(external_id, source("vivenu")))
    assert list(refused.value.errors) == ["id"]


@pytest.mark.parametrize("body", [{}, {"event": EVENT}, EVENT | {"start": "secret"}])
def test_an_answer_that_makes_no_sense_is_an_error(body):
    with pytest.raises(InvalidNotification) as refused:
        find((200, body))
    assert "secret" not in str(refused.value)


def test_a_page_goes_on_after_as_many_as_came():
    first, questions = page(LISTING)
    assert (questions[0].path, questions[0].params) == ("/api/events", {"top": "25", "skip": "0", "sortDir": "1"})
    assert first.following == "3"
    second, questions = page(LISTING, "25")
    assert questions[0].params["skip"] == "25"
    assert second.following is None


def test_an_empty_page_is_the_last_whatever_the_total():
    assert page({"rows": [], "total": 28}, "25")[0].following is None


def test_a_list_leaves_out_what_a_look_up_would():
    listed = page(LISTING)[0].events
    assert [one.event for one in listed] == [row["_id"] for row in LISTING["rows"]]
    assert [type(one.found) for one in listed] == [Found, Found, Skipped]
    assert [type(one.found) for one in page(LISTING, series="parent")[0].events] == [Found, Skipped, Found]


def test_a_listed_event_says_what_a_look_up_would_say():
    assert page(LISTING)[0].events[0].found == find((200, EVENT))[0]


def test_a_listed_event_that_makes_no_sense_hides_no_other():
    listed = page({"rows": [EVENT | {"start": 7}, EVENT], "total": 2})[0].events
    assert listed[0].found == Skipped("invalid")
    assert isinstance(listed[1].found, Found)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": None},
        {"rows": {}},
        {"rows": [7]},
        {"rows": [{"name": "no id"}]},
        {"rows": [{"_id": "../x"}]},
        {"total": None},
        {"total": "28"},
        {"total": True},
    ],
)
def test_a_list_that_cannot_be_read_is_no_list(changes):
    with pytest.raises(LookUpFailed) as failed:
        page(LISTING | changes)
    assert failed.value.reason == "platform_unreadable"


# Its settings


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"series": "all"}, "series"),
        ({"dev": "yes"}, "dev"),
        ({"dev": 1}, "dev"),
        ({"organizers": ["Acme"]}, "organizers"),
        ({"organizers": {"seller": ""}}, "organizers.seller"),
        ({"organizers": {"seller": 7}}, "organizers.seller"),
        ({"shop_url": "tickets.example.com"}, "shop_url"),
        ({"shop_url": "https://tickets.example.com/event?x=1"}, "shop_url"),
        ({"shop_url": "https://tickets.example.com/event#x"}, "shop_url"),
        ({"shop_url": "http://tickets.example.com/event"}, "shop_url"),
        ({"shop_url": 7}, "shop_url"),
        ({"api_token": ""}, "api_token"),
        ({"api_url": "https://vivenu.com/api"}, "api_url"),
        ({"api_url": "http://vivenu.com"}, "api_url"),
    ],
)
def test_a_fault_of_the_settings_names_its_key(changes, key):
    with pytest.raises(SourcesError) as refused:
        settings(table("vivenu", **changes))
    assert [fault.partition(": ")[0] for fault in refused.value.faults] == [f"sources.it.{key}"]


def test_a_shop_may_be_written_with_a_slash_at_its_end():
    shop = source("vivenu", shop_url="https://vivenu.com/event/")
    assert said(EVENT | {"url": "gala"}, shop).fields["eventUrl"] == "https://vivenu.com/event/gala"


def test_the_key_is_not_shown_by_mistake():
    assert "key_0000secret" not in repr(source("vivenu"))


@pytest.mark.parametrize("dev", [False, True])
@given(event=st.integers(0, 10_000), count=st.integers(0, 10_000))
def test_a_sample_is_what_vivenu_would_send(dev, event, count):
    configured = source("vivenu", dev=dev)
    sent, next_one = (sample(configured, event, number) for number in (count, count + 1))
    first, second = (read(json.loads(one.body), Headers(one.headers), configured) for one in (sent, next_one))
    assert first.event == second.event == f"{event:024x}"
    assert first.version < second.version
    assert first.fields["eventDescription"] == "A sample."
