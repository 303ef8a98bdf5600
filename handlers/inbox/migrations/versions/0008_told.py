"""What an operator looks for: how each event stands, its name, and what each call said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_FILL = """
UPDATE state SET words = {name}, (standing, reason) = (
  SELECT outcome, reason FROM notification
  WHERE event_id = state.event_id AND outcome NOT IN ('pending', 'superseded') ORDER BY id DESC LIMIT 1)
"""
_NAMES = {
    "sqlite": "lower(substr(json_extract(fields, '$.eventName'), 1, 255))",
    "postgresql": "lower(left(fields ->> 'eventName', 255))",
}


def upgrade() -> None:
    dialect, number = op.get_bind().dialect.name, sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "input",
        sa.Column("attempt_id", number, nullable=False),
        sa.Column("event_id", number, nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("attempt_id", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("input_event", "input", ["event_id", "attempt_id"])
    for name, length in {"words": 255, "standing": 16, "reason": 64}.items():
        op.add_column("state", sa.Column(name, sa.String(length=length)))
    op.execute(_FILL.format(name=_NAMES[dialect]))
    if dialect == "sqlite":  # PostgreSQL builds it afterwards: handlers/inbox/online.py
        op.create_index("state_told", "state", ["standing", "reason", "event_id", "words"])
