"""HubSpot's rate limits, rolling and daily: developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines."""

from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import RLock

from deploy.sandbox.answers import throttled
from deploy.sandbox.settings import Settings, zone


class Limits:
    """Counts the calls of the last interval and of the account's day. A refused call does not count."""

    def __init__(self, settings: Settings, clock: Callable[[], float], lock: RLock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = lock
        self._recent: deque[float] = deque()
        self._day: date | None = None
        self._today = 0

    def take(self) -> None:
        """Count one call, or raise the 429."""
        with self._lock:
            self._forget()
            if self._today >= self._settings.daily_limit:
                raise throttled("DAILY")
            if len(self._recent) >= self._settings.limit:
                raise throttled("TEN_SECONDLY_ROLLING")
            self._recent.append(self._clock())
            self._today += 1

    def headers(self, *, daily: bool) -> dict[str, str]:
        """How much is left, as of now. OAuth's calls are not told of the day."""
        with self._lock:
            self._forget()
            settings, recent, today = self._settings, len(self._recent), self._today
        counts = {
            "Max": settings.limit,
            "Remaining": max(0, settings.limit - recent),
            "Interval-Milliseconds": int(settings.interval * 1000),
        }
        if daily:
            counts |= {"Daily": settings.daily_limit, "Daily-Remaining": max(0, settings.daily_limit - today)}
        return {f"X-HubSpot-RateLimit-{name}": str(count) for name, count in counts.items()}

    def today(self) -> int:
        """How many calls were made since the account's midnight."""
        with self._lock:
            self._forget()
            return self._today

    def resets_at(self) -> float:
        """The account's next midnight, in Unix seconds."""
        tomorrow = self._now().date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self._now().tzinfo).timestamp()

    def _forget(self) -> None:
        now = self._clock()
        while self._recent and self._recent[0] <= now - self._settings.interval:
            self._recent.popleft()
        today = self._now().date()
        if today != self._day:
            self._day, self._today = today, 0

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), zone(self._settings.time_zone))
