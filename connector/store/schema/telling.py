"""Whom we tell, and what: contacts in the villages, alarms, the outbox, how each lane of it fares."""

from sqlalchemy import Column, ForeignKey, Index, Integer, SmallInteger, String, Table, UniqueConstraint

from ..types import BigId, Faithful, Name, Utc
from .tables import MARIADB, metadata

contacts = Table(
    "contacts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", Faithful, nullable=False),
    Column("group", Name, nullable=False),  # posyandu, sma-smk, pkh, …
    Column("area", String(16), nullable=False),  # Kemendagri's code of a kabupaten, kecamatan or desa
    Column("channel", Name, nullable=False),  # a channel of contacts.toml and this person's address: telegram:123456
    Column("consent_at", Utc, nullable=False),
    Column("added_at", Utc, nullable=False),
    UniqueConstraint("channel", "area"),
    Index(None, "area"),
    **MARIADB,
)

alarms = Table(
    "alarms",
    metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("level", Integer, nullable=False),  # the last one that was rung
    Column("next_at", Utc),  # when the next level is rung, unless somebody acknowledges
    Column("acked_at", Utc),
    Column("acked_by", Faithful),  # of the staff
    Index(None, "next_at"),
    **MARIADB,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", Name, nullable=False, unique=True),  # the same in every repetition
    Column("kind", String(12), nullable=False),  # alarm, again, operator, note, digest
    Column("rank", SmallInteger, nullable=False),  # 0 at once, 1 when nothing urgent waits
    Column("lane", Name, nullable=False),  # a channel of contacts.toml, or contact:ID
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE")),
    Column("contact_id", BigId, ForeignKey("contacts.id", ondelete="CASCADE")),
    Column("text", Faithful),  # never of a citizen: what tells of one is composed when it is sent
    Column("state", String(8), nullable=False),  # waiting, sent, void
    Column("at", Utc, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("done_at", Utc),
    Index(None, "state", "rank", "id"),
    Index(None, "ticket_id"),
    Index(None, "contact_id"),
    **MARIADB,
)

lanes = Table(
    "lanes",
    metadata,
    Column("lane", Name, primary_key=True),
    Column("fails", Integer, nullable=False),  # in a row
    Column("due_at", Utc),  # not before
    Column("ok_at", Utc),
    Column("down_at", Utc),  # since when nothing gets through
    Column("error", Faithful),
    **MARIADB,
)
