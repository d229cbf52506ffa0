"""What is filed to be found again has a gist of its words, so that fewer tickets are read for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("likeness", sa.Column("gist", sa.BigInteger(), nullable=False, server_default=sa.text("-1")))


def downgrade() -> None:
    op.drop_column("likeness", "gist")
