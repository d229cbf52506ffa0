"""By when a complaint must be answered. Pure."""

from datetime import datetime, timedelta

from classifiers.verdict import Urgency

HOURS: dict[Urgency, int] = {"mendesak": 1, "penting": 24, "biasa": 48}
"""NTB Care's three classes since 2018, around the clock: ≤ 1 hour, ≤ 1×24 hours, ≤ 2×24 hours."""


def answer_by(opened_at: datetime, urgency: Urgency) -> datetime:
    """The time until which the citizen must have an answer."""
    return opened_at + timedelta(hours=HOURS[urgency])
