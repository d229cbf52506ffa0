"""What was decided, written in bulk: items with their verdicts, tickets with their history."""

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from classifiers.verdict import Verdict, same

from ..pipeline import summary_of
from ..records import RESTRICTED, Append, Classified, Decision, Item, Open, Place
from ..states import REOPENED
from ..store import accounts, items, likeness, responses, supporters, tickets
from ..store.waiting import wrote_again
from .answering import note_answers
from .facts import Desk, name_of
from .known import Known
from .ringing import ring
from .twins import refile

Find = Callable[[Item], Place]


def write_items(
    connection: Connection,
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
    known: Known,
    now: datetime,
) -> None:
    """Items as understood, with the verdict that counts and what was decided."""
    written, verdicts = [], []
    for row, one in classified.items():
        read, before = known.raws[row], known.before.get(row)
        stands = row in known.of_ticket and before is not None  # what put it into its ticket remains the reason
        said = RESTRICTED in (decisions[row].reason, before.reason if before else "")
        kept = items.Kept(
            thread_id=known.thread[row],
            edited=row in known.edited or bool(before and before.edited),
            deleted=read.deleted_at is not None,
            revision=read.revision,
            model=one.verdict.model if one.verdict else None,
            decision=before.decision if stands and before else name_of(decisions[row]),
            reason=before.reason if stands and before and not said else decisions[row].reason,
        )
        written.append((row, one.item, kept))
        if one.verdict:
            verdicts.append((row, read.revision, one.verdict))
    items.write(connection, written)
    items.write_verdicts(connection, verdicts, now)
    for account in {one.item.account for one in classified.values() if one.item.by_account}:
        accounts.shows_authors(connection, account)


def write_tickets(
    connection: Connection,
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
    known: Known,
    desk: Desk,
    now: datetime,
) -> None:
    """New tickets in the order decided, facts added to open ones, and what changed about their items."""
    find = _finder(connection, classified, decisions, known, desk)
    drafts = [_draft(row, classified[row], d, known, desk, find) for row, d in decisions.items() if isinstance(d, Open)]
    numbers = tickets.open_tickets(connection, drafts, now, desk.deadline)
    facts, urgent = [], []
    for row, decision in decisions.items():
        number = numbers.get(row)
        if isinstance(decision, Append):
            number = numbers[int(decision.number[1:])] if decision.number.startswith("@") else decision.number
            if row not in known.of_ticket:
                facts.append((number, row, decision.reason))
        if number and _urgent(classified[row]):
            urgent.append((row, number))
    tickets.append(connection, facts, now)
    closed = known.closed_ones()
    by_reporter = {n: row for n, row, _ in facts if n in closed and classified[row].item.author_id == closed[n]}
    wrote_again(connection, by_reporter | _cried(classified, known, closed), REOPENED, now)
    supporters.gained(connection, [(number, row, classified[row].item.author_id) for number, row, _ in facts])
    likeness.file(connection, known.twins.filed)
    refile(
        connection, {row: classified[row] for row in known.of_ticket if _reworded(row, classified[row], known)}, desk
    )
    for row, (number, position) in known.of_ticket.items():
        _update(connection, number, position, row, classified[row], known, desk, find, now)
    ours = [row for row, one in classified.items() if one.item.by_account or one.item.author_id in desk.official]
    asked = known.around([*ours, *known.heads(classified)], classified) | {number for number, _, _ in facts}
    asked |= _spoken_under(connection, numbers, classified, known, desk)
    note_answers(connection, sorted(asked), desk.official, now)
    ring(connection, urgent, classified, known, desk, now)


def _cried(classified: Mapping[int, Classified], known: Known, closed: Container[str]) -> dict[str, int]:
    """Closed tickets in which words were edited into an emergency."""
    return {
        number: row
        for row, (number, _) in known.of_ticket.items()
        if number in closed and known.before[row].text != classified[row].item.text and _urgent(classified[row])
    }


def _spoken_under(
    connection: Connection,
    numbers: Mapping[int | None, str],
    classified: Mapping[int, Classified],
    known: Known,
    desk: Desk,
) -> set[str]:
    """New tickets that may have been answered already: posts, and what stands where an account said something."""
    threads = {row: known.thread[row] for row in numbers if row is not None and classified[row].item.kind != "post"}
    spoken = responses.spoken_in(connection, {thread for thread in threads.values() if thread}, desk.official)
    return {number for row, number in numbers.items() if row not in threads or threads[row] in spoken}


def _urgent(one: Classified) -> bool:
    said = one.label or one.verdict
    return said is not None and said.urgency == "mendesak"


def _finder(
    connection: Connection,
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
    known: Known,
    desk: Desk,
) -> Find:
    """Finds an item's place; what the post above it is about helps, for those that open or head a ticket."""
    heads = [row for row, decision in decisions.items() if isinstance(decision, Open)]
    heads += [row for row, (_, position) in known.of_ticket.items() if position == 0 and row in classified]
    above = {classified[row].item.post_id for row in heads if classified[row].item.kind == "comment"}
    said = items.words(connection, "post", sorted(post for post in above if post))
    places = {post: desk.find_place(text) for post, (text, _) in said.items() if text}

    def find(item: Item) -> Place:
        above = places.get(item.post_id or "", Place()) if item.kind == "comment" else Place()
        return desk.find_place(item.text or "", above)

    return find


def _reworded(row: int, one: Classified, known: Known) -> bool:
    """Whether what opened a ticket has other words than before, or none any more."""
    before = known.before.get(row)
    return before is not None and known.of_ticket[row][1] == 0 and before.text != one.item.text


def _draft(row: int, one: Classified, decision: Open, known: Known, desk: Desk, find: Find) -> tickets.Draft:
    item = one.item
    told = known.twins.told.get(row)
    sure = told is not None and told.place.text is not None and not told.place.ambiguous
    place = told.place if told is not None and sure else find(item)
    urgency = decision.urgency if one.label else desk.class_of(decision.category, place, decision.urgency)
    return tickets.Draft(
        item=row,
        urgency=urgency,
        category=decision.category,
        agency=desk.route(decision.category, place, item.text or ""),
        summary=summary_of(item.text or ""),
        account=item.account,
        reporter_id=item.author_id,
        place=place,
        permalink=item.permalink,
        reason=decision.reason if urgency == decision.urgency else f"{decision.reason}; {urgency} menurut aturan",
        route=desk.why(decision.category, place, item.text or ""),
    )


def _update(
    connection: Connection,
    number: str,
    position: int,
    row: int,
    one: Classified,
    known: Known,
    desk: Desk,
    find: Find,
    now: datetime,
) -> None:
    """An item that is part of a ticket was read or judged anew: its deletion and new meaning are facts of the ticket."""
    before, read = known.before.get(row), known.raws[row]
    if before is None:
        return
    if read.deleted_at is not None and not before.deleted:
        tickets.note(connection, number, "source_deleted", {"item": one.item.id}, now)
    if position == 0 and one.verdict and one.label is None and not read.deleted_at:
        values: dict[str, Any] = {"summary": summary_of(one.item.text or "")}
        said = items.verdict_of(before)
        judged_anew = not same(said, one.verdict)  # if not, a later item may have raised it since
        if one.verdict.is_complaint:
            values |= {"category": one.verdict.category}
            if judged_anew or before.text != one.item.text:  # if not, the post may have other words since
                values |= _where(one.item, one.verdict, said, desk, find)
            if judged_anew:
                own = desk.class_of(one.verdict.category, find(one.item), one.verdict.urgency)
                values["urgency"] = "mendesak" if items.any_urgent(connection, number, row) else own
        tickets.refresh(connection, number, values, now, desk.deadline)
    if position and one.item.text != before.text and one.verdict and one.verdict.urgency == "mendesak":
        tickets.refresh(connection, number, {"urgency": "mendesak"}, now, desk.deadline)


def _where(item: Item, verdict: Verdict, before: Verdict | None, desk: Desk, find: Find) -> dict[str, Any]:
    """Place and agency, from the citizen's own words; what the post above said when the ticket was opened stays."""
    place = find(item)
    if place.text is None:
        same = before is not None and before.category == verdict.category
        return {} if same else {"agency": desk.route(verdict.category, place, item.text or "")}
    return {**tickets.place_values(place), "agency": desk.route(verdict.category, place, item.text or "")}
