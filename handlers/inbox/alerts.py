"""What was said of each thing that alerts are about, and the alerts that their receiver has not taken yet, in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

_said, _alert = tables.said.c, tables.alert.c


@dataclass(frozen=True)
class Said:
    """The state that was last said of a topic, since when (Unix seconds), and what is kept to judge the next by."""

    state: str
    since: float
    noted: Mapping[str, Any]


@dataclass(frozen=True)
class Alert:
    """One alert: its own id over all tries, when it came to be (Unix seconds), and which try this is."""

    id: int
    key: str
    at: float
    content: Mapping[str, Any]
    tries: int


def get_said(database: Database) -> dict[str, Said]:
    """What was last said, by topic. Raises `InboxUnavailable`."""
    rows = database.rows(select(_said.topic, _said.state, _said.since, _said.noted))
    return {topic: Said(*rest) for topic, *rest in rows}


def say(database: Database, topic: str, before: Said | None, after: Said, content: Mapping[str, Any] | None) -> bool:
    """Keep what is said now, and the alert with it, if nothing else was said since `before`; tells whether it was so.

    Without `content` nobody is told. Raises `InboxUnavailable`.
    """
    row = {"state": after.state, "since": after.since, "noted": dict(after.noted)}
    with database.write() as connection:
        if before is None:
            first = insert(tables.said).values(topic=topic, **row).on_conflict_do_nothing()
            changed = connection.execute(first.returning(_said.topic)).first()
        else:
            same = (_said.topic == topic, _said.state == before.state, _said.since == before.since)
            changed = connection.execute(update(tables.said).where(*same).values(row).returning(_said.topic)).first()
        if changed and content is not None:
            alert = {"key": f"msg_{token_hex(16)}", "at": now(), "content": dict(content), "due_at": now()}
            connection.execute(insert(tables.alert).values(alert))
    return changed is not None


def claim(database: Database, seconds: float) -> Alert | None:
    """The oldest alert, if it is due: for so long nobody else tries it, nor a later one. Raises `InboxUnavailable`."""
    oldest = select(_alert.id, _alert.due_at, _alert.due_at <= now()).order_by(_alert.id).limit(1)
    rows = database.rows(oldest)
    if not rows or not rows[0][2]:
        return None
    mine = update(tables.alert).where(_alert.id == rows[0][0], _alert.due_at == rows[0][1])
    tried = mine.values(due_at=now() + seconds, tries=_alert.tries + 1)
    with database.write() as connection:
        claimed = connection.execute(
            tried.returning(_alert.id, _alert.key, _alert.at, _alert.content, _alert.tries)
        ).first()
    return Alert(*claimed) if claimed else None


def put_off(database: Database, alert: Alert, seconds: float) -> None:
    """Try it again after so long, and nothing later before it. Raises `InboxUnavailable`."""
    mine = (_alert.id == alert.id, _alert.tries == alert.tries)
    with database.write() as connection:
        connection.execute(update(tables.alert).where(*mine).values(due_at=now() + seconds))


def let_go(database: Database, alert: Alert) -> None:
    """It was taken, or is given up. Raises `InboxUnavailable`."""
    with database.write() as connection:
        connection.execute(delete(tables.alert).where(_alert.id == alert.id))
