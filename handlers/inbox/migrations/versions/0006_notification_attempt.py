"""An index for attempts to leave by. PostgreSQL builds it afterwards, while everybody writes: handlers/inbox/online.py."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        given = sa.text("attempt_id IS NOT NULL")
        op.create_index("notification_attempt", "notification", ["attempt_id"], sqlite_where=given)
    else:
        op.execute(
            "ALTER TABLE notification RESET (fillfactor)"
        )  # no update of it stays beside its row: outcome is indexed
