"""What citizens were answered, or would be: one row an answer; and which accounts may not answer now."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from ..types import BigId, Faithful, Name, Utc
from .tables import MARIADB, metadata

replies = Table(
    "replies",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", Name, nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigId, nullable=False),  # the event of the ticket's history that is answered
    Column("channel", String(10), nullable=False),  # comment, private, message
    Column("kind", String(20), nullable=False),
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("target", Name),  # the comment or post answered; the person's id for a message
    Column("author_id", Name),
    Column("thread_id", Name),
    Column("text", Faithful),
    Column("digest", String(64)),  # of the text, so that it is known again when read back
    Column("state", String(10), nullable=False),  # due, trying, sent, skipped, failed, unsure, dry_run
    Column("reason", Faithful),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("made_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("tried_at", Utc),  # the first try
    Column("sent_at", Utc),
    Column("sent_id", Name),  # our own comment or message
    UniqueConstraint("ticket_id", "event_id", "channel", "target"),
    Index(None, "account", "state", "due_at"),
    Index(None, "author_id", "thread_id"),
    Index(None, "account", "digest"),
    Index(None, "event_id"),
    Index(None, "item_id"),
    Index(None, "sent_id"),
    **MARIADB,
)

reply_pauses = Table(
    "reply_pauses",
    metadata,
    Column("account", Name, primary_key=True),
    Column("lasts_until", Utc),  # none: until a person says so
    Column("reason", Faithful, nullable=False),
    Column("at", Utc, nullable=False),
    **MARIADB,
)
