"""Whoever fails often must wait, whatever they give then: counted in the database, so over all processes."""

import hmac
import math
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Literal

import structlog

from handlers.errors import Refusal
from handlers.inbox.database import Database
from handlers.inbox.guarding import count_failure, failures

WINDOW_SECONDS = 300.0
MOST_OF_ONE = 10
MOST_OF_ALL = 200
NETWORK = 64  # what one customer gets of IPv6: RFC 6177
_log = structlog.get_logger()
What = Literal["password", "token"]


class Throttled(Refusal):
    """Too many failures: `seconds` must pass before anything is looked at again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(429, "throttled", f"Too many failures: try again in {self.seconds} s.")
        self.headers = {"Retry-After": str(self.seconds)}


@dataclass(frozen=True)
class Throttle:
    """Counts failures by client, and of all clients together.

    Once all together are too many, no password is looked at. Tokens still are, since nobody guesses one, and strangers
    could else keep every script out; but no more failures are written then, so that these cost the inbox little. As
    many more may fail as are judged at the same moment. Clients are kept as digests under `key`.
    """

    database: Database
    key: bytes

    def check(self, what: What, address: str | None) -> None:
        """Raises `Throttled`, `InboxUnavailable`."""
        client, everybody = self._client(what, address), _everybody(what)
        counted = failures(self.database, [client, everybody])
        limits = {client: MOST_OF_ONE} | ({everybody: MOST_OF_ALL} if what == "password" else {})
        waits = [seconds for name, (count, seconds) in counted.items() if count >= limits.get(name, math.inf)]
        if waits:
            raise Throttled(max(waits))

    def failed(self, what: What, address: str | None) -> None:
        """Count a failure. Raises `InboxUnavailable`."""
        _log.warning("an operator's secret was wrong", action="operator.refused", secret=what)
        everybody = _everybody(what)
        count, _ = failures(self.database, [everybody]).get(everybody, (0, 0.0))
        if count < MOST_OF_ALL:
            count_failure(self.database, [self._client(what, address), everybody], WINDOW_SECONDS)

    def _client(self, what: What, address: str | None) -> str:
        return f"{what}:{hmac.digest(self.key, _network(address).encode(), 'sha256').hex()[:32]}"


def _everybody(what: What) -> str:
    return f"{what}:all"


def _network(address: str | None) -> str:
    """What belongs to one client: an IPv4 address, or a network of IPv6. What is no address is all one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(int(parsed) >> (128 - NETWORK))
    return str(parsed)
