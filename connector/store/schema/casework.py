"""What the office works on: tickets, their items, their history."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from ..types import BigId, Faithful, Json, Name, Utc
from .tables import MARIADB, metadata

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
    Column("waiting_since", Utc),  # the reporter wrote again after a person had closed it
    Column("events", Integer, nullable=False, server_default="0"),  # how long its history is
    Column("head", String(64)),  # the hash of its newest event
    Index(None, "status", "urgency"),
    Index(None, "reporter_id"),
    Index(None, "opened_at"),
    Index(None, "waiting_since"),
    **MARIADB,
)

ticket_items = Table(
    "ticket_items",
    metadata,
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Index(None, "ticket_id", "position"),
    **MARIADB,
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("who", Faithful, nullable=False),
    Column("what", String(24), nullable=False),
    Column("data", Json),  # facts: they stay whatever a citizen asks for
    Column(
        "n", Integer
    ),  # its place in the ticket's history; these five are null in events from before there was a chain
    Column("words", Json),  # what may quote somebody: wiped out, with its salt, when that person is erased
    Column("salt", String(32)),
    Column("digest", String(64)),  # of salt and words
    Column("hash", String(64)),  # of all the above but salt and words, and of the event before
    Index(None, "ticket_id", "id"),
    **MARIADB,
)
