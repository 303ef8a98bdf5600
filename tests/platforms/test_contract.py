"""What every platform must do; a new one is held to it by the existence of its file."""

import json
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, SAMPLES, answers, cases, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification, LookUpFailed
from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.platform import Answer, Get, Ignored, Notification, without
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from handlers.receiving.verifier import sign
from handlers.signatures import Hmac, StandardWebhooks
from schemas.sources import SourcesError, read_sources

PROJECT = Path(__file__).resolve().parents[2]
NOW = 1_800_000_000.0
NAMES = sorted(name for name in PLATFORMS if (SAMPLES / name / "source.toml").exists())
RECORDED = [(name, number) for name in NAMES for number in range(len(deliveries(name)))]
every_platform = pytest.mark.parametrize("name", NAMES)


class Inbox:
    """Keeps what comes in."""

    def __init__(self):
        self.kept = []

    def store(self, arrival):
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=False)


class Door:
    """The door with one source of the platform."""

    def __init__(self, name, **changes):
        self.platform, self.source, self.inbox = PLATFORMS[name], source(name, **changes), Inbox()
        app = Flask("door", static_folder=None)
        settings = DoorSettings(2**20, 600)
        metrics = Metrics(CollectorRegistry())
        app.register_blueprint(blueprint({"it": self.source}, PLATFORMS, self.inbox, settings, metrics, lambda: NOW))
        refusals.register(app)
        self._client = app.test_client()

    def send(self, body, headers=None, secret=None, now=NOW, signed=None):
        proof = sign(
            self.platform.schemes(self.source)[0], secret or self.source.secrets[0], signed or body, "n-1", now
        )
        path = f"/webhooks/it/{proof.path_token}" if proof.path_token else "/webhooks/it"
        given = {"Content-Type": "application/json"} | (headers or {}) | proof.headers
        return self._client.post(path, data=body, headers=given)

    def send_bare(self, body, headers):
        """The same without any proof."""
        return self._client.post("/webhooks/it", data=body, headers={"Content-Type": "application/json"} | headers)

    def sample(self):
        return self.platform.sample(self.source, 1, 1)


def read(name, body, headers=None):
    return PLATFORMS[name].read(body, Headers(headers or {}), source(name))


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_its_files_share_one_stem_and_its_samples_are_recorded(name):
    stem = name.replace("-", "_")
    assert (PROJECT / "handlers/platforms" / f"{stem}.py").exists()
    assert (PROJECT / "schemas/platforms" / f"{stem}.py").exists()
    recorded = {file.name for file in SAMPLES.glob(f"{name}/*")}
    assert {"source.toml", "deliveries.json", "cases.json"} <= recorded


@every_platform
def test_there_is_no_start_without_a_secret(name):
    settings = {other: platform.settings for other, platform in PLATFORMS.items()}
    for secrets in ([], [""]):
        with pytest.raises(SourcesError, match=r"sources\.it\.secrets"):
            read_sources({"it": table(name, secrets=secrets)}, {}, settings)


@every_platform
def test_its_secrets_are_not_shown_by_mistake(name):
    shown = repr(source(name))
    assert not any(secret in shown for secret in source(name).secrets)
    assert table(name).get("api_token", "no token") not in shown


@pytest.mark.parametrize(("name", "number"), RECORDED)
def test_each_recorded_delivery_is_read_as_noted(name, number):
    recorded = deliveries(name)[number]
    wanted = recorded["read_as"]
    if wanted["is"] == "invalid":
        with pytest.raises(InvalidNotification) as refused:
            read(name, recorded["body"], recorded["headers"])
        assert sorted(refused.value.errors) == sorted(wanted["errors"])
        return
    said = read(name, recorded["body"], recorded["headers"])
    assert isinstance(said, Notification if wanted["is"] == "notification" else Ignored)
    assert {key: getattr(said, key) for key in wanted if key != "is"} == {k: v for k, v in wanted.items() if k != "is"}


@every_platform
def test_a_sample_comes_in_as_if_the_platform_had_sent_it(name):
    door = Door(name)
    sample = door.sample()
    assert door.send(sample.body, sample.headers).json["status"] == "accepted"
    assert door.inbox.kept[0].event


@every_platform
def test_another_secret_opens_nothing_and_nothing_is_kept(name):
    door = Door(name)
    answer = door.send(door.sample().body, secret="whsec_YW5vdGhlciBrZXk=")
    assert answer.status_code in (401, 404)
    assert answer.json["reason"] in ("bad_signature", "unknown_source")
    assert door.inbox.kept == []


@every_platform
def test_while_secrets_rotate_both_open(name):
    secrets = ["whsec_bmV3ZXIga2V5IG9mIG1hbnkgYnl0ZXM=", "whsec_b2xkZXIga2V5IG9mIG1hbnkgYnl0ZXM="]
    door = Door(name, secrets=secrets)
    assert {door.send(door.sample().body, secret=secret).status_code for secret in secrets} == {202}


@every_platform
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"\xff", b'"x"', b'{"a":' * 5000, b'{"a": NaN}'], ids=lambda body: repr(body[:10])
)
def test_signed_rubbish_is_refused_and_not_kept(name, body):
    door = Door(name)
    answer = door.send(body)
    assert (answer.status_code, answer.json["reason"]) == (400, "not_json")
    assert door.inbox.kept == []


@every_platform
def test_an_empty_object_is_kept_as_dead(name):
    door = Door(name)
    assert door.send(b"{}").status_code == (422 if door.platform.own_sender else 202)
    assert door.inbox.kept[0].errors


@every_platform
def test_members_that_nobody_knows_do_no_harm(name):
    door = Door(name)
    body = json.loads(door.sample().body) | {"new in 2030": {"deep": [1, None]}}
    assert door.send(json.dumps(body).encode()).json["status"] == "accepted"


@every_platform
def test_a_platform_is_asked_for_single_events_if_it_can_be_asked_at_all(name):
    platform = PLATFORMS[name]
    assert (platform.api is None) == (platform.look_up is None)
    assert platform.list_events is None or platform.api is not None


@pytest.mark.parametrize("name", [name for name in NAMES if PLATFORMS[name].api and PLATFORMS[name].api(source(name))])
def test_a_platform_is_asked_only_for_what_leads_down(name):
    platform, settings = PLATFORMS[name], source(name)
    question = next(platform.look_up(read(name, json.loads(Door(name).sample().body)).event, settings))
    assert isinstance(question, Get)
    assert question.path.startswith("/")
    assert "//" not in question.path
    assert ".." not in question.path
    assert opens(platform.api(settings), table(name))


FATES = (
    *("cancelled", "uncancelled", "deleted", "postponed", "no_end", "naive_time", "other_language"),
    *("irrelevant_action", "unknown_action", "unknown_fields"),
)
TOLD = [(name, case) for name in NAMES for case in cases(name)["told"]]
READ = [(name, case) for name, case in TOLD if "body" in case]
ASKED = [(name, case) for name, case in TOLD if "asked" in case]


def case_name(value):
    return value["case"] if isinstance(value, dict) else value


@every_platform
def test_what_befalls_an_event_is_told_or_the_reason_why_not_is_given(name):
    known = cases(name)
    told = {case["case"] for case in known["told"]}
    assert told | known["untold"].keys() == set(FATES)
    assert all(reason.strip() for reason in known["untold"].values())


def said_in(name, case):
    """What a case's body says, its fields and its class."""
    settings = source(name, **case.get("source", {}))
    try:
        said = PLATFORMS[name].read(case["body"], Headers(case.get("headers", {})), settings)
    except InvalidNotification as error:
        return "invalid", None, error.errors
    return type(said).__name__.lower(), said, {}


def hold(case, kind, said, errors):
    """A case is told as noted."""
    assert kind == case["is"], errors
    fields = getattr(said, "fields", None) or {}
    assert {field: fields.get(field) for field in case.get("fields", {})} == case.get("fields", {})
    assert [field for field in case.get("lacks", []) if field in fields] == []
    assert sorted(case.get("errors", errors)) == sorted(errors)
    assert "published" not in case or said.published is case["published"]


@pytest.mark.parametrize(("name", "case"), READ, ids=case_name)
def test_a_fate_is_read_out_of_a_notification(name, case):
    hold(case, *said_in(name, case))


@pytest.mark.parametrize(("name", "case"), ASKED, ids=case_name)
def test_a_fate_is_read_out_of_what_the_platform_answers(name, case):
    hold(case, *found_by(name, case, answers(name, case)))


def found_by(name, case, told):
    """What a look-up finds, given these answers in this order for the paths that they belong to."""
    asking = PLATFORMS[name].look_up(case["asked"], source(name, **case.get("source", {})))
    waiting = list(told)
    try:
        question = next(asking)
        while True:
            path, status, body = answer_to(question, waiting)
            waiting.remove((path, status, body))
            assert status in question.expects
            question = asking.send(Answer(status, body))
    except StopIteration as end:
        return type(end.value).__name__.lower(), end.value, {}
    except InvalidNotification as error:
        return "invalid", None, error.errors


class OtherQuestion(Exception):
    """It asks for what no answer was recorded."""


def answer_to(question, waiting):
    for told in waiting:
        if told[0] == question.path:
            return told
    raise OtherQuestion(question.path)


CANARY = "canary-that-must-not-leave"


def planted(value, private):
    """The same JSON with a canary in every private member."""
    if isinstance(value, dict):
        return {key: CANARY if key in private else planted(inner, private) for key, inner in value.items()}
    return [planted(inner, private) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", [name for name in NAMES if PLATFORMS[name].private])
def test_nothing_private_leaves(name):
    private = PLATFORMS[name].private
    bodies = [one["body"] for one in deliveries(name)] + [case["body"] for called, case in READ if called == name]
    for body in bodies:
        with suppress(InvalidNotification):
            said = read(name, planted(body, private))
            assert CANARY not in repr(getattr(said, "fields", None))
            assert CANARY not in repr(without(planted(body, private), private))
    for case in (case for called, case in ASKED if called == name):
        told = [(path, status, planted(body, private)) for path, status, body in answers(name, case)]
        _kind, found, _errors = found_by(name, case, told)
        assert CANARY not in repr(getattr(found, "fields", None))


@every_platform
def test_every_field_that_it_can_tell_has_its_origin_written_down(name):
    platform = PLATFORMS[name]
    said = [getattr(said_in(called, case)[1], "fields", None) or {} for called, case in READ if called == name]
    said += [
        getattr(found_by(called, case, answers(called, case))[1], "fields", None) or {}
        for called, case in ASKED
        if called == name
    ]
    told = {field for fields in said for field in fields}
    assert told - platform.origins.keys() == set()


# The proof of origin


def signs_the_body(name):
    return isinstance(PLATFORMS[name].schemes(source(name))[0], Hmac | StandardWebhooks)


def signs_a_time(name):
    scheme = PLATFORMS[name].schemes(source(name))[0]
    return isinstance(scheme, StandardWebhooks) or (isinstance(scheme, Hmac) and "{timestamp}" in scheme.content)


every_signing_platform = pytest.mark.parametrize("name", [name for name in NAMES if signs_the_body(name)])
every_timing_platform = pytest.mark.parametrize("name", [name for name in NAMES if signs_a_time(name)])


@every_signing_platform
def test_one_wrong_byte_of_the_body_is_refused(name):
    door = Door(name)
    sample = door.sample()
    answer = door.send(sample.body + b" ", sample.headers, signed=sample.body)
    assert (answer.status_code, answer.json["reason"], door.inbox.kept) == (401, "bad_signature", [])


@every_timing_platform
@pytest.mark.parametrize("off", [-601, 601, 86_400, -86_400])
def test_a_signature_from_another_time_is_refused(name, off):
    door = Door(name)
    sample = door.sample()
    answer = door.send(sample.body, sample.headers, now=NOW + off)
    assert (answer.status_code, answer.json["reason"], door.inbox.kept) == (401, "stale_timestamp", [])


@every_timing_platform
@pytest.mark.parametrize("off", [-599, 599])
def test_a_signature_within_the_tolerance_is_taken(name, off):
    door = Door(name)
    sample = door.sample()
    assert door.send(sample.body, sample.headers, now=NOW + off).status_code == 202


@every_platform
def test_without_any_proof_nothing_is_kept(name):
    door = Door(name)
    sample = door.sample()
    answer = door.send_bare(sample.body, sample.headers)
    assert answer.json["reason"] in ("missing_signature", "unknown_source")
    assert door.inbox.kept == []


@every_platform
def test_what_is_sent_twice_is_a_duplicate_or_changes_nothing(name):
    door = Door(name)
    sample = door.sample()
    for _ in range(2):
        assert door.send(sample.body, sample.headers).status_code in (200, 202)
    first, second = door.inbox.kept
    assert first.delivery_id == second.delivery_id
    said = read(name, json.loads(first.body), sample.headers)
    known_again = first.delivery_id is not None or said.version is not None
    assert known_again or said.fields is None


def opens(api, settings):
    """Whether a secret of the source's, as it is or as a user name of HTTP Basic, is what opens the API."""
    given = [*api.headers.values(), *([api.grant.authorization] if api.grant else [])]
    tokens = [settings.get("api_token", "no token"), *settings["secrets"]]
    basic = [b64encode(f"{token}:".encode()).decode() for token in tokens]
    return any(value.endswith((*tokens, *basic)) or value.startswith("Basic ") for value in given)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(value, above=()):
    """The way to every member of a JSON value."""
    if not isinstance(value, dict | list):
        return [above]
    members = value.items() if isinstance(value, dict) else enumerate(value)
    return [above] * bool(above) + [way for key, inner in members for way in places(inner, (*above, key))]


def changed(value, way, new):
    """A copy with another value at the end of the way."""
    if not way:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = changed(value[way[0]], way[1:], new)
    return copy


@st.composite
def spoilt(draw, bodies):
    """A recorded body in which up to three members are something else."""
    body = draw(st.sampled_from(bodies))
    for _ in range(draw(st.integers(1, 3))):
        ways = [way for way in places(body) if way]
        body = changed(body, draw(st.sampled_from(ways)), draw(json_values)) if ways else body
    return body


@every_platform
@given(data=st.data())
def test_no_body_whatever_breaks_the_reading(name, data):
    recorded = [one["body"] for one in deliveries(name) if isinstance(one["body"], dict) and one["body"]]
    with suppress(InvalidNotification):
        assert isinstance(read(name, data.draw(spoilt(recorded))), Notification | Ignored)


@pytest.mark.parametrize("name", sorted({name for name, _case in ASKED}))
@given(data=st.data())
def test_no_answer_of_its_api_whatever_breaks_a_look_up(name, data):
    case = data.draw(st.sampled_from([case for called, case in ASKED if called == name]))
    told = answers(name, case)
    number = data.draw(st.integers(0, len(told) - 1))
    path, status, body = told[number]
    spoiled = data.draw(spoilt([body]) if body else st.dictionaries(st.text(max_size=8), json_values, max_size=4))
    told[number] = path, status, spoiled if isinstance(spoiled, dict) else {}
    with suppress(LookUpFailed, OtherQuestion):
        found_by(name, case, told)
