"""Every call that the sandbox heard."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

MOST = 20_000
NO_ANSWER = 0


class Calls:
    """The last calls, and how many there were by endpoint and status. A status of None: not answered yet; 0: never."""

    def __init__(self, clock: Callable[[], float], lock: RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._last: deque[dict[str, Any]] = deque(maxlen=MOST)
        self._counts: Counter[tuple[str, int]] = Counter()

    def arrived(self, method: str, path: str, query: str, endpoint: str, inputs: Sequence[Any]) -> dict[str, Any]:
        """Note a call; `answered` completes it."""
        call = {
            "at": self._clock(),
            "method": method,
            "path": path,
            "query": query,
            "endpoint": endpoint,
            "status": None,
            "inputs": len(inputs),
            "objectIds": [entry.get("objectId") for entry in inputs if isinstance(entry, dict)],
        }
        with self._lock:
            self._last.append(call)
        return call

    def answered(self, call: dict[str, Any], status: int) -> None:
        """Note how it was answered."""
        with self._lock:
            call["status"] = status
            self._counts[call["endpoint"], status] += 1

    def counts(self) -> list[dict[str, Any]]:
        """How many calls by endpoint and status."""
        with self._lock:
            counted = sorted(self._counts.items())
        return [{"endpoint": endpoint, "status": status, "count": count} for (endpoint, status), count in counted]

    def last(self, most: int = MOST) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        with self._lock:
            return [dict(call) for call in list(self._last)[-most:]] if most else []
