"""A classifier and a desk so plain that a checker knows by heart what they must say."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from classifiers.verdict import Verdict
from connector.platforms.facebook.parse import parse
from connector.process import Desk
from connector.records import Item, Place, RawItem, Roster

DUTY = ((1, "siaga"), (2, "kabid"))
"""Who is rung at once, and who when nobody has acknowledged: nobody ever does here."""


def is_sure(text: str) -> bool:
    """Whether a text must be in a ticket."""
    return text.startswith(("ADUAN", "DARURAT"))


def is_urgent(text: str) -> bool:
    """Whether a text must ring, unless it is old."""
    return text.startswith("DARURAT")


def classify(texts: Sequence[str]) -> list[Verdict]:
    """Goes by the first word alone."""
    return [_verdict(text) for text in texts]


def _verdict(text: str) -> Verdict:
    sure, urgent, doubtful = is_sure(text), is_urgent(text), text.startswith("RAGU")
    return Verdict(
        kind="pengaduan" if sure else "lainnya",
        is_complaint=sure or doubtful,
        complaint_score=0.9 if sure else 0.5 if doubtful else 0.1,
        category="listrik" if "lampu" in text else "bencana_kebakaran" if urgent else "jalan_jembatan",
        category_score=0.9,
        urgency="mendesak" if urgent else "biasa",
        urgent_score=0.9 if urgent else 0.1,
        needs_review=doubtful,
        model="simulated",
    )


def desk(account: str, clock: Callable[[], datetime]) -> Desk:
    """What processing needs, for one account."""

    def parsed(raw: RawItem) -> Item:
        return parse(raw, account)

    def route(category: str, _place: Place, _text: str = "") -> str:
        return f"opd-{category}"

    def deadline(opened: datetime, _urgency: Any) -> datetime:
        return opened + timedelta(days=1)

    return Desk(classify, parsed, lambda *_: Place(), route, deadline, frozenset({account}), clock, roster=Roster(DUTY))
