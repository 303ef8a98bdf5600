"""The marketing events that the sandbox holds."""

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from deploy.sandbox.settings import Settings

TEXTS = ("eventName", "eventType", "eventOrganizer", "eventDescription", "eventUrl")
DATES = ("startDateTime", "endDateTime")
FLAGS = ("eventCancelled", "eventCompleted")
FIELDS = (*TEXTS, *DATES, *FLAGS)
OWN_APP = 4242
FIRST_OBJECT_ID = 58_237_132_001
HISTORY = 10_000


@dataclass
class Event:
    """One marketing event. `history` has each update with its moment and what was sent; moments are Unix seconds."""

    object_id: str
    external_id: str
    account_id: str
    app_id: int
    created: float
    updated: float
    fields: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FLAGS, False))
    properties: dict[str, str] = field(default_factory=dict)
    history: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=HISTORY))


class Store:
    """Marketing events by objectId. Hold `lock` around more than one step."""

    def __init__(self, settings: Settings, clock: Callable[[], float], lock: RLock) -> None:
        self.lock = lock
        self._settings = settings
        self._clock = clock
        self._events: dict[str, Event] = {}
        self._by_external: defaultdict[str, list[Event]] = defaultdict(list)
        self._numbers = (str(number) for number in itertools.count(FIRST_OBJECT_ID))

    def add(self, given: Mapping[str, Any]) -> Event:
        """A new marketing event, with an objectId made up unless given."""
        with self.lock:
            object_id = given.get("objectId") or next(each for each in self._numbers if each not in self._events)
            external_id, account_id = given["externalEventId"], given["externalAccountId"]
            now = self._clock()
            event = Event(object_id, external_id, account_id, given.get("appId", OWN_APP), now, now)
            self._events[object_id] = event
            self._by_external[external_id].append(event)
            self._set(event, given)
        return event

    def update(self, object_id: str, given: Mapping[str, Any]) -> Event:
        """Change what is given and nothing else."""
        with self.lock:
            event = self._events[object_id]
            self._set(event, given)
            event.updated = self._clock()
            sent = {name: value for name, value in given.items() if name != "objectId"}
            event.history.append({"at": event.updated, **sent})
        return event

    def put(self, given: Mapping[str, Any]) -> Event:
        """Update this app's event of that account and external id, or else make it."""
        with self.lock:
            found = self.find(given["externalEventId"], given["externalAccountId"])
            return self.update(found[0].object_id, given) if found else self.add(given)

    def get(self, object_id: str) -> Event | None:
        """The marketing event with that objectId."""
        return self._events.get(object_id)

    def find(self, external_id: str, account_id: str | None = None, *, own: bool = True) -> list[Event]:
        """The marketing events with that external id: this app's `own`, or those of any app."""
        with self.lock:
            return [
                event
                for event in self._by_external.get(external_id, ())
                if account_id in (None, event.account_id) and (event.app_id == OWN_APP or not own)
            ]

    def remove(self, object_id: str) -> bool:
        """Delete it; False if there is none."""
        with self.lock:
            event = self._events.pop(object_id, None)
            if event:
                self._by_external[event.external_id].remove(event)
        return event is not None

    def all(self) -> list[Event]:
        """Every marketing event, by objectId."""
        with self.lock:
            return sorted(self._events.values(), key=lambda event: int(event.object_id))

    def _set(self, event: Event, given: Mapping[str, Any]) -> None:
        """Properties that the account does not define are dropped without a word, as HubSpot documents."""
        event.fields |= {name: given[name] for name in FIELDS if name in given}
        for item in given.get("customProperties", ()):
            if item["name"] in self._settings.properties:
                event.properties[item["name"]] = item["value"]
