"""The account's time zone, whose midnight ends HubSpot's day."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Lock
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import json_of
from schemas.account import AccountDetails
from schemas.hubspot import understood

ASK_AGAIN_SECONDS = 900.0
_DETAILS = AccountDetails()
_log = structlog.get_logger()


def account_zone(hubspot: HubSpot) -> ZoneInfo | None:
    """The time zone of the account, asked from HubSpot; None where it tells none."""
    return zone_of(hubspot.account())


def zone_of(reply: Reply) -> ZoneInfo | None:
    """The time zone in an answer about the account, if it is one that this machine knows."""
    answer = understood(_DETAILS, json_of(reply)) if reply.status == 200 else {}
    try:
        return ZoneInfo(answer["timeZone"]) if "timeZone" in answer else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(eq=False)
class AccountZone(tzinfo):
    """A time zone that is asked from HubSpot when work begins, since nobody set it; UTC as long as there is no answer."""

    ask: Callable[[], ZoneInfo | None]
    monotonic: Callable[[], float] = time.monotonic
    _zone: tzinfo = UTC
    _ask_at: float | None = 0.0
    _lock: Lock = field(default_factory=Lock)

    def learn(self) -> None:
        """Ask once; again only after a while, and only where HubSpot did not tell. One caller asks, others go on."""
        if self._ask_at is None or self.monotonic() < self._ask_at or not self._lock.acquire(blocking=False):
            return
        try:
            found = self.ask()
            self._ask_at = None if found else self.monotonic() + ASK_AGAIN_SECONDS
            self._zone = found or UTC
            _log.info("the account's time zone", action="account.zone", zone=str(self._zone), told=found is not None)
        finally:
            self._lock.release()

    def fromutc(self, moment: datetime) -> datetime:
        """As the zone says."""
        return self._zone.fromutc(moment.replace(tzinfo=self._zone)).replace(tzinfo=self)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """As the zone says."""
        return self._zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        """As the zone says."""
        return self._zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        """As the zone says."""
        return self._zone.tzname(moment)
