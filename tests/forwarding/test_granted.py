"""Tokens that are granted: kept, renewed ahead of their end or once they are refused, and never shown."""

from threading import Barrier, Thread

import orjson
import pytest
import structlog
from prometheus_client import CollectorRegistry

from handlers.errors import LookUpFailed
from handlers.forwarding.granting import Granted
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.trouble import Troubled
from handlers.forwarding.visiting import Visitor
from handlers.metrics import Metrics
from handlers.platform import Api, Get, Grant

GRANT = Grant("https://auth.example", "/oauth/token", {"grant_type": "account_credentials"}, "Basic c2VjcmV0")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Granting:
    """Grants token-1, token-2 … or answers with what is set."""

    def __init__(self):
        self.calls = []
        self.reply = None
        self.lifetime = 3600

    def call(self, method, path, *, params=None, content=None, headers=None):
        self.calls.append((method, path, params, content, headers))
        said = {"access_token": f"token-{len(self.calls)}", "expires_in": self.lifetime, "token_type": "bearer"}
        return self.reply or Reply(200, body=orjson.dumps(said))


class Protected:
    """An API that takes some tokens."""

    def __init__(self, *tokens):
        self.takes = {f"Bearer {token}" for token in tokens}
        self.heard = []

    def call(self, method, path, *, params=None, content=None, headers=None):
        self.heard.append(headers["Authorization"])
        return Reply(200, body=b"{}") if headers["Authorization"] in self.takes else Reply(401)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def endpoint():
    return Granting()


@pytest.fixture
def granted(endpoint, clock):
    return Granted(GRANT, endpoint, "box", lambda reply: None, monotonic=clock)


def visitor(granted, outgoing):
    api = Api("https://api.example", grant=GRANT)
    return Visitor("box", api, outgoing, Lane(Spacing(1000.0)), Metrics(CollectorRegistry()), granted)


def test_it_is_asked_for_as_the_grant_says_and_without_a_body(granted, endpoint):
    assert granted.headers() == {"Authorization": "Bearer token-1"}
    method, path, params, content, headers = endpoint.calls[0]
    assert (method, path, params, content) == ("POST", "/oauth/token", {"grant_type": "account_credentials"}, None)
    assert headers["Authorization"] == "Basic c2VjcmV0"


@pytest.mark.parametrize(
    ("lifetime", "seconds", "calls"), [(3600, 3539, 1), (3600, 3540, 2), (60, 29, 1), (60, 30, 2), (0, 0, 2)]
)
def test_it_is_kept_until_a_minute_before_its_end(granted, endpoint, clock, lifetime, seconds, calls):
    endpoint.lifetime = lifetime
    granted.headers()
    clock.now += seconds
    granted.headers()
    assert len(endpoint.calls) == calls


def test_a_refused_token_is_replaced_once_and_the_question_asked_again(granted, endpoint):
    api = Protected("token-2")
    answer, _ = visitor(granted, api).ask(Get("/events"))
    assert (answer.status, api.heard) == (200, ["Bearer token-1", "Bearer token-2"])
    visitor(granted, api).ask(Get("/events"))
    assert len(endpoint.calls) == 2


def test_a_second_refusal_stops_the_source_and_asks_for_no_third_token(granted, endpoint):
    visit = visitor(granted, Protected())
    for _ in range(3):
        with pytest.raises(LookUpFailed, match="platform_refuses_token"):
            visit.ask(Get("/events"))
    assert (len(endpoint.calls), visit.lane.is_open()) == (2, False)


def test_an_expected_401_is_an_answer_and_renews_nothing(granted, endpoint):
    answer, _ = visitor(granted, Protected()).ask(Get("/events", expects=frozenset({200, 401})))
    assert (answer.status, len(endpoint.calls)) == (401, 1)


def test_of_many_threads_with_the_same_refused_token_one_renews_it(granted, endpoint):
    together, api = Barrier(6, timeout=10), Protected("token-2")

    def ask():
        together.wait()
        granted.headers(refused="Bearer token-1")

    granted.headers()
    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    visitor(granted, api).ask(Get("/events"))
    assert (len(endpoint.calls), api.heard) == (2, ["Bearer token-2"])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(400, body=b'{"error": "invalid_client"}'), "platform_refuses_token"),
        (Reply(401), "platform_refuses_token"),
        (Reply(403), "platform_refuses_token"),
        (Reply(429, {"Retry-After": "7"}), "platform_throttles"),
        (Reply(500), "platform_unavailable"),
        (Reply(302, {"Location": "https://evil.example/"}), "platform_redirects"),
        (Reply(None, fault="refused"), "platform_unreachable"),
        (Reply(200, body=b"<html>"), "platform_unreadable"),
        (Reply(200, body=b"[]"), "platform_unreadable"),
        (Reply(200, body=b'{"expires_in": 5}'), "platform_unreadable"),
        (Reply(200, body=b'{"access_token": ""}'), "platform_unreadable"),
        (Reply(200, body=b'{"access_token": "a\\r\\nHost: x"}'), "platform_unreadable"),
        (Reply(200, body=b'{"access_token": "a b"}'), "platform_unreadable"),
        (Reply(200, body=b'{"access_token": 7}'), "platform_unreadable"),
        (Reply(200, body=b'{"access_token": "t", "expires_in": -1}'), "platform_unreadable"),
    ],
)
def test_where_none_is_granted_the_reason_is_told(granted, endpoint, reply, reason):
    endpoint.reply = reply
    with pytest.raises(Troubled) as caught:
        granted.headers()
    assert caught.value.reason == reason


def test_a_lifetime_that_is_not_told_is_taken_for_an_hour(granted, endpoint, clock):
    endpoint.reply = Reply(200, body=b'{"access_token": "t"}')
    granted.headers()
    clock.now += 3539
    granted.headers()
    assert len(endpoint.calls) == 1


def test_neither_token_nor_credentials_are_ever_shown_or_logged(granted, endpoint):
    with structlog.testing.capture_logs() as logs:
        visitor(granted, Protected("token-1")).ask(Get("/events", {"email": "ada@example.com"}))
    shown = f"{logs} {granted} {GRANT}"
    assert [entry["action"] for entry in logs] == ["platform.token", "platform.call"]
    assert not any(word in shown for word in ("token-1", "c2VjcmV0", "ada@"))


def test_a_host_whose_address_stands_in_a_path_is_not_logged(granted):
    with structlog.testing.capture_logs() as logs:
        visitor(granted, Protected("token-1")).ask(Get("/v2/users/ada@example.com/webinars"))
    assert [entry["path"] for entry in logs if entry["action"] == "platform.call"] == ["/v2/users/…/webinars"]
