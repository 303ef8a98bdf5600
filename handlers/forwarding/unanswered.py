"""What HubSpot may yet carry out: calls that it did not answer, and that could overtake what was sent after them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

# HubSpot gives up a call after 100 seconds (524): https://developers.hubspot.com/docs/api-reference/error-handling
LATE_SECONDS = 120.0


@dataclass
class Unanswered:
    """By marketing event: the fields (flat) of each call without an answer, and when it had none. For several threads."""

    clock: Callable[[], float]
    _calls: dict[str, list[tuple[float, Mapping[str, Any]]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, object_id: str, fields: Mapping[str, Any]) -> None:
        """A call with these fields had no answer just now."""
        with self._lock:
            self._forget()
            self._calls.setdefault(object_id, []).append((self.clock(), fields))

    def contested(self, object_id: str, fields: Mapping[str, Any]) -> tuple[Collection[str], float]:
        """The fields whose value an unanswered call may yet replace by another, and until when (Unix seconds)."""
        with self._lock:
            calls = [call for call in self._calls.get(object_id, ()) if self._matters(call[0])]
        names = {name for _, said in calls for name in said if name in fields and said[name] != fields[name]}
        return names, max((at for at, _ in calls), default=0.0) + LATE_SECONDS

    def _forget(self) -> None:
        kept = {of: [call for call in calls if self._matters(call[0])] for of, calls in self._calls.items()}
        self._calls = {object_id: calls for object_id, calls in kept.items() if calls}

    def _matters(self, moment: float) -> bool:
        return moment > self.clock() - LATE_SECONDS
