"""The sandbox's parts together, and what one can do to it from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from threading import RLock
from typing import Any

from deploy.sandbox import shapes
from deploy.sandbox.calls import Calls
from deploy.sandbox.faults import Faults
from deploy.sandbox.kinds import KINDS
from deploy.sandbox.limits import Limits
from deploy.sandbox.seeds import DEMO, seed_of
from deploy.sandbox.settings import Mistake, Settings
from deploy.sandbox.store import Store
from deploy.sandbox.tokens import Tokens


class Sandbox:
    """One HubSpot account. Methods that take what a person wrote raise `Mistake` with what is wrong with it."""

    settings: Settings
    store: Store
    limits: Limits
    tokens: Tokens
    faults: Faults
    calls: Calls

    def __init__(self, clock: Callable[[], float], *, demo: bool) -> None:
        """`clock` tells Unix seconds; `demo` holds some marketing events from the start."""
        self.clock = clock
        self._demo = demo
        self.reset()

    def reset(self) -> None:
        """As it was when it started."""
        lock = RLock()
        self.settings = Settings()
        self.store = Store(self.settings, self.clock, lock)
        self.limits = Limits(self.settings, self.clock, lock)
        self.tokens = Tokens(self.settings, self.clock, lock)
        self.faults = Faults(KINDS, lock)
        self.calls = Calls(self.clock, lock)
        if self._demo:
            self.seed_demo()

    def seed(self, events: Any) -> list[dict[str, Any]]:
        """Hold these marketing events; returns them with their objectIds. All or none."""
        if not isinstance(events, list):
            raise Mistake("Give a list of marketing events.")
        seeds = [seed_of(event) for event in events]
        with self.store.lock:
            taken = {event.object_id for event in self.store.all()}
            for object_id in (seed["objectId"] for seed in seeds if "objectId" in seed):
                if object_id in taken:
                    raise Mistake(f"objectId {object_id} is taken.")
                taken.add(object_id)
            return [shapes.held(self.store.add(seed)) for seed in seeds]

    def seed_demo(self) -> None:
        """Hold the demo's marketing events that are not there."""
        for seed in DEMO:
            if not self.store.find(seed["externalEventId"], seed["externalAccountId"]):
                self.store.add(seed)

    def events(self) -> list[dict[str, Any]]:
        """Everything that is held."""
        with self.store.lock:
            return [shapes.held(event) for event in self.store.all()]

    def configure(self, settings: Any) -> dict[str, Any]:
        """Change settings; `seed_demo` is one of them. Returns all."""
        if not isinstance(settings, Mapping):
            raise Mistake("Give an object of settings.")
        given = dict(settings)
        demo = given.pop("seed_demo", False)
        self.settings.change(given)
        if demo is True:
            self.seed_demo()
        return asdict(self.settings)

    def fault(self, fault: Any) -> Sequence[Mapping[str, Any]]:
        """Switch a fault on: `kind`, perhaps `times` and `path`, and what the kind takes. Returns the active ones."""
        if not isinstance(fault, Mapping):
            raise Mistake("Give an object with the kind of the fault.")
        self.faults.add(fault)
        return self.faults.active()
