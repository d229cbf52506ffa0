"""Ingest: lands what the platform sent, unread, in `raw_items`. Polls and backfills are the same with other orders."""

from .visit import Visit, visit

__all__ = ["Visit", "visit"]
