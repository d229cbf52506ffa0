"""The tables. The migrations must make exactly these; a test compares them on all three databases."""

from .casework import ticket_events, ticket_items, tickets
from .judging import items, labels, verdicts
from .reading import accounts, checkpoints, raw_items, raw_revisions, streams
from .tables import metadata
from .upkeep import audit, counters, keys, leases, persons

__all__ = [
    "accounts",
    "audit",
    "checkpoints",
    "counters",
    "items",
    "keys",
    "labels",
    "leases",
    "metadata",
    "persons",
    "raw_items",
    "raw_revisions",
    "streams",
    "ticket_events",
    "ticket_items",
    "tickets",
    "verdicts",
]
