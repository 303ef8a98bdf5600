"""The same change of many rows: on PostgreSQL one statement for all of them, since each would be planned anew."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, TableValuedAlias, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

Types = Mapping[str, TypeEngine[Any]]
Values = Mapping[str, ColumnElement[Any]]


class Bulk:
    """A statement about rows that are given by the names of `types`."""

    def __init__(self, types: Types, make: Callable[[Values, TableValuedAlias | None], Executable]) -> None:
        """`make` builds it from the values of one row, or of all of them with the table that they are in."""
        self._names = tuple(types)
        self._one = make({name: bindparam(name, type_=kind) for name, kind in types.items()}, None)
        given = _given(types)
        self._all = make({name: given.c[name] for name in types}, given)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """For every row, if there is any; the names are the same in each."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            connection.execute(self._one, rows)
        else:
            connection.execute(self._all, {name: [row[name] for row in rows] for name in self._names})


def _given(types: Types) -> TableValuedAlias:
    arrays = (bindparam(name, type_=ARRAY(kind)) for name, kind in types.items())
    columns = (column(name, kind) for name, kind in types.items())
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
