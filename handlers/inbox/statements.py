"""Statements made ready once, for the driver's own cursor: at the door SQLAlchemy's work for each execution would cost most."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Dialect


class Statement:
    """One SQLAlchemy statement in a database's own words. Give `names`, the columns that an insert is given."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names) if names else None)
        self._sql = str(compiled)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def run(self, cursor: Any, values: Mapping[str, Any]) -> None:
        """Execute it. Raises the driver's errors."""
        cursor.execute(self._sql, [values[name] for name in self._order] if self._order else values)

    def value(self, cursor: Any, values: Mapping[str, Any]) -> Any:
        """Execute it; the first column of the row that it returns, or None for no row. Raises the driver's errors."""
        self.run(cursor, values)
        rows = cursor.fetchall()
        return rows[0][0] if rows else None
