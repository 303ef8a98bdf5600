"""Lists of notifications by source, outcome and reason, and counts of what waits. PostgreSQL builds indexes afterwards: handlers/inbox/online.py."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("notification_listed", "notification", ["source", "outcome", "id"])
        dead = sa.text("outcome = 'dead'")
        op.create_index("notification_died", "notification", ["source", "reason", "id"], sqlite_where=dead)
        waiting = sa.text("due_at IS NOT NULL")
        op.create_index("event_waiting", "event", ["source", "changed_at"], sqlite_where=waiting)
        op.drop_index("notification_source", "notification")
        op.drop_index("notification_dead", "notification")
