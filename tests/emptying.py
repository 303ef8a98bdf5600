"""Empties a PostgreSQL between two tests, in the time that it takes to connect to it."""

from handlers.inbox.tables import metadata

# TRUNCATE makes a new file for every table and index, at some milliseconds each; DELETE leaves its dead rows behind.
MOST_BYTES = 1024 * 1024
PATIENCE = "20s"


def emptying(server):
    """The statements that leave its tables empty, its numbers at one and its schema's version as it is now."""
    ((head,),) = server.execute("SELECT version_num FROM alembic_version")
    tables = [table.name for table in reversed(metadata.sorted_tables)]
    sizes = " + ".join(f"pg_relation_size('{table}')" for table in tables)
    delete = "; ".join(f"DELETE FROM {table}" for table in tables)
    numbers = ", ".join(f"setval('{name}', 1, false)" for name in _sequences(server))
    return (
        f"SET lock_timeout = '{PATIENCE}'; DO $$ BEGIN IF {sizes} > {MOST_BYTES}"
        f" THEN TRUNCATE {', '.join(tables)} CASCADE; ELSE {delete}; END IF; END $$;"
        f" SELECT {numbers}; UPDATE alembic_version SET version_num = '{head}'"
    )


def _sequences(server):
    return [name for (name,) in server.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")]
