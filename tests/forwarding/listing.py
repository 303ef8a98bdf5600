"""A bench whose platform can be listed: a box office by memory, which sells, changes and loses events."""

import dataclasses

from recorded import PLATFORMS, source
from working import NOON, Bench, Guest

from handlers.errors import LookUpFailed
from handlers.forwarding.reconciler import Reconciler
from handlers.forwarding.reconciling import Reconciliation, Roll, Wish
from handlers.inbox import reconciliations
from handlers.inbox.known import Hints
from handlers.platform import Found, Gone, Listed, Page

HOUR = 3600.0
SOON = "2028-06-01T10:00:00Z"
OVER = "2026-06-01T10:00:00Z"


def found(name="Gala", start=SOON, published=True, **other):
    return Found({"eventName": name, "startDateTime": start, **other}, {"name": name}, published=published)


class BoxOffice(Guest):
    """What there is by external id, in `found`; listed `size` a page, in an order of its own. `failing` is raised once."""

    def __init__(self, clock, size=3):
        super().__init__(clock)
        self.size = size
        self.pages = []
        self.failing = []
        self.hidden = set()
        self.before_page = lambda following: None

    def look_up(self, external_id, since):
        self.asked.append(external_id)
        answer = self.found.get(external_id, Gone())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def follow(self, asking, since):
        assert since is None
        try:
            next(asking)
        except StopIteration as end:
            return end.value
        raise AssertionError("the box office asks nobody")

    def list_events(self, _source, following):
        """As a platform's own: a generator, which has no questions here."""
        self.pages.append(following)
        self.before_page(following)
        if self.failing:
            raise self.failing.pop(0)
        return self._page(following)
        yield

    def _page(self, following):
        names = sorted(name for name in self.found if name not in self.hidden and name > (following or ""))
        shown, rest = names[: self.size], names[self.size :]
        listed = [Listed(name, self.found[name]) for name in shown if not isinstance(self.found[name], Exception)]
        return Page(listed, shown[-1] if rest else None)


class ListingBench(Bench):
    """With a source `box` on pretix, whose list is the box office's."""

    def __init__(self, database, size=3, reconciles=False, **changes):
        box = dataclasses.replace(source("pretix", account_id="acme"), name="box", **changes)
        self.office = BoxOffice(self.clock, size)
        self.reconciles = reconciles
        super().__init__(database, {"box": box}, guests={"box": self.office})

    @property
    def roll(self):
        platform = dataclasses.replace(PLATFORMS["pretix"], list_events=self.office.list_events)
        return Roll(self.sources["box"], platform, self.office)

    def new_worker(self):
        worker = super().new_worker()
        if self.reconciles:
            worker.chores = (self.reconciler(),)
        return worker

    def reconciler(self, holder="bench"):
        return Reconciler(self.database, {"box": self.roll}, Hints(self.writer), holder, self.clock, lambda: 0.5)

    def steps(self, holder="me", **wish):
        hints = Hints(self.writer)
        return Reconciliation(self.database, self.roll, hints, holder, self.clock, lambda: 0.5, Wish(**wish))

    def claim(self, holder="me", **how):
        return reconciliations.claim(self.database, "box", holder, self.now, **how)

    def compare(self, holder="me", **wish):
        """A whole run, as the command does it."""
        self.now += 10.0
        run, steps = self.claim(holder), self.steps(holder, **wish)
        while isinstance(run, reconciliations.Run):
            run = steps.step(run)
        return run

    def sell(self, *names, **other):
        """Events come to be, of which nobody tells, and HubSpot has a marketing event for each."""
        for number, name in enumerate(names):
            self.office.found[name] = found(name, **other)
            if name not in self.account.ids:
                self.account.hold(name, str(1000 + number + len(self.account.events)))

    def shown(self, name):
        return self.account.events[self.account.ids[name][0]]

    def hear_of(self, name, number):
        """The platform's webhook comes."""
        organizer, event = name.split(":")
        body = {"notification_id": number, "organizer": organizer, "event": event, "action": "pretix.event.changed"}
        return self.hear(body, "box", name, delivery_id=str(number))


def names(count, first=0):
    return [f"acme:e{number:03}" for number in range(first, first + count)]


__all__ = ["NOON", "OVER", "SOON", "ListingBench", "LookUpFailed", "found", "names"]
