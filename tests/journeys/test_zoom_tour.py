"""The real service before a Zoom: handshakes, deltas, granted tokens, what is deleted, and what must never leave."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from recorded import deliveries
from running import Marquee, wait_until
from test_eventbrite_tour import operator, resume_sending
from test_reconciliation import backfill
from zoom_api import ACCOUNT, CLIENT, CLIENT_SECRET, HOSTS, ZoomApi, ZoomLogin

SECRET = "secret-token-of-the-app"
SOURCES = """
[sources.box-office]
platform = "zoom"
secrets = ["{secret}"]
zoom_account_id = "{account}"
client_id = "{client}"
client_secret = "{client_secret}"
hosts = ["{hosts[0]}", "{hosts[1]}"]
api_url = "{api}"
token_url = "{login}"
account_id = "acme"
custom_properties = {{ venue = "join_url", city = "password", language = "settings.contact_email", timezone = "timezone" }}
"""
ONE, OTHER, DELETED, HELD, UNCHANGED = "93280627326", "93280627327", "93280627328", "93280627329", "93280627330"
NEVER = (
    *("secret-of-the-join-url", "secret-of-the-start-url", "password-4711", "passcode-4711", "/j/", "/s/"),
    *("person@example.com", "A Person", "other@example.com", SECRET, CLIENT_SECRET),
)
PATIENCE = 3.0  # seconds that Zoom gives whoever it asks whether the address is right
pytestmark = pytest.mark.timeout(120)


class Logged(Marquee):
    """A Marquee whose words on both of its outputs are kept."""

    def __init__(self, folder, *given, **settings):
        super().__init__(folder, *given, **settings)
        self.told = folder / "log"
        into_file = "import os, sys; file = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_WRONLY); "
        into_file += "os.dup2(file, 1); os.dup2(file, 2); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        self._command = ["-c", into_file, str(self.told), *self._command]


@pytest.fixture
def login():
    serving = ZoomLogin()
    yield serving
    serving.close()


@pytest.fixture
def api(login):
    serving = ZoomApi(login)
    yield serving
    serving.close()


@pytest.fixture
def marquee(tmp_path, api, login, sandbox):
    before = {"externalAccountId": "acme", "eventName": "before", "eventOrganizer": "Acme"}
    sandbox.seed([{"externalEventId": number, **before} for number in (ONE, OTHER, DELETED, HELD, UNCHANGED)])
    words = {"account": ACCOUNT, "client": CLIENT, "client_secret": CLIENT_SECRET, "hosts": HOSTS}
    sources = SOURCES.format(secret=SECRET, api=api.url, login=login.url, **words)
    running = Logged(tmp_path, sources, sandbox.url, DEBOUNCE_SECONDS="0.3").start()
    yield running
    running.stop()


def signature(content, stamp, secret=SECRET):
    """https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events"""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + content, hashlib.sha256).hexdigest()


def post(marquee, content, stamp=None, **headers):
    stamp = stamp or str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Zoom Marketplace/1.0a",
        "x-zm-request-timestamp": stamp,
        "x-zm-signature": signature(content, stamp),
    } | headers
    return requests.post(f"{marquee.url}/webhooks/box-office", data=content, headers=headers, timeout=10)


def delivery(action, number, said, **payload):
    stamp = int(time.time() * 1000)
    envelope = {"account_id": ACCOUNT, "operator": HOSTS[0], "operator_id": "user0000000000000000AA"}
    told = {**envelope, "object": {"id": int(number), **said}, **payload}
    return json.dumps({"event": action, "event_ts": stamp, "payload": told}).encode()


def tell(marquee, action, number, said=None, **payload):
    content = delivery(action, number, said or {}, **payload)
    reply = post(marquee, content)
    assert (reply.status_code, reply.json()["status"]) == (202, "accepted"), reply.text
    return content


def change(marquee, number, **said):
    """A change as Zoom tells it: the id, what changed, and what that was before."""
    old = {"id": int(number), **dict.fromkeys(said, "before")}
    tell(marquee, "webinar.updated", number, said, old_object=old, time_stamp=int(time.time() * 1000))


def created(number):
    """The recorded shape, with what must never leave."""
    body = next(one["body"] for one in deliveries("zoom") if one["body"]["event"] == "webinar.created")
    private = {
        "join_url": f"https://example.zoom.us/j/{number}?pwd=secret-of-the-join-url",
        "password": "password-4711",
    }
    return body["payload"]["object"] | private | {"id": int(number), "start_time": "2031-05-04T09:00:00Z"}


def held(sandbox, number=ONE):
    return next(event for event in sandbox.events() if event["externalEventId"] == number)


def shown(sandbox, number=ONE):
    event = held(sandbox, number)
    return tuple(event.get(name) for name in ("eventName", "startDateTime", "endDateTime", "eventCancelled"))


def knock(marquee, token, **headers):
    """How Zoom asks, and how many seconds the answer took."""
    asked = {"event": "endpoint.url_validation", "event_ts": 1654503849680, "payload": {"plainToken": token}}
    started = time.monotonic()
    reply = post(marquee, json.dumps(asked).encode(), **headers)
    return reply, time.monotonic() - started


def test_the_handshake_is_answered_in_time_signed_or_not_and_while_many_knock(marquee, api, login):
    unsigned = {"x-zm-request-timestamp": None, "x-zm-signature": None}
    tokens = [f"qgg8vlvZRS6UYooatFL8A{number:02}" for number in range(40)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda token: knock(marquee, token, **({} if token[-1] in "02468" else unsigned)), tokens)
        )
    for token, (reply, seconds) in zip(tokens, answers, strict=True):
        encrypted = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        assert (reply.status_code, reply.json()) == (200, {"plainToken": token, "encryptedToken": encrypted})
        assert reply.headers["Content-Type"] == "application/json"
        assert seconds < PATIENCE
    forged, _seconds = knock(marquee, f"v0:{int(time.time())}:{{}}", **unsigned)
    assert (forged.status_code, "encryptedToken" in forged.text) == (401, False)
    assert (marquee.outcomes(), api.asked, login.asked) == ({}, [], [])


def test_a_webinar_is_kept_up_to_date_and_its_secrets_stay_here(marquee, api, login, sandbox):
    api.put(ONE)
    content = tell(marquee, "webinar.created", ONE, created(ONE))
    marquee.settle()
    first = ("How to sell tickets", "2031-05-04T09:00:00Z", "2031-05-04T10:30:00Z", False)
    assert (shown(sandbox), held(sandbox)["eventType"]) == (first, "Webinar")
    change(marquee, ONE, topic="How to sell more tickets")
    marquee.settle()
    assert (shown(sandbox), login.asked, api.asked) == (("How to sell more tickets", *first[1:]), [], [])

    api.put(ONE, topic="How to sell more tickets", start_time="2031-06-04T09:00:00Z", duration=45)
    change(marquee, ONE, start_time="2031-06-04T09:00:00Z")
    marquee.settle()
    moved = ("How to sell more tickets", "2031-06-04T09:00:00Z", "2031-06-04T09:45:00Z", False)
    assert shown(sandbox) == moved
    assert held(sandbox)["eventUrl"] == f"https://example.zoom.us/webinar/register/WN_{ONE}"
    assert (login.paths(), api.paths()) == (["/oauth/token"], [f"/v2/webinars/{ONE}"])

    for action, cancelled in (("webinar.deleted", True), ("webinar.recovered", False), ("webinar.deleted", True)):
        said = created(ONE) | {"start_time": moved[1], "duration": 45, "topic": moved[0]}
        tell(marquee, action, ONE, said, operation="all")
        marquee.settle()
        assert shown(sandbox) == (*moved[:3], cancelled)
    assert len(api.asked) == 1

    refused = post(marquee, content, **{"x-zm-signature": "v0=" + "0" * 64})
    assert refused.status_code == 401
    naive = post(marquee, delivery("webinar.updated", OTHER, created(OTHER) | {"start_time": "2031-05-04T09:00:00"}))
    assert naive.status_code in (200, 202)
    assert marquee.settle()["dead"] == 1
    check_that_nothing_private_left(marquee, sandbox)


def check_that_nothing_private_left(marquee, sandbox):
    assert held(sandbox)["customProperties"] == {"timezone": "Europe/Berlin"}
    items = operator(marquee, "notifications")["items"]
    assert any("start_time" in json.dumps(one["detail"]) for one in items)
    told = [
        operator(marquee, "status"),
        items,
        *(operator(marquee, f"notifications/{one['notification']}") for one in items),
    ]
    metrics = requests.get(f"{marquee.url}/metrics", timeout=10).text
    log = marquee.told.read_text()
    assert log.count('"action":"platform.call"') == 1
    places = {
        "HubSpot": json.dumps([sandbox.events(), sandbox.calls()]),
        "the API": json.dumps(told),
        "the metrics": metrics,
        "the log": log,
    }
    assert [(place, word) for place, text in places.items() for word in NEVER if word in text] == []


def test_tokens_are_renewed_in_time_or_when_they_are_refused_and_nothing_is_lost(marquee, api, login, sandbox):
    login.lifetime = 2
    tell(marquee, "webinar.created", ONE, created(ONE))
    for number in range(3):
        move(marquee, api, number)
        marquee.settle()
        time.sleep(1.1)  # half of a token's life
    assert (len(login.asked), api.paths(401)) == (3, [])

    login.lifetime = 3600
    for number in (3, 4):
        move(marquee, api, number)
        marquee.settle()
        login.end_tokens()
    assert (len(login.asked), len(api.paths(401))) == (5, 1)

    login.client_secret = "another"
    move(marquee, api, 5)
    wait_until(lambda: paused(marquee), "its platform is left alone")
    assert paused(marquee)["reason"] == "platform_refuses_token"
    change(marquee, ONE, topic="Renamed")
    assert marquee.outcomes()["pending"] == 2
    login.client_secret = CLIENT_SECRET
    api.put(ONE, topic="Renamed")
    resume_sending(marquee)
    assert "dead" not in marquee.settle()
    assert shown(sandbox) == ("Renamed", "2031-05-15T09:00:00Z", "2031-05-15T10:30:00Z", False)
    wait_until(lambda: paused(marquee) is None, "it is no longer left alone")
    assert (login.paths(400), len(login.asked)) == (["/oauth/token"], 7)


def move(marquee, api, number):
    start = f"2031-05-{10 + number}T09:00:00Z"
    api.put(ONE, start_time=start)
    change(marquee, ONE, start_time=start)


def paused(marquee):
    return operator(marquee, "status")["sources"]["box-office"]["paused"]


def test_what_changed_or_went_in_silence_is_found_by_the_hosts_lists(marquee, api, sandbox):
    api.per_page = 1
    for number, host in ((ONE, 0), (OTHER, 1), (DELETED, 0), (HELD, 1), (UNCHANGED, 1)):
        api.put(number, HOSTS[host])
        tell(
            marquee, "webinar.created", number, created(number) | {"agenda": "What we learned from a million tickets."}
        )
    change(marquee, ONE, registration_url=f"https://example.zoom.us/webinar/register/WN_{ONE}")
    marquee.settle()
    api.put(OTHER, topic="Renamed in silence")
    api.delete(DELETED)
    api.forget(HELD)
    compared = backfill(marquee)
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert "3 listed, 2 differing, 2 missing" in compared.stdout
    marquee.settle()
    assert shown(sandbox, OTHER)[0] == "Renamed in silence"
    assert {number: shown(sandbox, number)[3] for number in (ONE, OTHER, DELETED, HELD, UNCHANGED)} == {
        ONE: False,
        OTHER: False,
        DELETED: True,
        HELD: False,
        UNCHANGED: False,
    }
    lists = [f"/v2/users/{host}/webinars" for host in (HOSTS[0], HOSTS[1], HOSTS[1])]
    assert [path for path in api.paths() if path.startswith("/v2/users/")] == lists


@pytest.mark.parametrize(
    ("method", "change", "status"),
    [
        ("POST", {}, 200),
        ("GET", {}, 404),
        ("POST", {"auth": (CLIENT, "another")}, 400),
        ("POST", {"auth": None}, 400),
        ("POST", {"data": {"grant_type": "account_credentials"}}, 400),
        ("POST", {"params": {"grant_type": "account_credentials"}}, 400),
        ("POST", {"params": {"grant_type": "client_credentials", "account_id": ACCOUNT}}, 400),
    ],
)
def test_the_login_of_these_tests_is_strict(login, method, change, status):
    given = {"auth": (CLIENT, CLIENT_SECRET), "params": {"grant_type": "account_credentials", "account_id": ACCOUNT}}
    reply = requests.request(method, f"{login.url}/oauth/token", timeout=5, **given | change)
    assert (reply.status_code, "access_token" in reply.json()) == (status, status == 200)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"webinars/{ONE}?show_previous_occurrences=true", 200),
        (f"webinars/{ONE}/", 404),
        (f"webinars/{OTHER}", 404),
        (f"webinars/{ONE}?page_size=1", 400),
        ("webinars/WN_abc", 404),
        (f"users/{HOSTS[0]}/webinars?type=scheduled&page_size=30", 200),
        (f"users/{HOSTS[0]}/webinars?page_number=2", 400),
        (f"users/{HOSTS[0]}/webinars?page_size=30&page_size=31", 400),
        (f"users/{HOSTS[0]}/webinars?next_page_token=old", 400),
        ("users/stranger@example.com/webinars", 404),
        (f"past_webinars/{OTHER}/instances", 404),
        (f"past_webinars/{HELD}/instances", 200),
    ],
)
def test_the_api_of_these_tests_is_strict(login, api, path, status):
    for number in (ONE, HELD):
        api.put(number)
    api.forget(HELD)
    granted = requests.post(
        f"{login.url}/oauth/token",
        auth=(CLIENT, CLIENT_SECRET),
        params={"grant_type": "account_credentials", "account_id": ACCOUNT},
        timeout=5,
    )
    headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    assert requests.get(f"{api.url}/v2/{path}", headers=headers, timeout=5).status_code == status
    assert requests.get(f"{api.url}/v2/{path}", timeout=5).status_code == 401
    login.end_tokens()
    assert requests.get(f"{api.url}/v2/{path}", headers=headers, timeout=5).status_code == 401
