"""How a process of the web leaves: readiness fails first, what comes meanwhile is served, and no connection is reset.

A load balancer goes on sending until it has looked at `/readyz`, and what waits in a listener is reset when the last
process closes it: https://github.com/benoitc/gunicorn/issues/922
"""

import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue
from types import FrameType
from typing import Any

from handlers.operating import handshakes

REPLACED_SECONDS = 1.0  # the arbiter is told at the same moment, or it is not: then others go on serving the port
STEP_SECONDS = 0.05
LAST_STEP_SECONDS = 0.005
SETTLE_SECONDS = 0.005  # what came before nobody new was let in has gone its way by then
HANDSHAKE_SECONDS = 0.3
MOST_WAITING_SECONDS = 5.0
IP_MINTTL, IPV6_MINHOPCOUNT = 21, 73
# linux/in.h, linux/in6.h: segments that may have come through a router are dropped. 255 is more than systems begin with (64, 128).
_NEIGHBOURS_ONLY = {
    socket.AF_INET: ((socket.IPPROTO_IP, IP_MINTTL),),
    socket.AF_INET6: ((socket.IPPROTO_IP, IP_MINTTL), (socket.IPPROTO_IPV6, IPV6_MINHOPCOUNT)),
}
_NOBODY, _EVERYBODY = 255, 0
_port_closes = RawValue("b", 0)  # shared by all processes that are forked after this line
_hurries = RawValue("b", 0)


def port_closes() -> bool:
    """Whether this replica was told to stop, so that nobody will serve its port soon."""
    return bool(_port_closes.value)


def hurries() -> bool:
    """Whether this replica was told to stop at once."""
    return bool(_hurries.value)


def watch(arbiter: Any) -> None:
    """Let all processes know the moment that gunicorn's `arbiter` is told to stop; call it once that has its signals.

    No port closes where another holds the same listeners: a new gunicorn after USR2, or systemd. The arbiter itself hears
    of nothing while it starts processes, and of what it was told meanwhile it forgets all that came after a SIGTERM.
    """

    def told(number: int, frame: FrameType | None) -> None:
        if arbiter.reexec_pid == 0 and arbiter.master_pid == 0 and not arbiter.systemd:
            _port_closes.value = 1
        arbiter.signal(number, frame)

    def hurried(number: int, frame: FrameType | None) -> None:
        _hurries.value = 1
        arbiter.signal(number, frame)

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, hurried)
    signal.signal(signal.SIGQUIT, hurried)


def turn_away(listeners: Sequence[Any]) -> None:
    """Let in nobody new, and leave in whoever has come: then the listeners can be closed without a reset.

    Whoever asks for a connection meanwhile hears nothing, asks again a second later, and is refused: a load balancer
    then tries another replica. So the listeners are to be closed soon. Elsewhere than on Linux this does nothing.
    """
    for listener in listeners:
        _take(listener, _NOBODY)


def let_in(connection: Any) -> None:
    """Hear what a connection says that was half made when newcomers were turned away: it came with its listener's rule."""
    _take(connection, _EVERYBODY)


def _take(ours: Any, whom: int) -> None:
    """No right is needed for that, unlike for a filter of packets, which a container's own user may not have."""
    if sys.platform == "linux":
        for level, option in _NEIGHBOURS_ONLY.get(ours.family, ()):
            ours.setsockopt(level, option, whom)


@dataclass
class Departure:
    """When a process may stop taking connections. `drain_seconds`: how long it takes them after it was told to stop."""

    drain_seconds: float = 0.0
    closes: Callable[[], bool] = port_closes
    clock: Callable[[], float] = time.monotonic
    told_at: float | None = None
    _turned_away_at: float | None = None

    def tell(self) -> None:
        """The process shall leave; told again, it is no later."""
        if self.told_at is None:
            self.told_at = self.clock()

    def is_told(self) -> bool:
        """Whether the process shall leave, by itself or with its whole replica."""
        if self.closes():
            self.tell()
        return self.told_at is not None

    def may_go(self, listeners: Sequence[Any]) -> bool:
        """Whether no connection is lost if the process takes no more from `listeners`."""
        if not self.is_told() or self.told_at is None:
            return False
        told = self.clock() - self.told_at
        if not self.closes():
            return told >= REPLACED_SECONDS
        if told < self.drain_seconds:
            return False
        if self._turned_away_at is None:
            turn_away(listeners)
            self._turned_away_at = self.clock()
        closing = self.clock() - self._turned_away_at
        return closing >= MOST_WAITING_SECONDS or (_have_come(closing, listeners) and not _waits(listeners))

    def next_look(self) -> float:
        """Seconds until this is to be asked again: once nobody new is let in, each moment counts."""
        if self.told_at is None or not self.closes():
            return STEP_SECONDS
        return min(STEP_SECONDS, max(LAST_STEP_SECONDS, self.told_at + self.drain_seconds - self.clock()))


def _have_come(closing: float, listeners: Sequence[Any]) -> bool:
    """Whether all that asked for a connection before nobody new was let in have it by now, or had time enough."""
    if closing >= HANDSHAKE_SECONDS:
        return True
    return closing >= SETTLE_SECONDS and not any(map(handshakes.are_under_way, listeners))


def _waits(listeners: Sequence[Any]) -> bool:
    return bool(select.select(listeners, [], [], 0)[0])
