"""The log leads from a webhook to HubSpot's answer: the door's notification, the batch that it went in, the call."""

import pytest
from structlog.testing import capture_logs
from working import Bench

from handlers.forwarding import settled
from handlers.forwarding.settled import log_settled
from handlers.inbox.queue import Changed, Outcome, Settlement, State

EVENT = Changed(1, "own", "ev-1", 1, 0.0, 0, None, State(), None)


@pytest.fixture
def bench(database):
    return Bench(database)


def logged(work, action):
    with capture_logs() as lines:
        work()
    return [line for line in lines if line.get("action") == action]


def settlement(*outcomes):
    return Settlement(EVENT, [Outcome(number, 0.0, outcome) for number, outcome in outcomes])


def test_a_notification_is_found_in_the_line_of_its_batch_and_the_batch_in_the_line_of_its_call(bench):
    bench.account.hold("ev-1", "101")
    older = bench.hear({"id": "ev-1", "version": 1, "eventName": "A"})
    newest = bench.hear({"id": "ev-1", "version": 2, "eventName": "B"})
    with capture_logs() as lines:
        bench.work()
    (call,) = [line for line in lines if line["action"] == "hubspot.batch_update"]
    told = {line["outcome"]: line for line in lines if line["action"] == "notification.settled"}
    assert {outcome: line["settled"] for outcome, line in told.items()} == {"sent": [newest], "superseded": [older]}
    assert {line["batch"] for line in told.values()} == {call["batch"]}


def test_what_is_settled_without_a_call_has_no_batch(bench):
    bench.account.hold("ev-1", "101")
    bench.hear({"id": "ev-1", "version": 1, "eventName": "A"})
    bench.work()
    again = bench.hear({"id": "ev-1", "version": 2, "eventName": "A"})
    (line,) = logged(bench.work, "notification.settled")
    assert (line["outcome"], line["settled"], line["batch"]) == ("unchanged", [again], None)


def test_many_make_several_lines_and_none_is_left_out(monkeypatch):
    monkeypatch.setattr(settled, "MOST_IN_A_LINE", 2)
    lines = logged(lambda: log_settled([settlement(*((n, "sent") for n in range(5)))], "b"), "notification.settled")
    assert [line["settled"] for line in lines] == [["0", "1"], ["2", "3"], ["4"]]


def test_what_settles_no_notification_leaves_no_line():
    assert logged(lambda: log_settled([settlement()], "b"), "notification.settled") == []
