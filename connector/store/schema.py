"""The tables. The migrations must make exactly these; a test compares them on all three databases."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from .types import BigId, Faithful, Json, LongText, Name, Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# Identifiers are case-sensitive, and 'a ' is not 'a': MariaDB's usual collations think otherwise.
_mariadb: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin", "mysql_engine": "InnoDB"}

accounts = Table(
    "accounts",
    metadata,
    Column("key", Name, primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("external_id", Name, nullable=False),
    Column("name", Faithful, nullable=False),
    Column("due_at", Utc),
    Column("fails", Integer, nullable=False, server_default="0"),
    Column("paused_until", Utc),  # imposed by Graph, honoured by everybody
    Column("blocked", Faithful),  # why nothing is read: a person has to act
    Column("tried_at", Utc),
    Column("ok_at", Utc),
    Column("swept_at", Utc),  # when all that is recent was last re-read
    Column("authors_shown", Boolean, nullable=False, server_default="0"),
    Column("quirks", Json),  # fields that Graph knows no more, and how much it bears at once
    **_mariadb,
)

streams = Table(
    "streams",
    metadata,
    Column("account", Name, primary_key=True),
    Column("stream", String(20), primary_key=True),
    Column("landed", BigInteger, nullable=False, server_default="0"),
    Column("ok_at", Utc),
    Column("blocked", Faithful),
    Column("error", Faithful),
    Column("error_at", Utc),
    **_mariadb,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("account", Name, primary_key=True),
    Column("scope", Name, primary_key=True),  # 'live', or one backfill
    Column("stream", String(20), primary_key=True),
    Column("object_id", Name, primary_key=True),  # '' for the stream itself, else a post or conversation
    Column("seen", String(40)),  # updated_time as last listed
    Column("done", String(40)),  # updated_time as listed before the last complete read
    Column("newest", Utc),  # the newest item of the last complete read
    Column("position", Json),  # where an unfinished walk stands
    Column("total", Integer),  # how many Graph counts
    Column("fails", Integer, nullable=False, server_default="0"),
    Column("complete_at", Utc),
    **_mariadb,
)

raw_items = Table(
    "raw_items",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("platform", String(20), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("external_id", Name, nullable=False),
    Column("account", Name, nullable=False),
    Column("stream", String(20), nullable=False),
    Column("post_id", Name),
    Column("parent_id", Name),
    Column("conversation_id", Name),
    Column("created_at", Utc),
    Column("fetched_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("fingerprint", String(64), nullable=False),
    Column("payload", LongText, nullable=False),
    Column("lane", SmallInteger, nullable=False, server_default="0"),  # 0 live, 1 backfill and import
    Column("state", String(12), nullable=False, server_default="pending"),  # pending, done, quarantined
    Column("reason", Faithful),
    Column("deleted_at", Utc),
    UniqueConstraint("platform", "kind", "external_id"),
    Index(None, "state", "lane", "id"),
    Index(None, "post_id"),
    Index(None, "conversation_id"),
    Index(None, "account", "created_at"),
    **_mariadb,
)

raw_revisions = Table(
    "raw_revisions",
    metadata,
    Column("raw_id", BigId, ForeignKey("raw_items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("fetched_at", Utc, nullable=False),
    Column("payload", LongText, nullable=False),
    **_mariadb,
)

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
    **_mariadb,
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
    **_mariadb,
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
    Index(None, "item_id"),
    **_mariadb,
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("category", String(24), nullable=False),
    Column("agency", Name, nullable=False),
    Column("summary", Faithful, nullable=False),
    Column("account", Name, nullable=False),
    Column("supporters", Integer, nullable=False, server_default="1"),
    Column("reporter_id", Name),
    Column("kabupaten", String(16)),
    Column("kecamatan", String(16)),
    Column("desa", String(16)),
    Column("place_text", Faithful),
    Column("place_ambiguous", Boolean, nullable=False, server_default="0"),
    Column("permalink", Faithful),
    Column("opened_at", Utc, nullable=False),
    Column("answer_by", Utc),
    Column("first_response_at", Utc),
    Column("closed_at", Utc),
    Column("merged_into", String(20)),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("touched", Json),  # the fields that a person has set: the machine leaves them alone
    Column("withheld", Json),  # what a restricted reporter's ticket showed, until the restriction is lifted
    Index(None, "status", "urgency"),
    Index(None, "reporter_id"),
    Index(None, "opened_at"),
    **_mariadb,
)

ticket_items = Table(
    "ticket_items",
    metadata,
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Index(None, "ticket_id", "position"),
    **_mariadb,
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Faithful, nullable=False),
    Column("what", String(24), nullable=False),
    Column("data", Json),
    Index(None, "ticket_id", "id"),
    **_mariadb,
)

counters = Table(
    "counters",
    metadata,
    Column("name", Name, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("at", Utc),
    **_mariadb,
)

leases = Table(
    "leases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("owner", Name, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    **_mariadb,
)

persons = Table(
    "persons",
    metadata,
    Column("author_hash", String(64), primary_key=True),  # the id itself is forgotten
    Column("state", String(12), nullable=False),  # erased, restricted
    Column("at", Utc, nullable=False),
    **_mariadb,
)

keys = Table(
    "keys",
    metadata,
    Column("name", Name, primary_key=True),
    Column("value", String(64), nullable=False),  # random, in hexadecimal; made when first needed, never changed
    **_mariadb,
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("who", Faithful, nullable=False),  # of the staff
    Column("what", String(24), nullable=False),
    Column("counts", Json, nullable=False),  # numbers only: nothing here tells of a citizen
    **_mariadb,
)
