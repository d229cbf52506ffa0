"""The tables. The migrations must make exactly these; a test compares them on all three databases."""

from .casework import ticket_events, ticket_items, tickets
from .judging import items, labels, verdicts
from .likeness import likeness
from .reading import accounts, checkpoints, raw_items, raw_revisions, streams
from .replies import replies, reply_pauses
from .tables import metadata
from .telling import alarms, contacts, lanes, outbox
from .upkeep import audit, counters, keys, leases, persons

__all__ = [
    "accounts",
    "alarms",
    "audit",
    "checkpoints",
    "contacts",
    "counters",
    "items",
    "keys",
    "labels",
    "lanes",
    "leases",
    "likeness",
    "metadata",
    "outbox",
    "persons",
    "raw_items",
    "raw_revisions",
    "replies",
    "reply_pauses",
    "streams",
    "ticket_events",
    "ticket_items",
    "tickets",
    "verdicts",
]
