"""The database's own clock, so that hosts whose clocks differ agree on who leads."""

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
