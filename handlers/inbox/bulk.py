"""The same change of many rows, as one statement for all of them.

PostgreSQL would plan each anew. On SQLite each lets another thread have the interpreter, which comes back late, and meanwhile
nobody else can write.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, Connection, Dialect, FromClause, UpdateBase, bindparam, column, func, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from handlers.inbox.statements import MOST_ROWS

Types = Mapping[str, TypeEngine[Any]]
Values = Mapping[str, ColumnElement[Any]]
Rows = Sequence[Mapping[str, Any]]
Make = Callable[[Values, FromClause], UpdateBase]


class Bulk:
    """A statement about rows that are given by the names of `types`."""

    def __init__(self, types: Types, make: Make) -> None:
        """`make` builds it from the values of a row, and the table `given` that has all of them."""
        self._names = tuple(types)
        self._written = [isinstance(kind, JSON) for kind in types.values()]
        columns = [column(name, kind) for name, kind in types.items()]
        arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in types.items())
        unnested = func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
        self._unnested = make({name: unnested.c[name] for name in types}, unnested)
        given = table("given", *columns)
        self._listed = make({name: given.c[name] for name in types}, given)
        self._compiled = lru_cache(2 * MOST_ROWS)(self._compile)

    def run(self, connection: Connection, rows: Rows) -> None:
        """For every row, if there is any; the names are the same in each, and no two are about the same."""
        if connection.dialect.name == "sqlite":
            for first in range(0, len(rows), MOST_ROWS):
                self._list(connection, rows[first : first + MOST_ROWS])
        elif rows:
            connection.execute(self._unnested, {name: [row[name] for row in rows] for name in self._names})

    def _list(self, connection: Connection, rows: Rows) -> None:
        values = [
            orjson.dumps(row[name]).decode() if is_written else row[name]
            for row in rows
            for name, is_written in zip(self._names, self._written, strict=True)
        ]
        connection.exec_driver_sql(self._compiled(len(rows), connection.dialect), tuple(values))

    def _compile(self, count: int, dialect: Dialect) -> str:
        """SQLAlchemy would write, and look for, as many parameters anew each time."""
        row = f"({', '.join('?' * len(self._names))})"
        listed = f"WITH given ({', '.join(self._names)}) AS (VALUES {', '.join([row] * count)})"
        return f"{listed} {self._listed.compile(dialect=dialect)}"
