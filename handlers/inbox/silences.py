"""Which sources fell silent."""

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from handlers.inbox import tables
from handlers.inbox.database import Database

_silence = tables.silence.c


def get_silences(database: Database) -> dict[str, float]:
    """Since when (Unix seconds) each silent source sent nothing."""
    query = select(_silence.source, _silence.since)
    return {source: since for source, since in database.rows(query)}  # noqa: C416 - rows are no dict items


def keep_silences(database: Database, silences: Mapping[str, float]) -> None:
    """These are silent, and no others."""
    with database.write() as connection:
        connection.execute(delete(tables.silence).where(_silence.source.not_in(silences)))
        if silences:
            rows = [{"source": source, "since": since} for source, since in sorted(silences.items())]
            kept = insert(tables.silence)
            kept = kept.on_conflict_do_update(index_elements=["source"], set_={"since": kept.excluded.since})
            connection.execute(kept, rows)
