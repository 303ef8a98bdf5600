"""Who leads: one worker at a time may send, and whoever lost the lead can settle nothing."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import DatabaseClock, now, steady
from handlers.inbox.database import Database

LEASE_SECONDS = 10.0
SAFE_SECONDS = 9.0  # less than a lease, since no two clocks run alike and a call takes a moment to leave
RENEW_SECONDS = 3.0
_SAFE_SHARE, _RENEW_SHARE = SAFE_SECONDS / LEASE_SECONDS, RENEW_SECONDS / LEASE_SECONDS
_RELEASED = 0.0
_NAME = "sending"
_row = tables.lease.c
_term: ContextVar[int | None] = ContextVar("term")


class LeadLost(Exception):
    """Another worker leads by now: what this one did not settle, that one does."""


def holder_name() -> str:
    """This worker among all: host, process and a random part, since several may live in one process."""
    return f"{socket.gethostname()[:96]}:{os.getpid()}:{token_hex(4)}"


@contextmanager
def term(fence: int | None) -> Iterator[None]:
    """All within, and what is begun in a copy of this context, is done under that fence and under no later one."""
    before = _term.set(fence)
    try:
        yield
    finally:
        _term.reset(before)


def current_term() -> int | None:
    """The fence under which this is done, if it is done under any."""
    return _term.get(None)


@dataclass
class Lease:
    """The lead over sending. `fence` grows with each change of hands. `clock` is the database's, while this leads.

    Who waits for the lead takes it where it was released, or where nobody renewed it for as many seconds as it `lasts`, the
    same for all, by the waiting one's own steady clock; who leads trusts it for a little less, by its own, since before it
    was renewed. So no clock is compared with another one, and none that is set anew, the database's included, gives the
    lead away or keeps it.
    """

    database: Database
    holder: str = field(default_factory=holder_name)
    monotonic: Callable[[], float] = steady
    lasts: float = LEASE_SECONDS
    fence: int | None = None
    clock: DatabaseClock = field(init=False)
    _renewed: float = float("-inf")
    _seen: tuple[Any, ...] | None = None
    _seen_since: float = 0.0

    def __post_init__(self) -> None:
        """The clock goes on between two renewals as this host's steady one does."""
        self.clock = DatabaseClock(self.monotonic)

    def hold(self) -> bool:
        """Whether this worker leads now; takes a free lease, renews its own every few seconds."""
        if self.fence is None or self.monotonic() - self._renewed >= self.lasts * _RENEW_SHARE:
            self._take()
        return self.fence is not None

    def is_safe(self) -> bool:
        """Whether the lead cannot have passed on yet, by this host's own measure of time, since this `term` began."""
        fence = self.fence
        is_of_now = fence is not None and _term.get(fence) == fence
        return is_of_now and self.monotonic() - self._renewed < self.lasts * _SAFE_SHARE

    def check(self, connection: Connection) -> None:
        """Within a transaction: raises `LeadLost` unless this worker leads still, and has since this `term` began.

        Nobody takes over before the transaction ends; but the lead can be renewed meanwhile, however many hold this lock.
        """
        mine = select(_row.fence).where(_row.name == _NAME, _row.holder == self.holder)
        fence = connection.scalar(mine.with_for_update(read=True, key_share=True))
        if fence is None or fence != self.fence:
            self._renewed = float("-inf")  # so that nothing more is sent, and the lead is asked for at once
        if fence is None or fence != _term.get(self.fence):
            raise LeadLost(self.holder)

    def release(self) -> None:
        """Hand the lead over at once."""
        fence, self.fence = self.fence, None
        with self.database.write() as connection:
            mine = (_row.name == _NAME, _row.holder == self.holder, _row.fence == fence)
            connection.execute(update(tables.lease).where(*mine).values(expires_at=_RELEASED))

    def _take(self) -> None:
        if self.fence is None and not self._is_free():
            return
        asked = self.monotonic()
        with self.database.write() as connection:
            begun = self.monotonic()
            taken = self._renew(connection) or self._take_over(connection)
            if taken:
                self.clock.learn(taken.told, begun)
        self.fence = taken.fence if taken else None
        self._renewed = asked

    def _is_free(self) -> bool:
        """Whether nobody leads: nobody ever did, it is released, or it was not renewed while this worker looked on."""
        rows = self.database.rows(select(_row.holder, _row.fence, _row.expires_at).where(_row.name == _NAME))
        moment, row = self.monotonic(), tuple(rows[0]) if rows else None
        if row != self._seen:
            self._seen, self._seen_since = row, moment
        if row is None or row[0] == self.holder or row[2] == _RELEASED:
            return True
        return moment - self._seen_since >= self.lasts

    def _renew(self, connection: Connection) -> Row[Any] | None:
        if self.fence is None:
            return None
        mine = (_row.name == _NAME, _row.holder == self.holder, _row.fence == self.fence)
        renewed = update(tables.lease).where(*mine).values(expires_at=now() + self.lasts)
        return connection.execute(renewed.returning(_row.fence, now().label("told"))).first()

    def _take_over(self, connection: Connection) -> Row[Any] | None:
        """Take what is as it was seen to be free, and nothing else, once nobody settles under it any more."""
        connection.execute(select(_row.fence).where(_row.name == _NAME).with_for_update())
        fresh = {"name": _NAME, "holder": self.holder, "fence": 1, "expires_at": now() + self.lasts}
        taken = {"holder": self.holder, "fence": _row.fence + 1, "expires_at": now() + self.lasts}
        free = or_(_row.expires_at == _RELEASED, _row.holder == self.holder)
        if self.fence is None and self._seen:
            _, fence, expires_at = self._seen
            free = or_(free, (_row.fence == fence) & (_row.expires_at == expires_at))
        given = insert(tables.lease).values(fresh)
        kept = given.on_conflict_do_update(index_elements=["name"], set_=taken, where=free)
        return connection.execute(kept.returning(_row.fence, now().label("told"))).first()
