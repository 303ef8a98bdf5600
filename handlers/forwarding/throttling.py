"""How long a throttled call must wait: by what HubSpot says, by which of its limits was reached, and by its day.

Source: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import error_of

DAY = 86400.0
PROBE_DAILY = 900.0
INTERVAL = 10.0
_POLICIES = ("DAILY", "TEN_SECONDLY_ROLLING", "SECONDLY")


def retry_after(reply: Reply, now: float) -> float:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3), at most a day; nonsense and the past count as none."""
    text = reply.headers.get("Retry-After", "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _moment(text) - now
    except (ValueError, OverflowError, OSError):
        return 0.0
    return min(max(seconds, 0.0), DAY) if math.isfinite(seconds) else 0.0


def limit_reached(reply: Reply, now: float, zone: tzinfo) -> tuple[str, float]:
    """Which limit a 429 is about, as the reason of a pause, and the seconds to wait, which are never fewer than told.

    `now` is Unix seconds, `zone` the account's. A spent day is asked about every fifteen minutes, since a limit may be
    raised, and when the day is over.
    """
    policy, told = _policy(error_of(reply)), retry_after(reply, now)
    if policy == "DAILY":
        return "daily_limit", max(told, min(PROBE_DAILY, until_midnight(now, zone)))
    return "rate_limited", max(told, 1.0 if policy == "SECONDLY" else _interval(reply))


def _policy(error: Mapping[str, Any]) -> str | None:
    """By its name, or by its name in the message: "You have reached your daily limit."."""
    named = (error.get("policyName") or "").upper()
    words = (error.get("message") or "").upper()
    return named or next((policy for policy in _POLICIES if policy in words), None)


def _interval(reply: Reply) -> float:
    text = reply.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    return int(text) / 1000 if text.isascii() and text.isdigit() and len(text) < 8 else INTERVAL


def _moment(text: str) -> float:
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def until_midnight(now: float, zone: tzinfo) -> float:
    """Seconds until the day of `zone` is over; `now` is Unix seconds."""
    moment = datetime.fromtimestamp(now, zone)
    midnight = datetime.combine(moment.date() + timedelta(days=1), datetime.min.time(), zone)
    return midnight.astimezone(UTC).timestamp() - now
