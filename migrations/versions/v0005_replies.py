"""Answers to citizens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MARIADB = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin", "mysql_engine": "InnoDB"}
INDEXES = (
    ("account", "state", "due_at"),
    ("author_id", "thread_id"),
    ("account", "digest"),
    ("event_id",),
    ("item_id",),
    ("sent_id",),
)


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("ticket_id", ROW, nullable=False),
        sa.Column("event_id", ROW, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("item_id", ROW, nullable=False),
        sa.Column("target", sa.String(length=190), nullable=True),
        sa.Column("author_id", sa.String(length=190), nullable=True),
        sa.Column("thread_id", sa.String(length=190), nullable=True),
        sa.Column("text", LONG, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", LONG, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("tried_at", TIME, nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("sent_id", sa.String(length=190), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_replies_ticket_id_tickets", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_replies_item_id_items", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.UniqueConstraint("ticket_id", "event_id", "channel", name="uq_replies_ticket_id_event_id_channel"),
        **MARIADB,
    )
    for columns in INDEXES:
        op.create_index(f"ix_replies_{'_'.join(columns)}", "replies", list(columns), unique=False)
    op.create_table(
        "reply_pauses",
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("lasts_until", TIME, nullable=True),
        sa.Column("reason", LONG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_reply_pauses"),
        **MARIADB,
    )


def downgrade() -> None:
    op.drop_table("reply_pauses")
    op.drop_table("replies")
