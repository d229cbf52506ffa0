"""Completeness ledger, pace."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("gone", sa.Integer(), server_default="0", nullable=False))
    op.add_column("checkpoints", sa.Column("unshown", sa.Integer(), nullable=True))
    op.add_column("checkpoints", sa.Column("gap", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("heard_at", TIME, nullable=True))
    op.add_column("accounts", sa.Column("used", LONG, nullable=True))
    op.add_column("accounts", sa.Column("used_at", TIME, nullable=True))
    op.add_column("accounts", sa.Column("served_version", sa.String(length=16), nullable=True))
    op.add_column("streams", sa.Column("paused_until", TIME, nullable=True))
    op.create_index("ix_raw_items_deleted_at", "raw_items", ["deleted_at"])


def downgrade() -> None:
    op.drop_index("ix_raw_items_deleted_at", table_name="raw_items")
    op.drop_column("streams", "paused_until")
    for name in ("served_version", "used_at", "used", "heard_at"):
        op.drop_column("accounts", name)
    for name in ("gap", "unshown", "gone"):
        op.drop_column("checkpoints", name)
