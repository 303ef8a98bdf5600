"""What keeps strangers out over all processes: the sessions' key, sessions that were ended, and failures counted."""

from secrets import token_bytes

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database

KEY_BYTES = 32
_KEY = "pages"
_ended, _failure = tables.ended_session.c, tables.failure.c


def session_key(database: Database) -> bytes:
    """The random key that all processes on this database share, made at the first time. Raises `InboxUnavailable`."""
    query = select(tables.session_key.c.secret).where(tables.session_key.c.name == _KEY)
    if not database.rows(query):
        made = insert(tables.session_key).values(name=_KEY, secret=token_bytes(KEY_BYTES))
        with database.write() as connection:
            connection.execute(made.on_conflict_do_nothing())
    return bytes(database.rows(query)[0][0])


def end_session(database: Database, session: str, seconds: float) -> None:
    """Let this session open nothing more; it would have lived for at most so long. Raises `InboxUnavailable`."""
    ended = insert(tables.ended_session).values(session=session, until=now() + seconds)
    with database.write() as connection:
        connection.execute(ended.on_conflict_do_nothing())


def is_ended(database: Database, session: str) -> bool:
    """Whether this session was ended. Raises `InboxUnavailable`."""
    return bool(database.rows(select(_ended.session).where(_ended.session == session)))


def failures(database: Database, names: list[str]) -> dict[str, tuple[int, float]]:
    """How often each of these failed lately, and for how many seconds more that counts. Raises `InboxUnavailable`."""
    query = select(_failure.name, _failure.count, _failure.until - now()).where(
        _failure.name.in_(names), _failure.until > now()
    )
    return {name: (count, seconds) for name, count, seconds in database.rows(query)}


def count_failure(database: Database, names: list[str], seconds: float) -> None:
    """Each of these failed once more; the first of a row counts for so long, and the others with it."""
    first = insert(tables.failure)
    over = _failure.until <= now()
    again = {
        "count": case((over, 1), else_=_failure.count + 1),
        "until": case((over, first.excluded.until), else_=_failure.until),
    }
    rows = [{"name": name, "count": 1, "until": now() + seconds} for name in sorted(names)]  # one order, no deadlock
    with database.write() as connection:
        for row in rows:
            connection.execute(first.values(row).on_conflict_do_update(index_elements=["name"], set_=again))


def purge_guards(database: Database) -> None:
    """What counts no more leaves. Raises `InboxUnavailable`."""
    for table in (tables.ended_session, tables.failure):
        over = table.c.until <= now()
        if database.rows(select(table.c.until).where(over).limit(1)):
            with database.write() as connection:
                connection.execute(delete(table).where(over))
