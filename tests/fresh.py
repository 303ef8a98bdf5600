"""An inbox on SQLite that is there at once: a copy of one that was migrated."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import event

from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

NAME = "marquee.db"


def fresh_inbox(folder, **options):
    """Opened, in this folder. Its commits need not outlive the machine."""
    opened = Database(fresh_file(folder), **options)
    event.listen(opened.engine, "connect", _hurry)
    return opened


def fresh_file(folder):
    """Its URL, for whoever opens it."""
    path = Path(folder, NAME)
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated():
    """An empty one, made once in each process."""
    with tempfile.TemporaryDirectory() as folder:
        made = Database(f"sqlite:///{folder}/{NAME}")
        migrate(made)
        made.close()
        return Path(folder, NAME).read_bytes()


def _hurry(connection, _record):
    connection.execute("PRAGMA synchronous = OFF")
