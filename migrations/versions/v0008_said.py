"""A label knows what of it a person said, and of which words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("labels", sa.Column("said", LONG, nullable=True))
    op.add_column("labels", sa.Column("revision", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("labels", "revision")
    op.drop_column("labels", "said")
