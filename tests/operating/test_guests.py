"""Many share a thread: each steps aside while it waits, and goes on once it was called, or when its time is over."""

from contextvars import ContextVar
from queue import SimpleQueue
from threading import Thread

import pytest
from greenlet import getcurrent

from handlers.operating.guests import Loop
from handlers.waiting import Sleep, new_wait

SET = ContextVar("set", default="by nobody")


class Hub:
    """A thread's loop, its clock and what happened in it."""

    def __init__(self):
        self.told = SimpleQueue()
        self.now = 0.0
        self.loop = Loop(self.told.put, lambda: self.now)
        self.happened = []
        self.waits = {}

    def visit(self, name, seconds=5):
        """A guest that waits once."""

        def work():
            self.waits[name] = new_wait()
            self.happened.append((name, "waits"))
            self.happened.append((name, self.waits[name].wait(seconds)))

        self.loop.start(work)

    def one_round(self):
        self.told.get(timeout=5)()


@pytest.fixture
def hub():
    return Hub()


def test_a_guest_that_waits_holds_up_nobody(hub):
    hub.visit("a")
    hub.visit("b")
    assert hub.happened == [("a", "waits"), ("b", "waits")]


def test_whoever_is_called_from_another_thread_goes_on_in_its_own(hub):
    hub.visit("a")
    hub.visit("b")
    other = Thread(target=hub.waits["b"].call)
    other.start()
    other.join()
    assert hub.happened[2:] == []
    hub.one_round()
    assert hub.happened[2:] == [("b", True)]


def test_all_that_were_called_meanwhile_go_on_together(hub):
    for name in "abc":
        hub.visit(name)
    for name in "abc":
        hub.waits[name].call()
    hub.one_round()
    assert hub.happened[3:] == [("a", True), ("b", True), ("c", True)]
    assert hub.told.empty()


def test_whoever_was_called_before_it_waits_goes_on_at_once(hub):
    def work():
        wait = new_wait()
        wait.call()
        hub.happened.append(wait.wait(5))

    hub.loop.start(work)
    assert hub.happened == [True]


def test_a_call_that_comes_too_early_disturbs_no_later_wait(hub):
    def work():
        early = new_wait()
        early.call()
        early.wait(5)
        hub.happened.append(new_wait().wait(5))

    hub.loop.start(work)
    hub.one_round()
    assert hub.happened == []


def test_whoever_waited_in_vain_is_told_so(hub):
    hub.visit("patient", 10)
    hub.visit("impatient", 5)
    hub.now = 6.0
    hub.loop.give_up()
    assert hub.happened[2:] == [("impatient", False)]


def test_a_call_after_its_time_was_over_is_heard_by_nobody(hub):
    hub.visit("late")
    hub.now = 6.0
    hub.loop.give_up()
    hub.waits["late"].call()
    hub.one_round()
    assert hub.happened == [("late", "waits"), ("late", False)]


def test_what_a_guest_starts_comes_after_its_own_step(hub):
    def work():
        hub.loop.start(lambda: hub.happened.append("second"))
        hub.happened.append("first")

    hub.loop.start(work)
    assert hub.happened == ["first", "second"]


def test_what_is_left_for_the_rest_is_done_once_all_wait(hub):
    def work():
        new_wait().soon(lambda: hub.happened.append("rested"))

    hub.loop.start(work)
    assert hub.happened == []
    hub.loop.rest()
    assert hub.happened == ["rested"]


def test_a_guest_is_kept_for_the_next_piece_of_work(hub):
    seen = []
    for _ in range(2):
        hub.loop.start(lambda: seen.append(getcurrent()))
    assert seen[0] is seen[1]


def test_a_guest_that_waits_is_given_no_other_work(hub):
    hub.visit("a")
    hub.visit("b")
    hub.waits["a"].call()
    hub.one_round()
    assert hub.happened == [("a", "waits"), ("b", "waits"), ("a", True)]


def test_what_a_piece_of_work_sets_in_its_context_is_gone_for_the_next(hub):
    seen = []

    def work():
        seen.append(SET.get())
        SET.set("by another")

    hub.loop.start(work)
    hub.loop.start(work)
    assert seen == ["by nobody"] * 2


def test_after_a_failure_the_next_piece_of_work_is_done(hub):
    with pytest.raises(ZeroDivisionError):
        hub.loop.start(lambda: 1 / 0)
    hub.loop.start(lambda: hub.happened.append("done"))
    assert hub.happened == ["done"]


def test_a_failure_of_a_guest_is_the_loops(hub):
    with pytest.raises(ZeroDivisionError):
        hub.loop.start(lambda: 1 / 0)


def test_elsewhere_the_thread_itself_waits_and_does_at_once_what_is_left_for_the_rest():
    wait, done = new_wait(), []
    wait.soon(lambda: done.append(1))
    assert isinstance(wait, Sleep)
    assert not wait.wait(0.001)
    wait.call()
    assert wait.wait(5)
    assert done == [1]
