"""What HubSpot took and does not show becomes a warning, once."""

import pytest
from replies import reply
from sqlalchemy import select
from working import Bench

from handlers.inbox import tables

SAID = {"id": "ev-1", "objectId": "101", "eventName": "Gala", "customProperties": {"venue": "Messe"}}
DROPPED = {"status": "COMPLETE", "results": [{"objectId": "101", "eventName": "Gala", "customProperties": []}]}


@pytest.fixture
def bench(database):
    running = Bench(database)
    running.account.hold("ev-1", "101")
    running.account.failing = reply(200, DROPPED)
    yield running
    running.worker._finish()


def kept(bench):
    column = tables.notification.c
    query = select(column.outcome, column.reason, column.detail).order_by(column.id)
    return [tuple(row) for row in bench.database.rows(query)]


@pytest.mark.rule(3)
def test_a_custom_property_that_hubspot_drops_marks_the_notification(bench):
    bench.hear(SAID)
    bench.work()
    assert kept(bench) == [("sent", "not_shown", '{"fields":["property:venue"]}')]


@pytest.mark.rule(3)
def test_a_dropped_property_is_not_sent_again(bench):
    bench.hear(SAID)
    bench.work(60)
    assert len(bench.account.told) == 1


def test_the_same_again_is_no_change_and_no_second_warning(bench):
    bench.hear(SAID)
    bench.work()
    bench.hear(SAID)
    bench.work()
    assert [row[:2] for row in kept(bench)] == [("sent", "not_shown"), ("unchanged", None)]


def test_what_is_shown_as_sent_marks_nothing(bench):
    properties = [{"name": "venue", "value": "Messe"}]
    shown = {"objectId": "101", "eventName": "Gala", "customProperties": properties}
    bench.account.failing = reply(200, {"status": "COMPLETE", "results": [shown]})
    bench.hear(SAID)
    bench.work()
    assert kept(bench) == [("sent", None, None)]
