"""What was decided, written in bulk: items with their verdicts, tickets with their history."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from classifiers.verdict import Verdict, same

from ..pipeline import summary_of
from ..records import RESTRICTED, Append, Classified, Decision, Item, Open, Place
from ..states import REOPENED
from ..store import accounts, alarms, items, likeness, responses, retention, supporters, tickets
from ..store.raw import ResultRow
from ..store.waiting import wrote_again
from .answering import note_answers
from .facts import Desk, name_of
from .known import Known
from .locating import is_finer, locate
from .rehearing import rehear
from .ringing import ring
from .twins import refile

Find = Callable[[Item], Place]


@dataclass(frozen=True, slots=True)
class Decided:
    """A batch as it was judged and decided, by row, and what is needed to write it."""

    connection: Connection
    classified: Mapping[int, Classified]
    decisions: Mapping[int, Decision]
    known: Known
    desk: Desk
    now: datetime

    def urgent(self, row: int) -> bool:
        """Whether an item is an emergency, as a person said last or by its verdict."""
        said = self.classified[row].label or self.classified[row].verdict
        return said is not None and said.urgency == "mendesak"

    def reworded(self, row: int) -> bool:
        """Whether what is part of a ticket has other words than before, or none any more."""
        before = self.known.before.get(row)
        return before is not None and before.text != self.classified[row].item.text

    def labelled(self, row: int) -> bool:
        """Whether a person has said what an item is, were it of other words than those that cry for help by now."""
        other = self.known.raws[row].revision > 1 and self.urgent(row)
        return self.classified[row].label is not None or (other and items.last_label(self.connection, row) is not None)


def write(decided: Decided) -> None:
    """Items as understood, with the verdict that counts and what was decided; then the tickets they open or belong to."""
    _write_items(decided)
    _write_tickets(decided)


def _write_items(decided: Decided) -> None:
    connection, known = decided.connection, decided.known
    written, verdicts = [], []
    for row, one in decided.classified.items():
        written.append((row, one.item, _kept(decided, row)))
        if one.verdict:
            verdicts.append((row, known.raws[row].revision, one.verdict))
    items.write(connection, written)
    items.write_verdicts(connection, verdicts, decided.now)
    for account in {one.item.account for one in decided.classified.values() if one.item.by_account}:
        accounts.shows_authors(connection, account)


def _kept(decided: Decided, row: int) -> items.Kept:
    known, verdict, decision = decided.known, decided.classified[row].verdict, decided.decisions[row]
    read, before = known.raws[row], known.before.get(row)
    stands = row in known.of_ticket and before is not None  # what put it into its ticket remains the reason
    said = RESTRICTED in (decision.reason, before.reason if before else "")
    return items.Kept(
        thread_id=known.thread[row],
        edited=row in known.edited or bool(before and before.edited),
        deleted=read.deleted_at is not None,
        revision=read.revision,
        model=verdict.model if verdict else None,
        decision=before.decision if stands and before else name_of(decision),
        reason=before.reason if stands and before and not said else decision.reason,
    )


def _write_tickets(decided: Decided) -> None:
    """New tickets in the order decided, facts added to open ones, and what changed about their items."""
    connection, known, desk, now = decided.connection, decided.known, decided.desk, decided.now
    find = _finder(decided)
    drafts = [_draft(decided, row, d, find) for row, d in decided.decisions.items() if isinstance(d, Open)]
    numbers = tickets.open_tickets(connection, drafts, now, desk.deadline)
    facts, urgent = [], []
    for row, decision in decided.decisions.items():
        number = numbers.get(row)
        if isinstance(decision, Append):
            number = numbers[int(decision.number[1:])] if decision.number.startswith("@") else decision.number
            if row not in known.of_ticket:
                facts.append((number, row, decision.reason))
        if number and decided.urgent(row):
            urgent.append((row, number))
    _add(decided, facts)
    likeness.file(connection, known.twins.filed)
    heads = [row for row, (_, position) in known.of_ticket.items() if position == 0 and decided.reworded(row)]
    refile(connection, {row: decided.classified[row] for row in heads}, desk)
    for row in known.of_ticket:
        _update(decided, row, find)
    rehear(connection, decided.classified, [row for row in numbers if row is not None], known.thread)
    _note_answers(decided, numbers, {number for number, _, _ in facts})
    reworded = {row for row, _ in urgent if decided.reworded(row)}
    ring(connection, urgent, decided.classified, known, desk, now, reworded)


def _add(decided: Decided, facts: list[tuple[str, int, str]]) -> None:
    """More facts of tickets (number, row, reason); of closed ones it is noted that somebody wants them open again."""
    connection, classified = decided.connection, decided.classified
    tickets.append(connection, facts, decided.now)
    locate(connection, [(number, row) for number, row, _ in facts], classified, decided.desk, decided.now)
    closed = decided.known.closed_ones()
    by_reporter = {n: row for n, row, _ in facts if n in closed and classified[row].item.author_id == closed[n]}
    again = by_reporter | _cried(decided, closed)
    wrote_again(connection, again, REOPENED, decided.now, by_itself=decided.desk.reopens)
    supporters.gained(connection, [(number, row, classified[row].item.author_id) for number, row, _ in facts])


def _cried(decided: Decided, closed: Container[str]) -> dict[str, int]:
    """Closed tickets in which words were edited into an emergency."""
    return {
        number: row
        for row, (number, _) in decided.known.of_ticket.items()
        if number in closed and decided.reworded(row) and decided.urgent(row)
    }


def _note_answers(decided: Decided, numbers: Mapping[int | None, str], added: set[str]) -> None:
    """First responses: of tickets around what our accounts said now, and of new ones that may have been answered before."""
    classified, known, official = decided.classified, decided.known, decided.desk.official
    ours = [row for row, one in classified.items() if one.item.by_account or one.item.author_id in official]
    asked = known.around([*ours, *known.heads(classified)], classified) | added | _spoken_under(decided, numbers)
    note_answers(decided.connection, sorted(asked), official, decided.now)


def _spoken_under(decided: Decided, numbers: Mapping[int | None, str]) -> set[str]:
    """New tickets that may have been answered already: posts, and what stands where an account said something."""
    classified, known = decided.classified, decided.known
    threads = {row: known.thread[row] for row in numbers if row is not None and classified[row].item.kind != "post"}
    heard = {thread for thread in threads.values() if thread}
    spoken = responses.spoken_in(decided.connection, heard, decided.desk.official)
    return {number for row, number in numbers.items() if row not in threads or threads[row] in spoken}


def _finder(decided: Decided) -> Find:
    """Finds an item's place; what the post above it is about helps, for those that open or head a ticket."""
    classified, desk = decided.classified, decided.desk
    heads = [row for row, decision in decided.decisions.items() if isinstance(decision, Open)]
    heads += [row for row, (_, position) in decided.known.of_ticket.items() if position == 0 and row in classified]
    above = {classified[row].item.post_id for row in heads if classified[row].item.kind == "comment"}
    said = items.words(decided.connection, "post", sorted(post for post in above if post))
    places = {post: desk.find_place(text) for post, (text, _) in said.items() if text}

    def find(item: Item) -> Place:
        above = places.get(item.post_id or "", Place()) if item.kind == "comment" else Place()
        return desk.find_place(item.text or "", above)

    return find


def _draft(decided: Decided, row: int, decision: Open, find: Find) -> tickets.Draft:
    desk, one = decided.desk, decided.classified[row]
    item = one.item
    told = decided.known.twins.told.get(row)
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


def _update(decided: Decided, row: int, find: Find) -> None:
    """An item that is part of a ticket was read or judged anew: its deletion and new meaning are facts of the ticket."""
    connection, one, desk, now = decided.connection, decided.classified[row], decided.desk, decided.now
    number, position = decided.known.of_ticket[row]
    before, read = decided.known.before[row], decided.known.raws[row]
    if read.deleted_at is not None and not before.deleted:
        tickets.note(connection, number, "source_deleted", {"item": one.item.id}, now)
    if position == 0 and one.verdict and not read.deleted_at and not decided.labelled(row):
        values = _meaning(decided, row, one.verdict, before, find)
        if tickets.refresh(connection, number, values, now, desk.deadline):
            alarms.resume(connection, number, now)
        if before.author_id is None and one.item.author_id:
            retention.shown_again(connection, number, one.item.author_id, one.item.permalink)
    if position and decided.reworded(row):
        locate(connection, [(number, row)], decided.classified, desk, now)
        if one.verdict and one.verdict.urgency == "mendesak":
            tickets.refresh(connection, number, {"urgency": "mendesak"}, now, desk.deadline)


def _meaning(decided: Decided, row: int, verdict: Verdict, before: ResultRow, find: Find) -> dict[str, Any]:
    """What a ticket is about by its first item, as that stands now."""
    item, desk = decided.classified[row].item, decided.desk
    values: dict[str, Any] = {"summary": summary_of(item.text or "")}
    if not verdict.is_complaint:
        return values
    said = items.verdict_of(before)
    judged_anew = not same(said, verdict)  # if not, a later item may have raised it since
    values["category"] = verdict.category
    if not judged_anew and not decided.reworded(row):  # then the post may have other words since
        return values
    number, place = decided.known.of_ticket[row][0], find(item)
    stood = tickets.place_of(tickets.get(decided.connection, number))
    place = stood if is_finer(stood, place) else place  # its reporter told it later
    values |= _where(item, place, verdict, said, desk)
    if judged_anew:
        own = desk.class_of(verdict.category, place, verdict.urgency)
        values["urgency"] = "mendesak" if items.any_urgent(decided.connection, number, row) else own
    return values


def _where(item: Item, place: Place, verdict: Verdict, before: Verdict | None, desk: Desk) -> dict[str, Any]:
    """Place and agency, from the citizen's own words; what the post above said when the ticket was opened stays."""
    if place.text is None:
        same = before is not None and before.category == verdict.category
        return {} if same else {"agency": desk.route(verdict.category, place, item.text or "")}
    return {**tickets.place_values(place), "agency": desk.route(verdict.category, place, item.text or "")}
