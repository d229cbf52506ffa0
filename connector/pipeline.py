"""The whole of processing as one line: raw item ─▶ parse ─▶ item ─▶ classify ─▶ classified ─▶ triage ─▶ decision.

Pure over batches: everything it needs to know is an argument, everything it finds out is returned.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from classifiers.text import Reply
from classifiers.verdict import Classify

from .errors import Unreadable
from .records import RESTRICTED, Classified, Decision, Item, Label, RawItem

Parse = Callable[[RawItem], Item]
SUMMARY = 140


class Understood(NamedTuple):
    """A raw item by its row id: parsed, or the reason why not."""

    row: int
    item: Item | None
    reason: str | None = None


def understand(raws: Sequence[tuple[int, RawItem]], parse: Parse) -> list[Understood]:
    """Parses a batch; an unreadable item never keeps its neighbours back."""
    found = []
    for row, raw in raws:
        try:
            found.append(Understood(row, parse(raw)))
        except Unreadable as error:
            found.append(Understood(row, None, str(error)))
    return found


def remembered(one: Understood, before: Any) -> Understood:
    """An author once known stays: Graph leaves `from` out when it may not tell any more, which is no news about who wrote.

    `before`: the same item as it is stored, or None.
    """
    if before is None or before.author_id is None or one.item is None or one.item.author_id is not None:
        return one
    who, name, ours = before.author_id, before.author_name, before.by_account
    return one._replace(item=one.item._replace(author_id=who, author_name=name, by_account=ours))


def judge(
    understood: Sequence[Understood], classify: Classify, labels: Mapping[int, Label], above: Mapping[int, str]
) -> dict[int, Classified]:
    """Classifies the readable items of a batch in one call; what the account itself wrote is context: no verdict.

    `above`: the words that a comment answers, by its row.
    """
    items = {u.row: u.item for u in understood if u.item is not None}
    wanted = [row for row, item in items.items() if not item.by_account]
    verdicts = dict(
        zip(wanted, classify([_said(items[row].text or "", above.get(row)) for row in wanted]), strict=True)
    )
    return {row: Classified(item, verdicts.get(row), labels.get(row)) for row, item in items.items()}


def _said(text: str, above: str | None) -> str:
    return Reply(text, above) if above else text


def withhold(classified: Mapping[int, Classified], decisions: Mapping[int, Decision]) -> dict[int, Classified]:
    """What may be kept of each item: of a restricted person neither words nor name nor verdict, only what arrived when.

    UU PDP 27/2022 art. 11, 41. What was sent stays in `raw_items`, so that it comes back when the restriction is lifted.
    """
    return {
        row: Classified(one.item._replace(text=None, author_name=None, permalink=None, attachments=()), None)
        if decisions[row].reason == RESTRICTED
        else one
        for row, one in classified.items()
    }


def by_time(classified: Mapping[int, Classified]) -> list[int]:
    """Row ids in the order of creation; without a time, in the order of landing, last."""

    def key(row: int) -> tuple[bool, float, int]:
        at = classified[row].item.created_at
        return at is None, at.timestamp() if at else 0.0, row

    return sorted(classified, key=key)


def summary_of(text: str) -> str:
    """The first words of a complaint on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1].rstrip() + "…"
