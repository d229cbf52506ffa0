"""The whole of processing as one line: raw item ─▶ parse ─▶ item ─▶ classify ─▶ classified ─▶ triage ─▶ decision.

Pure over batches: everything it needs to know is an argument, everything it finds out is returned.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from classifiers.text import Reply
from classifiers.verdict import Classify

from .errors import OutOfSight, Unreadable
from .records import RESTRICTED, Classified, Decision, Item, Label, RawItem

Parse = Callable[[RawItem], Item]
SUMMARY = 140


class Understood(NamedTuple):
    """A raw item by its row id: parsed, or the reason why not, and whether that is no fault of the item."""

    row: int
    item: Item | None
    reason: str | None = None
    out_of_sight: bool = False


def understand(raws: Sequence[tuple[int, RawItem]], parse: Parse) -> list[Understood]:
    """Parses a batch; an unreadable item never keeps its neighbours back."""
    found = []
    for row, raw in raws:
        try:
            found.append(Understood(row, parse(raw)))
        except Unreadable as error:
            found.append(Understood(row, None, str(error), isinstance(error, OutOfSight)))
    return found


def remembered(one: Understood, earlier: Sequence[Any]) -> Understood:
    """Author and words once known stay where Graph may not tell them any more, which is no news about who said what.

    It leaves `from` out then, or sends empty words with nothing beside them. `earlier`: the same item as it is stored and as it
    was sent before, the latest first.
    """
    item = one.item
    if item is None:
        return one
    wrote = next((e for e in earlier if e.author_id is not None), None) if item.author_id is None else None
    said = next((e.text for e in earlier if e.text), None) if silent(item) else None
    if wrote is not None:
        item = item._replace(author_id=wrote.author_id, author_name=wrote.author_name, by_account=wrote.by_account)
    return one._replace(item=item._replace(text=said) if said else item)


def silent(item: Item) -> bool:
    """Whether an item has neither words nor anything attached. Facebook lets nobody write so, nor edit to that."""
    return not item.text and not item.attachments


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
