"""What HubSpot is asked, where and how; and what is told of it."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry

from handlers.forwarding.hubspot import HubSpot, correlation_id, described, root
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.pacer import Pacer
from handlers.forwarding.tokens import CredentialsUnavailable
from handlers.metrics import Metrics
from handlers.operating.logs import configure

PROJECT = Path(__file__).resolve().parents[2]
DATED = "/marketing/marketing-events/2026-03"
LIMITS = {"X-HubSpot-RateLimit-Max": "200", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}


class Account:
    """HubSpot: gives the answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.calls = []

    def call(self, method, path, *, params=None, content=None, headers=None):
        self.calls.append({"method": method, "path": path, "params": params, "content": content, "headers": headers})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Credentials:
    """Gives each of some tokens until it is refused; without any it raises."""

    def __init__(self, *tokens):
        self.tokens = list(tokens)

    def token(self):
        if not self.tokens:
            raise CredentialsUnavailable("token_refused", 4.2)
        return self.tokens[0]

    def renewed(self, refused):
        assert refused == self.tokens.pop(0)
        return self.tokens[0] if self.tokens else None


class Bench:
    """The client, and all that is around it."""

    def __init__(self, *replies, version="2026-03", tokens=("token-1",)):
        self.account = Account(*(replies or [Reply(200, {}, b'{"results": []}')]))
        self.credentials = Credentials(*tokens)
        self.pacer = Pacer()
        self.registry = CollectorRegistry()
        metrics = Metrics(self.registry)
        self.hubspot = HubSpot(self.account, self.credentials, version, self.pacer, metrics)

    @property
    def asked(self):
        return self.account.calls[-1]

    @property
    def shown(self):
        return [call["headers"]["Authorization"] for call in self.account.calls]

    def counted(self, status):
        return self.registry.get_sample_value("marquee_hubspot_calls_total", {"status": status})


def talk():
    """One call of each kind, logged as the service logs."""
    configure("json")
    headers = {"Set-Cookie": "cookie-1", "X-HubSpot-Correlation-Id": "c-1", "X-HubSpot-RateLimit-Remaining": "7"}
    hubspot = Bench(Reply(403, headers, b'{"message": "the body"}')).hubspot
    hubspot.search("ev-1")
    hubspot.identifiers("ev-1")
    hubspot.batch_update([{"objectId": "1", "eventName": "the name"}])


@pytest.fixture(scope="module")
def log():
    """What is logged of `talk`; by a process of its own, because a logger keeps the settings of its first use."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    command = [sys.executable, __file__]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.rule(1)
@pytest.mark.parametrize(
    ("version", "place"),
    [("2026-03", DATED), ("2027-09-beta", f"{DATED[:-7]}2027-09-beta"), ("v3", "/marketing/v3/marketing-events")],
)
def test_a_version_has_its_place_in_the_path(version, place):
    bench = Bench(version=version)
    bench.hubspot.batch_update([])
    assert root(version) == place
    assert bench.asked["path"] == f"{place}/batch/update"


@pytest.mark.rule(1)
def test_a_batch_update_is_one_post_of_all_inputs():
    bench = Bench()
    entries = [{"objectId": "1", "eventName": "Gala"}, {"objectId": "2", "eventName": "Fest"}]
    bench.hubspot.batch_update(entries)
    assert bench.asked["method"] == "POST"
    assert orjson.loads(bench.asked["content"]) == {"inputs": entries}


def test_an_upsert_is_one_post_of_all_inputs_below_the_same_root():
    bench = Bench()
    bench.hubspot.upsert([{"externalEventId": "ev-1"}])
    assert (bench.asked["method"], bench.asked["path"]) == ("POST", f"{DATED}/events/upsert")
    assert orjson.loads(bench.asked["content"]) == {"inputs": [{"externalEventId": "ev-1"}]}


def test_what_is_posted_is_named_as_json():
    bench = Bench()
    bench.hubspot.batch_update([])
    assert bench.asked["headers"] == {
        "Authorization": "Bearer token-1",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def test_a_question_has_no_content():
    bench = Bench()
    bench.hubspot.search("ev-1")
    assert bench.asked["content"] is None
    assert bench.asked["headers"] == {"Authorization": "Bearer token-1", "Accept": "application/json"}


def test_each_call_has_the_token_of_the_moment():
    bench = Bench()
    bench.hubspot.search("ev-1")
    bench.credentials.tokens = ["token-2"]
    bench.hubspot.search("ev-1")
    assert bench.shown == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.rule(16)
def test_a_call_whose_token_is_refused_is_made_once_more_with_another():
    bench = Bench(Reply(401), Reply(200), tokens=["token-1", "token-2"])
    assert bench.hubspot.batch_update([]).status == 200
    assert bench.shown == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.rule(16)
def test_a_call_is_not_made_a_third_time():
    bench = Bench(Reply(401), tokens=["token-1", "token-2", "token-3"])
    assert bench.hubspot.batch_update([]).status == 401
    assert len(bench.account.calls) == 2


@pytest.mark.rule(16)
def test_a_refusal_stands_where_there_is_no_other_token():
    bench = Bench(Reply(401))
    assert bench.hubspot.batch_update([]).status == 401
    assert len(bench.account.calls) == 1


@pytest.mark.parametrize("status", [200, 403, 500])
def test_another_status_costs_no_token(status):
    bench = Bench(Reply(status), tokens=["token-1", "token-2"])
    assert bench.hubspot.batch_update([]).status == status
    assert bench.credentials.tokens == ["token-1", "token-2"]


def test_without_a_token_nothing_is_called_and_the_answer_says_why():
    bench = Bench(tokens=[])
    reply = bench.hubspot.batch_update([])
    assert (reply.status, reply.fault, reply.headers) == (None, "token_refused", {"Retry-After": "5"})
    assert bench.account.calls == []


def test_an_external_id_is_searched_as_a_parameter():
    bench = Bench()
    bench.hubspot.search("acme:a/b?c#d&e=f")
    assert (bench.asked["method"], bench.asked["path"]) == ("GET", f"{DATED}/events/search")
    assert bench.asked["params"] == {"q": "acme:a/b?c#d&e=f"}


@pytest.mark.parametrize(
    ("external_id", "segment"),
    [
        ("ev-42", "ev-42"),
        ("acme:tour:7", "acme%3Atour%3A7"),
        ("a/../b", "a%2F..%2Fb"),
        ("a?b#c d%", "a%3Fb%23c%20d%25"),
        ("München\n", "M%C3%BCnchen%0A"),
    ],
)
def test_an_external_id_in_a_path_stays_one_segment(external_id, segment):
    bench = Bench()
    bench.hubspot.identifiers(external_id)
    assert bench.asked["path"] == f"{DATED}/{segment}/identifiers"
    assert bench.asked["params"] is None


def test_the_answer_comes_back_as_it_is():
    given = Reply(207, {}, b"whatever")
    assert Bench(given).hubspot.batch_update([]) is given


def test_each_question_is_logged_by_its_name_and_a_batch_is_left_to_its_caller(log):
    lines = [orjson.loads(line) for line in log.splitlines()]
    assert [line["action"] for line in lines] == ["hubspot.search", "hubspot.identifiers"]


@pytest.mark.rule(25)
def test_the_log_tells_the_answer(log):
    line = orjson.loads(log.splitlines()[0])
    assert (line["status"], line["fault"]) == (403, None)
    assert (line["correlation_id"], line["limit_remaining"]) == ("c-1", 7)


@pytest.mark.rule(25)
@pytest.mark.parametrize("hidden", ["token-1", "Bearer", "the body", "the name", "cookie-1"])
def test_the_log_has_no_token_no_content_and_no_other_header(log, hidden):
    assert hidden not in log


def test_a_call_is_described_in_numbers():
    reply = Reply(429, {"X-HubSpot-RateLimit-Remaining": "0"}, seconds=0.01234)
    assert described(reply) == {
        "status": 429,
        "fault": None,
        "duration_ms": 12.3,
        "correlation_id": None,
        "limit_remaining": 0,
    }


def test_a_call_without_an_answer_is_described_by_its_fault():
    shown = described(Reply(None, fault="read_timeout"))
    assert (shown["status"], shown["fault"], shown["limit_remaining"]) == (None, "read_timeout", None)


@pytest.mark.rule(25)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("0198-ab", "0198-ab"),
        ("a\nforged line", None),
        ("a\x1b[31m", None),
        ("\u2028", None),
        ("", None),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_correlation_id_is_told_only_if_it_can_be_printed(given, told):
    assert correlation_id(Reply(500, {"X-HubSpot-Correlation-Id": given})) == told


def test_an_answer_without_a_correlation_id_has_none():
    assert correlation_id(Reply(500)) is None


@pytest.mark.parametrize(
    ("reply", "status"), [(Reply(200), "200"), (Reply(429), "429"), (Reply(None, fault="dns"), "dns")]
)
def test_each_call_is_counted_by_its_status_or_fault(reply, status):
    bench = Bench(reply)
    bench.hubspot.batch_update([])
    assert bench.counted(status) == 1


@pytest.mark.rule(13)
def test_the_limit_that_an_answer_tells_is_kept_from_then_on():
    bench = Bench(Reply(200, LIMITS))
    bench.hubspot.search("ev-1")
    assert bench.pacer.limit == 190


def test_each_call_takes_its_turn():
    bench = Bench()
    bench.pacer.window.limit = 2
    bench.hubspot.search("ev-1")
    bench.hubspot.batch_update([])
    assert bench.pacer.try_now() > 0


if __name__ == "__main__":
    talk()


@pytest.mark.parametrize(
    ("headers", "rolling", "daily"),
    [
        ({"X-HubSpot-RateLimit-Remaining": "150", "X-HubSpot-RateLimit-Daily-Remaining": "9000"}, 150, 9000),
        ({"X-HubSpot-RateLimit-Remaining": "0"}, 0, None),
        ({"X-HubSpot-RateLimit-Remaining": "many"}, None, None),
        ({}, None, None),
    ],
)
def test_what_the_limits_leave_is_a_gauge_where_hubspot_tells(headers, rolling, daily):
    bench = Bench(Reply(200, headers, b'{"results": []}'))
    bench.hubspot.search("ev-1")
    left = [
        bench.registry.get_sample_value("marquee_hubspot_limit_remaining", {"window": window})
        for window in ("rolling", "daily")
    ]
    assert left == [rolling, daily]
