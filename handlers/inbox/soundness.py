"""Whether a PostgreSQL keeps what it acknowledged, and has what the inbox needs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from handlers.inbox.database import Database

OLDEST = 140_000
_ASKED = text(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,"
    " current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,"
    " current_setting('full_page_writes') AS full_page_writes,"
    " getdatabaseencoding() AS encoding, pg_is_in_recovery() AS standby,"
    " current_setting('transaction_read_only') AS read_only,"
    " has_schema_privilege(current_schema(), 'CREATE') AS creates, current_schema() AS schema"
)


def faults(database: Database) -> Iterator[str]:
    """What is wrong with the server, each in words; asks only, changes nothing. Raises `InboxUnavailable`."""
    if database.dialect == "postgresql":
        with database.read() as connection:
            told = connection.execute(_ASKED).one()
        yield from _old_or_closed(told)
        yield from _careless(told)


def _old_or_closed(told: Any) -> Iterator[str]:
    if told.number < OLDEST:
        yield f"PostgreSQL {told.version} is too old: 14 or newer is needed"
    if told.encoding != "UTF8":
        yield f"the database's encoding is {told.encoding}: make one with ENCODING 'UTF8'"
    if told.standby or told.read_only == "on":
        yield "the server takes no writes (a standby, or default_transaction_read_only is on): name the primary"
    if told.schema is None:
        yield "none of the schemas in search_path exists: create one, or mend search_path"
    elif not told.creates:
        yield f"the user may not create tables: GRANT CREATE ON SCHEMA {told.schema}"


def _careless(told: Any) -> Iterator[str]:
    lost = "what was acknowledged may be lost"
    if told.fsync == "off":
        yield f"fsync is off: {lost} when the machine stops; set it to on"
    if told.full_page_writes == "off":
        yield f"full_page_writes is off: {lost} when the machine stops; set it to on"
    if told.synchronous_commit == "off":
        yield f"synchronous_commit is off: {lost} when the server stops; set it to on or local for this user"
