"""The first schema: accounts, checkpoints, raw items, items, verdicts, labels, tickets, leases, persons, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MARIADB = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("key", sa.String(length=190), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=190), nullable=False),
        sa.Column("name", LONG, nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("fails", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", TIME, nullable=True),
        sa.Column("blocked", LONG, nullable=True),
        sa.Column("tried_at", TIME, nullable=True),
        sa.Column("ok_at", TIME, nullable=True),
        sa.Column("swept_at", TIME, nullable=True),
        sa.Column("authors_shown", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("quirks", LONG, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_accounts"),
        **MARIADB,
    )
    op.create_table(
        "checkpoints",
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("scope", sa.String(length=190), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=190), nullable=False),
        sa.Column("seen", sa.String(length=40), nullable=True),
        sa.Column("done", sa.String(length=40), nullable=True),
        sa.Column("newest", TIME, nullable=True),
        sa.Column("position", LONG, nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("fails", sa.Integer(), server_default="0", nullable=False),
        sa.Column("complete_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("account", "scope", "stream", "object_id", name="pk_checkpoints"),
        **MARIADB,
    )
    op.create_table(
        "audit",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", LONG, nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("counts", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        **MARIADB,
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=190), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
        **MARIADB,
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(length=190), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
        **MARIADB,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=190), nullable=False),
        sa.Column("owner", sa.String(length=190), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
        **MARIADB,
    )
    op.create_table(
        "persons",
        sa.Column("author_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("author_hash", name="pk_persons"),
        **MARIADB,
    )
    op.create_table(
        "raw_items",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("external_id", sa.String(length=190), nullable=False),
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("post_id", sa.String(length=190), nullable=True),
        sa.Column("parent_id", sa.String(length=190), nullable=True),
        sa.Column("conversation_id", sa.String(length=190), nullable=True),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("fetched_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("payload", LONG, nullable=False),
        sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=12), server_default="pending", nullable=False),
        sa.Column("reason", LONG, nullable=True),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_raw_items"),
        sa.UniqueConstraint("platform", "kind", "external_id", name="uq_raw_items_platform_kind_external_id"),
        **MARIADB,
    )
    op.create_index("ix_raw_items_account_created_at", "raw_items", ["account", "created_at"], unique=False)
    op.create_index("ix_raw_items_conversation_id", "raw_items", ["conversation_id"], unique=False)
    op.create_index("ix_raw_items_post_id", "raw_items", ["post_id"], unique=False)
    op.create_index("ix_raw_items_state_lane_id", "raw_items", ["state", "lane", "id"], unique=False)
    op.create_table(
        "streams",
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("landed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ok_at", TIME, nullable=True),
        sa.Column("blocked", LONG, nullable=True),
        sa.Column("error", LONG, nullable=True),
        sa.Column("error_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("account", "stream", name="pk_streams"),
        **MARIADB,
    )
    op.create_table(
        "tickets",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("agency", sa.String(length=190), nullable=False),
        sa.Column("summary", LONG, nullable=False),
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("supporters", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reporter_id", sa.String(length=190), nullable=True),
        sa.Column("kabupaten", sa.String(length=16), nullable=True),
        sa.Column("kecamatan", sa.String(length=16), nullable=True),
        sa.Column("desa", sa.String(length=16), nullable=True),
        sa.Column("place_text", LONG, nullable=True),
        sa.Column("place_ambiguous", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("permalink", LONG, nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("answer_by", TIME, nullable=True),
        sa.Column("first_response_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("merged_into", sa.String(length=20), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("touched", LONG, nullable=True),
        sa.Column("withheld", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
        **MARIADB,
    )
    op.create_index("ix_tickets_opened_at", "tickets", ["opened_at"], unique=False)
    op.create_index("ix_tickets_reporter_id", "tickets", ["reporter_id"], unique=False)
    op.create_index("ix_tickets_status_urgency", "tickets", ["status", "urgency"], unique=False)
    op.create_table(
        "items",
        sa.Column("id", ROW, autoincrement=False, nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("external_id", sa.String(length=190), nullable=False),
        sa.Column("account", sa.String(length=190), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("post_id", sa.String(length=190), nullable=True),
        sa.Column("parent_id", sa.String(length=190), nullable=True),
        sa.Column("conversation_id", sa.String(length=190), nullable=True),
        sa.Column("thread_id", sa.String(length=190), nullable=True),
        sa.Column("author_id", sa.String(length=190), nullable=True),
        sa.Column("author_name", LONG, nullable=True),
        sa.Column("by_account", sa.Boolean(), nullable=False),
        sa.Column("text", LONG, nullable=True),
        sa.Column("created_at", TIME, nullable=True),
        sa.Column("permalink", LONG, nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("attachments", LONG, nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=190), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", LONG, nullable=True),
        sa.ForeignKeyConstraint(["id"], ["raw_items.id"], name="fk_items_id_raw_items", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.UniqueConstraint("platform", "kind", "external_id", name="uq_items_platform_kind_external_id"),
        **MARIADB,
    )
    op.create_index("ix_items_account_created_at", "items", ["account", "created_at"], unique=False)
    op.create_index("ix_items_author_id", "items", ["author_id"], unique=False)
    op.create_index("ix_items_decision_id", "items", ["decision", "id"], unique=False)
    op.create_index("ix_items_thread_id", "items", ["thread_id"], unique=False)
    op.create_table(
        "raw_revisions",
        sa.Column("raw_id", ROW, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fetched_at", TIME, nullable=False),
        sa.Column("payload", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_items.id"], name="fk_raw_revisions_raw_id_raw_items", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("raw_id", "revision", name="pk_raw_revisions"),
        **MARIADB,
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ROW, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", LONG, nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("data", LONG, nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id_tickets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
        **MARIADB,
    )
    op.create_index("ix_ticket_events_ticket_id_id", "ticket_events", ["ticket_id", "id"], unique=False)
    op.create_table(
        "labels",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("item_id", ROW, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("by", LONG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_labels_item_id_items", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
        sa.UniqueConstraint("uid", name="uq_labels_uid"),
        **MARIADB,
    )
    op.create_index("ix_labels_item_id", "labels", ["item_id"], unique=False)
    op.create_table(
        "ticket_items",
        sa.Column("item_id", ROW, autoincrement=False, nullable=False),
        sa.Column("ticket_id", ROW, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_ticket_items_item_id_items", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_items_ticket_id_tickets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name="pk_ticket_items"),
        **MARIADB,
    )
    op.create_index("ix_ticket_items_ticket_id_position", "ticket_items", ["ticket_id", "position"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("item_id", ROW, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=190), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("is_complaint", sa.Boolean(), nullable=False),
        sa.Column("complaint_score", sa.Double(), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("category_score", sa.Double(), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("urgent_score", sa.Double(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_verdicts_item_id_items", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.UniqueConstraint("item_id", "revision", "model", name="uq_verdicts_item_id_revision_model"),
        **MARIADB,
    )


def downgrade() -> None:
    op.drop_table("verdicts")
    op.drop_table("ticket_items")
    op.drop_table("labels")
    op.drop_table("ticket_events")
    op.drop_table("raw_revisions")
    op.drop_table("items")
    op.drop_table("tickets")
    op.drop_table("streams")
    op.drop_table("raw_items")
    op.drop_table("persons")
    op.drop_table("leases")
    op.drop_table("keys")
    op.drop_table("counters")
    op.drop_table("checkpoints")
    op.drop_table("audit")
    op.drop_table("accounts")
