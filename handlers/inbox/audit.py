"""The audit trail: who operated what, by which way, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

Scalar = str | int | float | bool | None
MOST_TEXT = 200
MOST_NAME = 512
PURGE_STEP = 500
_audit = tables.audit.c


@dataclass(frozen=True)
class Operator:
    """Who operates, what for they were let in, and by which way."""

    name: str
    role: Literal["read", "operate"]
    via: Literal["page", "api", "command"]

    @property
    def may_operate(self) -> bool:
        """Whether they may change anything."""
        return self.role == "operate"


@dataclass(frozen=True)
class About:
    """What an action was done to: a `source` by its name, an `event` as `source/external id`, a `notification` by its number,
    a `filter` in its own words, all `sending`, or the operator's own `session`.
    """

    kind: Literal["sending", "source", "event", "notification", "filter", "session"]
    name: str = ""


@dataclass(frozen=True)
class Entry:
    """One action. `at`: Unix seconds."""

    id: int
    at: float
    operator: str
    role: str
    via: str
    action: str
    kind: str
    name: str
    detail: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """Which entries; `before`: an entry's id, as the cursor of a list."""

    action: str | None = None
    operator: str | None = None
    kind: str | None = None
    name: str | None = None
    before: int | None = None


def record(
    connection: Connection, by: Operator, action: str, about: About, detail: Mapping[str, Scalar] | None = None
) -> None:
    """Write an action down in the transaction that does it. `detail` tells counts, ids and reasons, never contents.

    Long texts are cut. Raises `TypeError` for a detail that is not flat, since that would be somebody's data.
    """
    row = {
        "at": now(),
        "operator": by.name[:128],
        "role": by.role,
        "via": by.via,
        "action": action,
        "kind": about.kind,
        "name": about.name[:MOST_NAME],
        "detail": {key: _flat(value) for key, value in (detail or {}).items()},
    }
    connection.execute(insert(tables.audit).values(row))


def record_alone(
    database: Database, by: Operator, action: str, about: About, detail: Mapping[str, Scalar] | None = None
) -> None:
    """As `record`, where what is done has no transaction of its own. Raises `InboxUnavailable` too."""
    with database.write() as connection:
        record(connection, by, action, about, detail)


def entries(database: Database, wanted: Wanted, limit: int) -> list[Entry]:
    """Up to `limit` entries, newest first."""
    conditions = {
        "action": lambda value: _audit.action == value,
        "operator": lambda value: _audit.operator == value,
        "kind": lambda value: _audit.kind == value,
        "name": lambda value: _audit.name == value,
        "before": lambda value: _audit.id < value,
    }
    given = [conditions[name](value) for name, value in vars(wanted).items() if value is not None]
    query = select(tables.audit).where(*given).order_by(_audit.id.desc()).limit(limit)
    return [Entry(**row._mapping) for row in database.rows(query)]  # noqa: SLF001 - SQLAlchemy's public name for it


def purge_audit(database: Database, before: float) -> int:
    """Delete some of the entries made before then (Unix seconds). Returns how many went."""
    old = select(_audit.id).where(_audit.at < before).limit(PURGE_STEP)
    with database.write() as connection:
        numbers = list(connection.scalars(old))
        if numbers:
            connection.execute(delete(tables.audit).where(_audit.id.in_(numbers)))
    return len(numbers)


def _flat(value: Any) -> Scalar:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError("A detail of an action is a text, a number, yes or no.")
    return value[:MOST_TEXT] if isinstance(value, str) else value
