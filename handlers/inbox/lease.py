"""Who leads: one worker at a time may send, and whoever lost the lead can settle nothing."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0
_NAME = "sending"
_row = tables.lease.c


class LeadLost(Exception):
    """Another worker leads by now: what this one did not settle, that one does."""


def holder_name() -> str:
    """This worker among all: host, process and a random part, since several may live in one process."""
    return f"{socket.gethostname()[:96]}:{os.getpid()}:{token_hex(4)}"


@dataclass
class Lease:
    """The lead over sending. `fence` grows with each change of hands."""

    database: Database
    holder: str = field(default_factory=holder_name)
    monotonic: Callable[[], float] = time.monotonic
    fence: int | None = None
    _renewed: float = 0.0

    def hold(self) -> bool:
        """Whether this worker leads now; takes a free lease, renews its own every few seconds."""
        if self.fence is None or self.monotonic() - self._renewed >= RENEW_SECONDS:
            self._take()
        return self.fence is not None

    def is_safe(self) -> bool:
        """Whether the lead cannot have passed on yet, by this host's own measure of time."""
        return self.fence is not None and self.monotonic() - self._renewed < LEASE_SECONDS

    def check(self, connection: Connection) -> None:
        """Within a transaction: raises `LeadLost` unless this worker leads still."""
        mine = select(_row.fence).where(_row.name == _NAME, _row.holder == self.holder)
        if connection.scalar(mine.with_for_update(read=True)) != self.fence:  # nobody takes over before this is written
            self.fence = None
            raise LeadLost(self.holder)

    def release(self) -> None:
        """Hand the lead over at once."""
        with self.database.write() as connection:
            mine = (_row.name == _NAME, _row.holder == self.holder)
            connection.execute(update(tables.lease).where(*mine).values(expires_at=0.0))
        self.fence = None

    def _take(self) -> None:
        if self.fence is None and self._is_led():
            return
        asked = self.monotonic()
        with self.database.write() as connection:
            self.fence = self._renew(connection) or self._take_over(connection)
        self._renewed = asked

    def _is_led(self) -> bool:
        led = select(_row.fence).where(_row.name == _NAME, _row.expires_at > now(), _row.holder != self.holder)
        return bool(self.database.rows(led))

    def _renew(self, connection: Connection) -> int | None:
        if self.fence is None:
            return None
        mine = (_row.name == _NAME, _row.holder == self.holder, _row.fence == self.fence)
        fence: int | None = connection.scalar(
            update(tables.lease).where(*mine).values(expires_at=now() + LEASE_SECONDS).returning(_row.fence)
        )
        return fence

    def _take_over(self, connection: Connection) -> int | None:
        fresh = {"name": _NAME, "holder": self.holder, "fence": 1, "expires_at": now() + LEASE_SECONDS}
        taken = {"holder": self.holder, "fence": _row.fence + 1, "expires_at": now() + LEASE_SECONDS}
        free = or_(_row.expires_at <= now(), _row.holder == self.holder)
        fence: int | None = connection.scalar(
            insert(tables.lease)
            .values(fresh)
            .on_conflict_do_update(index_elements=["name"], set_=taken, where=free)
            .returning(_row.fence)
        )
        return fence
