"""What is counted in the report and not shown, because citizens asked for that. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..records import FORGOTTEN, RESTRICTED


@dataclass(frozen=True, slots=True)
class Withheld:
    """How much of each list is left out."""

    tickets: int
    review: int
    ignored: int


def withheld(tickets: int, reasons: Iterable[tuple[str, str, int]]) -> Withheld:
    """From the tickets that are not shown, and (decision, reason, count) of items."""
    mine = [(decision, n) for decision, reason, n in reasons if reason in (RESTRICTED, FORGOTTEN)]
    review = sum(n for decision, n in mine if decision == "review")
    return Withheld(tickets, review, sum(n for _, n in mine) - review)
