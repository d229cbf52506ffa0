"""What was read, and how far: accounts, streams, checkpoints, raw items."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from ..types import BigId, Faithful, Json, LongText, Name, Utc
from .tables import MARIADB, metadata

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
    Column("heard_at", Utc),  # when Graph last gave something usable: nothing for long means blind
    Column("used", Json),  # percent of each call budget used, as Graph's headers last told
    Column("used_at", Utc),
    Column("served_version", String(16)),  # the Graph version that really answered
    **MARIADB,
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
    Column("paused_until", Utc),  # Messenger's own budget is used up; or, blocked: when it is asked again
    **MARIADB,
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
    Column("gone", Integer, nullable=False, server_default="0"),  # passes in a row in which Graph said it is not there
    Column("unshown", Integer),  # of the total, what the last reading to the end did not show
    Column("gap", Integer),  # the unexplained difference that was looked into last
    Column("complete_at", Utc),
    **MARIADB,
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
    Column("state", String(12), nullable=False, server_default="pending"),  # pending, done, quarantined, bare
    Column("reason", Faithful),
    Column("deleted_at", Utc),
    UniqueConstraint("platform", "kind", "external_id"),
    Index(None, "state", "lane", "id"),
    Index(None, "post_id"),
    Index(None, "conversation_id"),
    Index(None, "account", "created_at"),
    Index(None, "deleted_at"),
    **MARIADB,
)

raw_revisions = Table(
    "raw_revisions",
    metadata,
    Column("raw_id", BigId, ForeignKey("raw_items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("fetched_at", Utc, nullable=False),
    Column("payload", LongText, nullable=False),
    **MARIADB,
)
