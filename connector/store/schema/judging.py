"""What was understood: items, their verdicts, the labels people gave."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from ..types import BigId, Faithful, Json, Name, Utc
from .tables import MARIADB, metadata

items = Table(
    "items",
    metadata,
    Column("id", BigId, ForeignKey("raw_items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("platform", String(20), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("external_id", Name, nullable=False),
    Column("account", Name, nullable=False),
    Column("stream", String(20), nullable=False),
    Column("post_id", Name),
    Column("parent_id", Name),
    Column("conversation_id", Name),
    Column("thread_id", Name),
    Column("author_id", Name),
    Column("author_name", Faithful),
    Column("by_account", Boolean, nullable=False),
    Column("text", Faithful),
    Column("created_at", Utc),
    Column("permalink", Faithful),
    Column("hidden", Boolean, nullable=False),
    Column("edited", Boolean, nullable=False),
    Column("attachments", Json),
    Column("deleted", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("model", Name),  # with the revision: which verdict counts
    Column("decision", String(10), nullable=False),  # open, append, review, ignore
    Column("reason", Faithful),
    UniqueConstraint("platform", "kind", "external_id"),
    Index(None, "decision", "id"),
    Index(None, "account", "created_at"),
    Index(None, "thread_id"),
    Index(None, "author_id"),
    **MARIADB,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("model", Name, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("is_complaint", Boolean, nullable=False),
    Column("complaint_score", Double, nullable=False),
    Column("category", String(24), nullable=False),
    Column("category_score", Double, nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("urgent_score", Double, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("item_id", "revision", "model"),
    **MARIADB,
)

labels = Table(
    "labels",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("uid", String(64), nullable=False, unique=True),  # the same correction imported twice is one
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("category", String(24), nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("by", Faithful, nullable=False),
    Column("at", Utc, nullable=False),
    Column("said", Json),  # what of it a person said, the rest was filled in; null: all of it
    Column("revision", Integer),  # the item's, whose words it is of; 0: words that are not kept; null: not noted
    Index(None, "item_id"),
    **MARIADB,
)
