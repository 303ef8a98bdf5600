"""The token of the moment: a static one, or OAuth's, renewed ahead of its end by one caller at a time.

HubSpot may give another refresh token with each renewal, and then takes the one before no more. So threads wait for each
other, and processes take turns in the inbox and look there first for what another one was granted.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from handlers.errors import InboxUnavailable
from handlers.forwarding.safe import Safe
from handlers.forwarding.throttling import retry_after
from handlers.forwarding.token_endpoint import TokenEndpoint
from handlers.forwarding.tokens import UNAVAILABLE, CredentialsUnavailable, Grant, granted, refusal

HOLD_SECONDS = 5.0  # a failure holds for all callers: nothing asks again at once
FRESH_SECONDS = 60.0  # a token that is refused so soon is not refused for its age: another would be too
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class StaticToken:
    """A token that somebody made in HubSpot; nothing renews it."""

    value: str = field(repr=False)

    def token(self) -> str:
        """The token."""
        return self.value

    def renewed(self, refused: str) -> None:
        """There is no other."""


@dataclass(frozen=True)
class _Held:
    """A grant, and by this process's monotonic clock when to renew it and when it ends."""

    grant: Grant
    renew_at: float
    ends_at: float


@dataclass
class OAuth:
    """OAuth 2.0 with a refresh token. Lifetimes are measured by the monotonic clock, and kept by the other one."""

    endpoint: TokenEndpoint
    safe: Safe
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _held: _Held = field(default_factory=lambda: _Held(Grant(""), -math.inf, -math.inf))
    _asked_at: float = -math.inf
    _failure: tuple[str, float] | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def grant(self) -> Grant:
        """What was granted last."""
        return self._held.grant

    def token(self) -> str:
        """An access token that has not ended. Raises `CredentialsUnavailable`."""
        held, now = self._held, self.monotonic()
        must_wait = now >= held.ends_at
        if now < held.renew_at or not self._lock.acquire(blocking=must_wait):
            return held.grant.access_token  # another thread renews it if need be
        try:
            return self._valid("")
        finally:
            self._lock.release()

    def renewed(self, refused: str) -> str | None:
        """Another token in place of one that HubSpot `refused`, or None where asking would help nothing.

        Raises `CredentialsUnavailable`.
        """
        with self._lock:
            is_fresh = self.monotonic() - self._asked_at < FRESH_SECONDS
            return None if is_fresh and self.grant.access_token == refused else self._valid(refused)

    def _valid(self, refused: str) -> str:
        """Where there is no other just now, the present one is good until it ends."""
        try:
            if not self._serves(refused):
                self._renew(refused)
        except CredentialsUnavailable:
            if not self._lasts(refused):
                raise
        return self.grant.access_token

    def _serves(self, refused: str) -> bool:
        return self.monotonic() < self._held.renew_at and self.grant.access_token != refused

    def _lasts(self, refused: str) -> bool:
        return self.monotonic() < self._held.ends_at and self.grant.access_token != refused

    def _renew(self, refused: str) -> None:
        self._heed_failure()
        try:
            self._take_turns(refused)
        except InboxUnavailable as error:
            raise self._failed(UNAVAILABLE) from error
        self._failure = None

    def _take_turns(self, refused: str) -> None:
        end = self.monotonic() + WAIT_SECONDS
        while not self._has_turn(refused):
            if self._lasts(refused):
                return
            if self.monotonic() >= end:
                raise self._failed(UNAVAILABLE)
            time.sleep(POLL_SECONDS)
        self._ask()

    def _has_turn(self, refused: str) -> bool:
        """After a look at what another process was granted meanwhile."""
        news = self.safe.news()
        if news is not None:
            self._hold(news, self.monotonic() - self.clock())
        return not self._serves(refused) and self.safe.take_turn()

    def _ask(self) -> None:
        """No transaction is open: the turn alone keeps other processes from asking too."""
        started, moment = self.monotonic(), self.clock()
        reply = self.endpoint.ask(self.grant.refresh_token)
        grant = granted(reply, self.grant.refresh_token, moment)
        if grant is None:
            self.safe.end_turn()
            raise self._failed(refusal(reply), retry_after(reply, self.clock()))
        self._hold(grant, started - moment)
        self._asked_at = started
        self.safe.keep(grant)

    def _hold(self, grant: Grant, ahead: float) -> None:
        """`ahead`: of the clock that tells the time, the monotonic one by so much."""
        self._held = _Held(grant, grant.renew_at + ahead, grant.ends_at + ahead)

    def _heed_failure(self) -> None:
        if self._failure and self.monotonic() < self._failure[1]:
            raise CredentialsUnavailable(self._failure[0], self._failure[1] - self.monotonic())

    def _failed(self, reason: str, at_least: float = 0.0) -> CredentialsUnavailable:
        seconds = max(HOLD_SECONDS, at_least)
        self._failure = (reason, self.monotonic() + seconds)
        return CredentialsUnavailable(reason, seconds)
