"""Alarms, contacts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MARIADB = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("name", LONG, nullable=False),
        sa.Column("group", sa.String(length=190), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=190), nullable=False),
        sa.Column("consent_at", TIME, nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("channel", "area", name="uq_contacts_channel_area"),
        **MARIADB,
    )
    op.create_index("ix_contacts_area", "contacts", ["area"], unique=False)
    op.create_table(
        "alarms",
        sa.Column("ticket_id", ROW, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("acked_at", TIME, nullable=True),
        sa.Column("acked_by", LONG, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_alarms_ticket_id_tickets", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_alarms"),
        **MARIADB,
    )
    op.create_index("ix_alarms_next_at", "alarms", ["next_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=190), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.String(length=190), nullable=False),
        sa.Column("ticket_id", ROW, nullable=True),
        sa.Column("contact_id", ROW, nullable=True),
        sa.Column("text", LONG, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_outbox_ticket_id_tickets", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_outbox_contact_id_contacts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        **MARIADB,
    )
    for columns in (["state", "rank", "id"], ["ticket_id"], ["contact_id"]):
        op.create_index(f"ix_outbox_{'_'.join(columns)}", "outbox", columns, unique=False)
    op.create_table(
        "lanes",
        sa.Column("lane", sa.String(length=190), nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("ok_at", TIME, nullable=True),
        sa.Column("down_at", TIME, nullable=True),
        sa.Column("error", LONG, nullable=True),
        sa.PrimaryKeyConstraint("lane", name="pk_lanes"),
        **MARIADB,
    )


def downgrade() -> None:
    for table in ("lanes", "outbox", "alarms", "contacts"):
        op.drop_table(table)
