"""PostgreSQL: the tables whose rows change often are vacuumed often, and leave room for a row's next version beside it."""

from alembic import op

revision = "0005"
down_revision = "0004"

# A queue's index is fast as long as few dead rows stand in it: https://www.postgresql.org/docs/current/storage-hot.html
_BUSY = (
    "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.02,"
    " autovacuum_vacuum_cost_delay = 0"
)
_UPDATED = ("event", "state", "link", "notification")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _UPDATED:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 80, {_BUSY})")
    op.execute(f"ALTER TABLE body SET ({_BUSY})")
