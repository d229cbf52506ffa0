"""Where tickets are found again by what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MARIADB = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    op.create_table(
        "likeness",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", ROW, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_likeness_item_id_items", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "item_id", name="pk_likeness"),
        sqlite_with_rowid=False,
        **MARIADB,
    )
    op.create_index("ix_likeness_item_id", "likeness", ["item_id"])


def downgrade() -> None:
    op.drop_table("likeness")
