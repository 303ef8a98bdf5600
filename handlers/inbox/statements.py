"""Statements for the driver's own cursor, compiled once for each number of rows.

At the door SQLAlchemy's work for each execution would cost most; and each execution lets another thread have the
interpreter, so that one statement for a group of rows ends sooner than one for each.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Dialect, bindparam

Row = Mapping[str, Any]
Parameters = Sequence[Mapping[str, BindParameter[Any]]]
MOST_ROWS = 256


class Statement:
    """One SQLAlchemy statement about a number of rows, in a database's own words."""

    def __init__(self, make: Callable[[Parameters], ClauseElement], names: Sequence[str], dialect: Dialect) -> None:
        """`make` builds the statement from a parameter for each of `names`, for each row."""
        self._make = make
        self._names = names
        self._dialect = dialect
        self._compiled = lru_cache(MOST_ROWS)(self._compile)

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[Any]:
        """Execute it for one or more rows; what it returns. Raises the driver's errors."""
        sql, order = self._compiled(len(rows))
        cursor.execute(sql, [rows[number][name] for number, name in order])
        return list(cursor.fetchall()) if cursor.description else []

    def _compile(self, count: int) -> tuple[str, Sequence[tuple[int, str]]]:
        parameters: Parameters = [
            {name: bindparam(f"{name}_{number}") for name in self._names} for number in range(count)
        ]
        compiled: Any = self._make(parameters).compile(dialect=self._dialect)
        places = {f"{name}_{number}": (number, name) for number in range(count) for name in self._names}
        return str(compiled), [places[parameter] for parameter in compiled.positiontup]
