"""A call without an answer may be carried out after a newer one, and the newer value stands all the same."""

import pytest
from working import NOON, Account, Bench, Reply

from handlers.forwarding.unanswered import LATE_SECONDS, Unanswered


class LateAccount(Account):
    """HubSpot that does not answer a call while `silent`, and carries it out when told to."""

    def __init__(self):
        super().__init__()
        self.silent, self.late = False, []

    def batch_update(self, entries):
        if self.silent:
            self.told.append(entries)
            self.late.append(entries)
            return Reply(None, fault="read_timeout")
        return super().batch_update(entries)

    def catch_up(self):
        while self.late:
            for entry in self.late.pop(0):
                self.events[entry["objectId"]] |= entry


@pytest.fixture
def bench(database):
    running = Bench(database, account=LateAccount())
    running.account.hold("ev-1", "101")
    yield running
    running.worker._finish()


def name(bench):
    return bench.account.events["101"]["eventName"]


def overtaken(bench, old, new):
    """An old value without an answer, a new one with, and then HubSpot carries out the old one."""
    bench.account.silent = True
    bench.hear({"id": "ev-1", "version": 1, "eventName": old})
    bench.work(1.5)
    bench.account.silent = False
    bench.hear({"id": "ev-1", "version": 2, "eventName": new})
    bench.work(20)
    bench.account.catch_up()


@pytest.mark.rule(5)
@pytest.mark.rule(10)
def test_a_value_that_is_carried_out_late_does_not_stand(bench):
    overtaken(bench, "Old", "New")
    assert name(bench) == "Old"
    bench.work(LATE_SECONDS + 5, step=1)
    assert name(bench) == "New"


def test_the_newer_one_is_sent_again_once_and_no_more(bench):
    overtaken(bench, "Old", "New")
    bench.work(LATE_SECONDS + 5, step=1)
    calls = len(bench.account.told)
    bench.work(600, step=5)
    assert len(bench.account.told) == calls == 3


def test_the_same_value_again_needs_no_third_call(bench):
    overtaken(bench, "Same", "Same")
    bench.work(600, step=5)
    assert len(bench.account.told) == 2


def test_only_what_differs_is_contested_and_only_for_a_while():
    moment = [NOON]
    unanswered = Unanswered(lambda: moment[0])
    unanswered.note("101", {"eventName": "Old", "eventType": "Fair"})
    moment[0] += 30
    fields = {"eventName": "New", "eventType": "Fair", "eventUrl": "https://example.com"}
    assert unanswered.contested("101", fields) == ({"eventName"}, NOON + LATE_SECONDS)
    assert unanswered.contested("102", fields)[0] == set()
    moment[0] = NOON + LATE_SECONDS
    assert unanswered.contested("101", fields)[0] == set()
