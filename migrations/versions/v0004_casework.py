"""States with a hash-chained history, duplicates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
TICKETS = ("waiting_since", "events", "head")
EVENTS = ("n", "words", "salt", "digest", "hash")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("waiting_since", TIME, nullable=True))
    op.add_column("tickets", sa.Column("events", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("head", sa.String(length=64), nullable=True))
    op.add_column("ticket_events", sa.Column("n", sa.Integer(), nullable=True))
    op.add_column("ticket_events", sa.Column("words", LONG, nullable=True))
    op.add_column("ticket_events", sa.Column("salt", sa.String(length=32), nullable=True))
    op.add_column("ticket_events", sa.Column("digest", sa.String(length=64), nullable=True))
    op.add_column("ticket_events", sa.Column("hash", sa.String(length=64), nullable=True))
    op.create_index("ix_tickets_waiting_since", "tickets", ["waiting_since"], unique=False)
    op.execute("UPDATE tickets SET events = (SELECT COUNT(*) FROM ticket_events WHERE ticket_id = tickets.id)")


def downgrade() -> None:
    op.drop_index("ix_tickets_waiting_since", table_name="tickets")
    for column in EVENTS:
        op.drop_column("ticket_events", column)
    for column in TICKETS:
        op.drop_column("tickets", column)
