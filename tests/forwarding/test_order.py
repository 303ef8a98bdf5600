"""An older state never reaches HubSpot after a newer one, whatever mixture of faults, replays and restarts."""

import tempfile
from threading import Event

from fresh import fresh_inbox
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from replies import complete, error, reply
from sqlalchemy import select
from working import Account, Bench, Reply

from handlers.inbox import tables

EVENTS = ("ev-0", "ev-1", "ev-2")
FIELDS = ("eventName", "eventType", "eventDescription")
FAULTS = ("applied", "lost", "500", "429", "some", "none", "refused", "held")
CHANGES = st.tuples(
    st.sampled_from(EVENTS), st.sets(st.sampled_from(FIELDS), min_size=1), st.sampled_from([False] * 9 + [True])
)
SECONDS = st.sampled_from([0, 0, 1, 3, 10])
END = 6 * 3600


def version(value):
    """Each value tells which version of the event said it."""
    return int(str(value).rsplit("v", 1)[-1])


class Unreliable(Account):
    """Answers as its faults say, one a call; knows each version that it showed, and whether one went back."""

    def __init__(self):
        super().__init__()
        self.faults = []
        self.listed = dict.fromkeys(EVENTS, 0)
        self.went_back = []
        self.opened = Event()

    def batch_update(self, entries):
        fault = self.faults.pop(0) if self.faults else "held_back" if self.failing else None
        if fault == "held":
            self._hold()
        if fault in ("lost", "500", "429", "held_back", "refused"):
            return self._without_effect(fault)
        if any("poison" in entry.get("eventName", "") for entry in entries):
            return reply(400, {"category": "VALIDATION_ERROR", "message": "words"})
        taken = entries[::2] if fault == "some" else [] if fault == "none" else entries
        for entry in taken:
            self._apply(entry)
        if fault == "applied":
            return Reply(None, fault="read_timeout")
        return self._list(taken, [entry for entry in entries if entry not in taken])

    def _hold(self):
        self.holding += 1
        assert self.opened.wait(20)
        self.holding -= 1

    def _without_effect(self, fault):
        if fault in ("lost", "refused"):
            return Reply(None, fault={"lost": "read_timeout"}.get(fault, fault))
        return self.failing or reply(int(fault), {}, {"Retry-After": "7"} if fault == "429" else None)

    def _apply(self, entry):
        held = self.events[entry["objectId"]]
        for name in entry.keys() & set(FIELDS):
            if name in held and version(entry[name]) < version(held[name]):
                self.went_back.append((entry["objectId"], held[name], entry[name]))
            held[name] = entry[name]

    def _list(self, taken, not_taken):
        for entry in taken:
            self.listed[f"ev-{entry['objectId'][-1]}"] += 1
        ids = [entry["objectId"] for entry in not_taken]
        errors = [error(*ids, category="INTERNAL_ERROR")] if ids else None
        return reply(207 if ids else 200, complete(*(entry["objectId"] for entry in taken), errors=errors))


class Order(RuleBasedStateMachine):
    """Versions of events are made in order and heard in any; HubSpot does what it likes; the worker may be replaced."""

    def __init__(self):
        super().__init__()
        self.bench = None
        self.account = Unreliable()
        self.newest = 0
        self.unheard, self.heard = [], []
        self.outcomes = {}
        self.heard_at = {}
        self.poisoned = set()

    @initialize(changes=st.lists(CHANGES, min_size=6, max_size=20))
    def start(self, changes):
        self.folder = tempfile.TemporaryDirectory()
        database = fresh_inbox(self.folder.name, pool_size=8)
        for number, event in enumerate(EVENTS):
            self.account.hold(event, f"10{number}")
        self.bench = Bench(database, account=self.account)
        self.unheard = [self._made(*change) for change in changes]

    @rule(change=CHANGES, seconds=SECONDS)
    def change(self, change, seconds):
        self._hear(self._made(*change))
        self._work(seconds)

    @precondition(lambda self: self.unheard)
    @rule(data=st.data(), known=st.booleans(), seconds=SECONDS)
    def hear_late(self, data, known, seconds):
        body = self.unheard.pop(data.draw(st.integers(0, len(self.unheard) - 1)))
        self._hear(body | ({"objectId": f"10{body['id'][-1]}"} if known else {}))
        self._work(seconds)

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), same_delivery=st.booleans(), seconds=SECONDS)
    def hear_again(self, data, same_delivery, seconds):
        self._hear(data.draw(st.sampled_from(self.heard)), same_delivery=same_delivery)
        self._work(seconds)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def fail(self, faults):
        self.account.faults += faults

    @rule(seconds=st.sampled_from([5, 60, 400]))
    def be_down(self, seconds):
        self.account.failing = reply(503)
        self._work(seconds)
        self.account.failing = None

    @rule(seconds=st.sampled_from([5, 60, 400]))
    def work(self, seconds):
        self._work(seconds)

    @rule()
    def answer_what_is_held(self):
        self.account.opened.set()
        self._work(1)
        self.account.opened.clear()

    @rule(clean=st.booleans())
    def restart(self, clean):
        """Killed or stopped: what HubSpot got before is done before another worker sends."""
        self.account.opened.set()
        self.bench.worker._jobs.finish(20)
        if clean:
            self.bench.worker._finish()
        self.bench.worker._jobs.close()
        self.account.opened.clear()
        self.bench.worker = self.bench.new_worker()

    @invariant()
    def nothing_went_back(self):
        assert self.account.went_back == []

    @invariant()
    def each_outcome_stays_and_is_true(self):
        for number, outcome in self._outcomes():
            if outcome != "pending" and number not in self.outcomes:
                self.outcomes[number] = outcome
                self._check(number, outcome)
            assert outcome == self.outcomes.get(number, "pending")

    def teardown(self):
        if self.bench is None:
            return
        try:
            self._mend()
            self._end()
        finally:
            self.account.opened.set()
            self.bench.worker._finish()
            self.bench.database.close()
            self.folder.cleanup()

    def _mend(self):
        """What is not heard yet is heard while faults go on; then they are over, and good names replace the poisonous."""
        while self.unheard:
            self._hear(self.unheard.pop())
            self._work(1)
        self.account.faults.clear()
        self.account.failing = None
        self.account.opened.set()
        for event in sorted(self.poisoned):
            self.newest += 1
            self._hear({"id": event, "version": self.newest, "eventName": f"eventName v{self.newest}"})

    def _end(self):
        end = self.bench.now + END
        while any(outcome == "pending" for _, outcome in self._outcomes()) and self.bench.now < end:
            self.bench.work(40, step=10)
        self.each_outcome_stays_and_is_true()
        self.nothing_went_back()
        assert len(self.outcomes) == len(self.heard_at)
        assert self._held() == self._expected()

    def _made(self, event, names, poisonous):
        """The platform changes an event: all that it will say of it is known by a version."""
        self.newest += 1
        body = {"id": event, "version": self.newest, **{name: f"{name} v{self.newest}" for name in names}}
        return body | ({"eventName": f"poison v{self.newest}"} if poisonous else {})

    def _work(self, seconds):
        if seconds:
            self.bench.work(seconds, step=max(1, seconds / 4))

    def _hear(self, body, *, same_delivery=False):
        given = f"d-{body['version']}" if same_delivery or body not in self.heard else None
        number = int(self.bench.hear(body, delivery_id=given))
        if number not in self.heard_at:
            self.heard_at[number] = body, self.account.listed[body["id"]]
        if "poison" in body.get("eventName", ""):
            self.poisoned.add(body["id"])
        if body not in self.heard:
            self.heard.append(body)

    def _outcomes(self):
        column = tables.notification.c
        return self.bench.database.rows(select(column.id, column.outcome)) if self.bench else []

    def _check(self, number, outcome):
        body, listed = self.heard_at[number]
        if outcome == "dead":
            assert body["id"] in self.poisoned
        elif outcome == "sent":
            held = self.account.events[f"10{body['id'][-1]}"]
            assert self.account.listed[body["id"]] > listed
            assert all(version(held[name]) >= body["version"] for name in FIELDS if name in body)

    def _held(self):
        return {
            event: {name: version(value) for name, value in self.account.events[f"10{event[-1]}"].items()}
            for event in EVENTS
        }

    def _expected(self):
        newest = {event: {} for event in EVENTS}
        for body in self.heard:
            for name in body.keys() & set(FIELDS):
                newest[body["id"]][name] = max(body["version"], newest[body["id"]].get(name, 0))
        return newest


TestOrder = Order.TestCase
TestOrder.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
