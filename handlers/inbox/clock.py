"""The database's own clock, so that hosts whose clocks differ agree on when anything is due."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Double


class now(GenericFunction[float]):  # noqa: N801 - an SQL function is named as SQL names it
    """Unix seconds, UTC, with fractions."""

    type = Double()
    name = "marquee_now"
    inherit_cache = True


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: Any, **_options: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


def steady() -> float:
    """Seconds that never go back and, where the system can tell, go on while the host sleeps: clock_gettime(2)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass
class DatabaseClock:
    """Tells Unix seconds by the database's clock, carried on by a steady one since it was last asked.

    Until then it can only tell the host's. For several threads.
    """

    steady: Callable[[], float] = steady
    host: Callable[[], float] = time.time
    _ahead: float | None = field(default=None, init=False)

    def __call__(self) -> float:
        """Unix seconds."""
        ahead = self._ahead
        return self.host() if ahead is None else self.steady() + ahead

    def learn(self, told: float, asked: float) -> None:
        """The database just answered what it was asked at `asked`, by the steady clock; the truth is between the two."""
        self._ahead = told - (asked + self.steady()) / 2
