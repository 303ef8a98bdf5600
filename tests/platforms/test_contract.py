"""What every platform must do; a new one is held to it by the existence of its file."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, SAMPLES, deliveries, source, table
from werkzeug.datastructures import Headers

from handlers.errors import InvalidNotification
from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.platform import Answer, Get, Ignored, Notification
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from handlers.receiving.verifier import sign
from schemas.sources import SourcesError, read_sources

PROJECT = Path(__file__).resolve().parents[2]
NOW = 1_800_000_000.0
NAMES = sorted(PLATFORMS)
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

    def sample(self):
        return self.platform.sample(self.source, 1, 1)


def read(name, body, headers=None):
    return PLATFORMS[name].read(body, Headers(headers or {}), source(name))


@every_platform
def test_its_files_share_one_stem_and_its_samples_are_recorded(name):
    stem = name.replace("-", "_")
    assert (PROJECT / "handlers/platforms" / f"{stem}.py").exists()
    assert (PROJECT / "schemas/platforms" / f"{stem}.py").exists()
    assert (SAMPLES / name / "source.toml").exists()


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
def test_a_thin_platform_asks_only_for_what_leads_down(name):
    platform, settings = PLATFORMS[name], source(name)
    if platform.look_up is None:
        assert platform.api is None
        return
    question = next(platform.look_up(read(name, json.loads(Door(name).sample().body)).event, settings))
    assert isinstance(question, Get)
    assert question.path.startswith("/")
    assert "//" not in question.path
    assert ".." not in question.path
    assert any(value.endswith(table(name)["api_token"]) for value in platform.api(settings).headers.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
known_keys = st.sampled_from(
    [
        "id",
        "version",
        "eventName",
        "startDateTime",
        "action",
        "organizer",
        "event",
        "notification_id",
        "subevent",
        "config",
        "api_url",
    ]
)


@every_platform
@given(body=st.dictionaries(known_keys, json_values))
def test_no_object_whatever_breaks_the_reading(name, body):
    with suppress(InvalidNotification):
        assert isinstance(read(name, body), Notification | Ignored)


@every_platform
@given(body=json_values)
def test_no_answer_of_its_api_whatever_breaks_a_look_up(name, body):
    platform, settings = PLATFORMS[name], source(name)
    if platform.look_up is None:
        return
    asking = platform.look_up(read(name, json.loads(Door(name).sample().body)).event, settings)
    next(asking)
    with suppress(InvalidNotification, StopIteration):
        asking.send(Answer(200, body if isinstance(body, dict) else {}))
