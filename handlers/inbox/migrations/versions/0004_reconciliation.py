"""How the lists of the platforms were compared, and who fell silent; a pause of one source."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("claimed_by", sa.String(length=128), nullable=True),
        sa.Column("claimed_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=True),
        sa.Column("following", sa.Text(), nullable=True),
        sa.Column("ended", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("listed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("differing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=True),
        sa.Column("last_finished", sa.Double(), nullable=True),
        sa.Column("last_seconds", sa.Double(), nullable=True),
        sa.Column("last_listed", sa.Integer(), nullable=True),
        sa.Column("last_differing", sa.Integer(), nullable=True),
        sa.Column("last_missing", sa.Integer(), nullable=True),
        sa.Column("last_doubted", sa.Boolean(), nullable=True),
        sa.Column("finished_runs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubted_runs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("put_off_runs", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "listed",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_at", sa.Double(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "silence",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "notification_heard",
            ["source", "id"],
            unique=False,
            sqlite_where=sa.text("action IS NOT 'marquee.hint'"),
            postgresql_where=sa.text("action IS DISTINCT FROM 'marquee.hint'"),
        )
    with op.batch_alter_table("pause", schema=None) as batch_op:
        batch_op.alter_column("scope", existing_type=sa.String(length=64), type_=sa.String(length=80))
