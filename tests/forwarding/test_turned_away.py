"""A call that the pacer does not let through is no call: it is answered by why and how long all must wait."""

from datetime import UTC

import pytest
from prometheus_client import CollectorRegistry
from replies import reply

from handlers.forwarding.daily import Day
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.pacer import Pacer
from handlers.forwarding.waits import Pause, changed_nothing, judge_call
from handlers.metrics import Metrics

NOON = 1_800_014_400.0  # of 2027-01-15 in UTC


class Outgoing:
    def __init__(self):
        self.calls = 0

    def call(self, method, path, **given):
        self.calls += 1
        return reply(200, {"results": []}, {"X-HubSpot-RateLimit-Daily-Remaining": "0"})


class Token:
    def token(self):
        return "token"


@pytest.fixture
def outgoing():
    return Outgoing()


@pytest.fixture
def pacer():
    return Pacer(clock=lambda: 0.0, day=Day(lambda: UTC, lambda: NOON))


@pytest.fixture
def hubspot(outgoing, pacer):
    return HubSpot(outgoing, Token(), "2026-03", pacer, Metrics(CollectorRegistry()))


@pytest.mark.rule(12)
def test_with_the_day_spent_no_call_is_burnt(hubspot, outgoing):
    hubspot.search("ev-1")
    refused = hubspot.batch_update([])
    assert outgoing.calls == 1
    assert judge_call(refused, NOON, UTC) == Pause("daily_limit", 900.0)
    assert changed_nothing(refused)


@pytest.mark.rule(12)
def test_a_call_that_comes_while_sending_pauses_is_not_made(hubspot, outgoing, pacer):
    pacer.brake(60.0)
    refused = hubspot.batch_update([])
    assert outgoing.calls == 0
    assert judge_call(refused, NOON, UTC) == Pause("paused", 60.0)
    assert changed_nothing(refused)
