"""What a platform's answer means for the next call to it."""

from collections.abc import Collection
from dataclasses import dataclass

from handlers.errors import LookUpFailed
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.throttling import retry_after

REFUSED_SECONDS = 300.0  # a refused token is tried again every five minutes: somebody may have mended it
TOKEN = "platform_refuses_token"  # noqa: S105 - a reason # nosec B105
DETAILS = {
    TOKEN: "The platform refuses this source's token: see its api_token, or what else opens its API.",
    "platform_redirects": "The platform redirects, and that is never followed: see the source's api_url.",
    "platform_throttles": "The platform takes no more calls in so short a time.",
    "platform_lists_no_organization": "The token belongs to no organization.",
    "organization_id_needed": "The token belongs to several organizations: set the source's organization_id.",
    "platform_unavailable": "The platform cannot answer just now.",
    "platform_unreachable": "There is no connection to the platform, or no answer in time.",
    "platform_unreadable": "The platform answers with something that is not its API's: see the source's api_url.",
}


@dataclass(frozen=True)
class Trouble:
    """Why there is no answer. `told`: the seconds of its Retry-After; `at_least`: how long we wait even if not told.

    `closes`: nothing more is to be asked at once; else a few in a row mean that. `about_event`: the platform is well,
    and only this question is refused.
    """

    reason: str
    told: float = 0.0
    at_least: float = 0.0
    closes: bool = False
    about_event: bool = False


class Troubled(LookUpFailed):
    """The platform gave no usable answer."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


class TurnedAway(LookUpFailed):
    """Nothing was asked: the platform is left alone for a while, for `reason`."""


UNREADABLE = Trouble("platform_unreadable")
REFUSED = Trouble(TOKEN, at_least=REFUSED_SECONDS, closes=True)
_UNEXPECTED = Trouble("platform_unexpected_status", about_event=True)
_FIXED = {
    None: Trouble("platform_unreachable"),
    401: REFUSED,
    403: Trouble("platform_refuses_event", about_event=True),
}


def trouble_of(reply: Reply, expects: Collection[int], now: float) -> Trouble | None:
    """What is amiss, if the status is not expected. `now`: Unix seconds, for a Retry-After that is a date.

    A 403 may be about one event's rights (https://docs.pretix.eu/dev/api/fundamentals.html), so it stops nobody else.
    """
    status = reply.status
    if status in expects:
        return None
    if status is None or status in _FIXED:
        return _FIXED[status]
    told = retry_after(reply, now)
    if status == 429:
        return Trouble("platform_throttles", told, closes=True)
    if status >= 500 or status in (408, 425):
        return Trouble("platform_unavailable", told, closes=told > 0)
    return Trouble("platform_redirects") if 300 <= status < 400 else _UNEXPECTED
