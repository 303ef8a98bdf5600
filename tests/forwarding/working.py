"""A worker on a real inbox, with a HubSpot and platforms that answer from memory, and a clock moved by hand."""

import time
from datetime import UTC

import orjson
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, source
from replies import complete, error, reply
from sqlalchemy import event

from handlers.forwarding.breaker import Breaker
from handlers.forwarding.creating import Creator
from handlers.forwarding.delivery import Delivery
from handlers.forwarding.forwarder import Forwarder
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.resolver import Resolver
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.unresolved import Grace
from handlers.forwarding.worker import Pace, Worker
from handlers.inbox.arrival import Arrival
from handlers.inbox.lease import Lease
from handlers.inbox.queue import Queue
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics

NOON = 1_800_000_000.0
IDLE_STEP = 0.5  # less than the debounce, within which things are to be done together


class Account:
    """HubSpot by memory: marketing events by objectId, found by external id; `failing` answers instead while it is set.

    `holding` is how many calls it keeps waiting for their answer.
    """

    def __init__(self):
        self.events = {}
        self.ids = {}
        self.told = []
        self.asked = []
        self.failing = None
        self.poison = set()
        self.breaking = set()
        self.made = []
        self.makes = None
        self.holding = 0

    def hold(self, external_id, object_id):
        self.ids.setdefault(external_id, []).append(object_id)
        self.events[object_id] = {}

    def batch_update(self, entries):
        self.told.append(entries)
        if self.failing:
            return self.failing
        if {entry["objectId"] for entry in entries} & self.breaking:
            return reply(500, {"category": "INTERNAL_ERROR", "message": "words"})
        if {entry["objectId"] for entry in entries} & self.poison:
            return reply(400, {"category": "VALIDATION_ERROR", "message": "words"})
        known = [entry for entry in entries if entry["objectId"] in self.events]
        for entry in known:
            self.events[entry["objectId"]] |= entry
        gone = [entry["objectId"] for entry in entries if entry not in known]
        answer = complete(*(entry["objectId"] for entry in known), errors=[error(*gone)] if gone else None)
        return reply(207 if gone else 200, answer)

    def upsert(self, entries):
        """Makes them, by numbers from 901; `makes` (a function of that) answers instead."""
        self.made.append(entries)
        return self.makes(self.make, entries) if self.makes else self.make(entries)

    def make(self, entries):
        results = []
        for entry in entries:
            external_id = entry["externalEventId"]
            if external_id not in self.ids:
                self.hold(external_id, str(901 + len(self.events)))
            object_id = self.ids[external_id][0]
            self.events[object_id] |= entry
            shown = {name: value for name, value in entry.items() if not name.startswith("external")}
            results.append(shown | {"objectId": object_id})
        return reply(200, {"status": "COMPLETE", "results": results})

    def search(self, external_id):
        self.asked.append(external_id)
        found = [
            {"objectId": object_id, "externalEventId": external_id, "externalAccountId": "acme"}
            for object_id in self.ids.get(external_id, [])
        ]
        return self.failing or reply(200, {"results": found})

    def identifiers(self, external_id):
        return self.failing or reply(200, {"results": []})


class Guest:
    """A platform's API by memory: what it finds by external id, or the error it raises. Its lane is wide."""

    def __init__(self, clock=time.time):
        self.found = {}
        self.asked = []
        self.lane = Lane(Spacing(1000.0), 8, clock, Breaker(clock))

    def look_up(self, external_id, since):
        self.asked.append(external_id)
        found = self.found[external_id]
        if isinstance(found, Exception):
            raise found
        return found


class Bench:
    """One worker and all that is around it; `guests` by source, in place of the one by memory."""

    def __init__(self, database, sources=None, debounce=1.0, grace=600.0, account=None, guests=None):
        self.now = NOON
        self.database = database
        self.account = account or Account()
        self.guest = Guest(self.clock)
        self.registry = CollectorRegistry()
        self.sources = sources or {"own": source("generic", account_id="acme")}
        self.guests = guests
        self.writer = Writer(database, debounce)
        self.pace = Pace(100, 4, debounce, Grace(grace), 30 * 86400)
        self.worker = self.new_worker()
        self.written = 0
        event.listen(database.engine, "commit", self._note)

    def new_worker(self):
        """As after a restart: nothing is in hand."""
        lease = Lease(self.database, holder="bench")
        metrics = Metrics(CollectorRegistry())
        queue = Queue(self.database, lease, self.pace.debounce)
        forwarder = Forwarder(self.account, lease.is_safe, UTC, metrics, self.clock)
        thin = [name for name, one in self.sources.items() if PLATFORMS[one.platform].look_up]
        guests = self.guests if self.guests is not None else dict.fromkeys(thin, self.guest)
        find = Resolver(self.account, UTC, {one.account_id for one in self.sources.values()}, self.clock).find
        delivery = Delivery(queue, forwarder, metrics, self.pace.link_grace, self.clock)
        creator = Creator(queue, self.account, lease.is_safe, delivery.write_down, UTC, metrics, self.clock)
        around = (queue, lease, PLATFORMS, self.sources, guests, find, delivery, creator, self.pace)
        return Worker(*around, self.clock, poll_seconds=0.002)

    def clock(self):
        return self.now

    def hear(self, body, name="own", event=None, **other):
        """A notification comes in."""
        content = orjson.dumps(body)
        return self.writer.store(
            Arrival(name, content, self.now, "event.changed", event or body["id"], **other)
        ).notification

    def work(self, seconds=10.0, step=0.25):
        """Let so much time pass, with the worker at work; in longer steps while it writes nothing."""
        end, pace = self.now + seconds, step
        while self.now < end:
            self.now = min(end, self.now + pace)
            if self._turns_idly():
                pace = max(step, min(2 * pace, IDLE_STEP))
                continue
            pace = step
            for _ in range(2):
                self.worker.turn()
            self._settle_calls()

    def _turns_idly(self):
        """Whether a turn wrote nothing, and left nothing in hand and nothing under way."""
        written = self.written
        self.worker.turn()
        return self.written == written and not self.worker._hand.events and not self.worker._jobs.count()

    def _note(self, _connection):
        self.written += 1

    def _settle_calls(self):
        deadline = time.monotonic() + 10
        self.worker.turn()
        while self._is_under_way() and time.monotonic() < deadline:
            self.worker.turn()

    def _is_under_way(self):
        """Whether there are calls that end by themselves, or others that are begun once these have ended."""
        calls = self.worker._jobs.count()
        return calls > self.account.holding or (self.worker._look_ups.waiting and not calls)


__all__ = ["NOON", "Bench", "Reply"]
