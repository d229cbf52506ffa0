"""What the store knows around a batch, fetched in bulk before anything is decided; and the deciding, oldest first."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from classifiers.verdict import same

from ..pipeline import Understood, by_time, silent, understand
from ..records import REHEARD, Classified, Decision, Item, Open, OpenTicket, Situation
from ..states import takes_up
from ..store import accounts, items, persons, raw, replies, tickets
from ..store.raw import ResultRow
from ..store.tickets import ClosedTicket
from ..triage import triage
from .facts import Desk
from .twins import Twins, gather


@dataclass(slots=True)
class Known:
    """What the store knows around a batch, fetched before anything is decided."""

    before: Mapping[int, ResultRow]
    of_ticket: Mapping[int, tuple[str, int]]
    thread: Mapping[int, str | None]
    open: dict[str, list[OpenTicket]]
    closed: Mapping[str, Sequence[ClosedTicket]]
    shown: Mapping[str, bool]
    raws: Mapping[int, ResultRow]
    edited: frozenset[int]
    restricted: frozenset[int]
    twins: Twins

    def closed_ones(self) -> dict[str, str | None]:
        """The closed tickets around, each with its reporter."""
        return {one.ticket.number: one.ticket.reporter_id for there in self.closed.values() for one in there}

    def around(self, rows: Iterable[int], classified: Mapping[int, Classified]) -> set[str]:
        """The tickets in the threads and under the posts of these items."""
        keys = {self.thread[row] for row in rows} | {classified[row].item.post_id for row in rows}
        open_ones = {t.number for key in keys if key for t in self.open.get(key, ())}
        numbers = open_ones | {t.ticket.number for key in keys if key for t in self.closed.get(key, ())}
        return {number for number in numbers if not number.startswith("@")}

    def heads(self, classified: Mapping[int, Classified]) -> list[int]:
        """Top comments, new in this batch, of threads that hold tickets: now it is known whose thread these stand in."""
        held = self.open.keys() | self.closed.keys()
        top = [row for row in classified if self.thread[row] == classified[row].item.id]
        return [row for row in top if row not in self.before and self.thread[row] in held]


def know(
    connection: Connection,
    read: Mapping[int, ResultRow],
    classified: Mapping[int, Classified],
    stored: Mapping[int, ResultRow],
    desk: Desk,
    states: Mapping[str, persons.State],
) -> Known:
    """Everything that triage and writing need to know around these items; `stored` is what was made of them before."""
    rows = list(classified)
    found = {row: classified[row].item for row in rows}
    parents = sorted({item.parent_id for item in found.values() if item.parent_id})
    roots = items.threads(connection, parents)
    roots |= {i.id: _thread(i, roots) or i.id for i in found.values() if i.kind == "comment"}
    thread = {row: _thread(item, roots) for row, item in found.items()}
    keys = {t for t in thread.values() if t} | {i.post_id for i in found.values() if i.post_id}
    shown = {key: state.authors_shown for key, state in accounts.account_states(connection).items()}
    shown |= {item.account: True for item in found.values() if item.by_account}
    still_open, closed = tickets.in_threads(connection, sorted(keys), _gone_private(connection, found.values()))
    before = {row: stored[row] for row in rows if row in stored}
    of_ticket = {row: (one.ticket, one.position) for row, one in before.items() if one.ticket}
    gone = {row for row in rows if read[row].deleted_at is not None}
    return Known(
        before=before,
        of_ticket=of_ticket,
        thread=thread,
        open=still_open,
        closed=closed,
        shown=shown,
        raws=read,
        edited=_edited(connection, read, found, desk),
        twins=gather(connection, classified, gone | of_ticket.keys(), desk),
        restricted=frozenset(row for row, item in found.items() if states.get(item.author_id or "") == "restricted"),
    )


def _gone_private(connection: Connection, batch: Iterable[Item]) -> list[tuple[int, str]]:
    """The tickets whose reporters were answered in Messenger, each with the conversation where they go on."""
    talks = {(i.account, i.author_id): i.conversation_id for i in batch if i.kind == "message" and i.author_id}
    told = replies.answered_privately(connection, sorted({author for _, author in talks})) if talks else []
    return [(row.ticket_id, talk) for row in told if (talk := talks.get((row.account, row.author_id)))]


def steady(
    judged: Mapping[int, Classified], stored: Mapping[int, ResultRow], read: Mapping[int, ResultRow]
) -> dict[int, Classified]:
    """What the same model said of the same words stays, whatever stands above them by now: a replay moves nothing for that.

    Only the category hangs on what stands above; a model that says anything else anew is heard.
    """
    kept = {row: _as_before(one, stored[row], read[row]) for row, one in judged.items() if row in stored}
    return {**judged, **kept}


def _as_before(one: Classified, stored: ResultRow, read: ResultRow) -> Classified:
    stood, now = items.verdict_of(stored), one.verdict
    if stood is None or now is None or (stored.model, stored.revision) != (now.model, read.revision):
        return one
    likened = now._replace(category=stood.category, category_score=stood.category_score)
    return one._replace(verdict=stood) if same(stood, likened) else one


def heard(
    connection: Connection, judged: Mapping[int, Classified], read: Mapping[int, ResultRow], desk: Desk
) -> dict[int, Classified]:
    """Less the labels of other words than those that cry for help by now: who gave them has not read these."""
    cries = [row for row, one in judged.items() if read[row].revision > 1 and _hushed(one)]
    fresh = [row for row in cries if _said_of_others(connection, read[row], judged[row].item.text, desk)]
    return {**judged, **{row: judged[row]._replace(label=None) for row in fresh}}


def _hushed(one: Classified) -> bool:
    if one.label is None or one.verdict is None or one.verdict.urgency != "mendesak":
        return False
    return not one.label.is_complaint or one.label.urgency != "mendesak"


def _said_of_others(connection: Connection, read: ResultRow, words: str | None, desk: Desk) -> bool:
    said = items.last_label(connection, read.id)
    if said is None or said.revision in (None, read.revision):
        return False
    sent = raw.payloads(connection, read.id).get(said.revision)
    then = [(read.id, raw.as_raw(read)._replace(payload=json.loads(sent)))] if sent else []
    return all(u.item is None or u.item.text != words for u in understand(then, desk.parse))


def words_above(connection: Connection, understood: Sequence[Understood]) -> dict[int, str]:
    """The words that each comment answers, by row: those of the comment above it or else of the post, as they stand now.

    What stands above may be of somebody whose words are not to be processed: then it says nothing.
    """
    batch = [(u.row, u.item) for u in understood if u.item is not None]
    asked = [(row, item) for row, item in batch if item.kind == "comment" and not item.by_account]
    said = {
        "comment": items.words(connection, "comment", sorted({i.parent_id for _, i in asked if i.parent_id})),
        "post": items.words(connection, "post", sorted({i.post_id for _, i in asked if i.post_id})),
    }
    for _, item in batch:
        said.get(item.kind, {})[item.id] = item.text, item.author_id
    barred = persons.states(connection, (author for there in said.values() for _, author in there.values()))

    def words(kind: str, key: str | None) -> str:
        text, author = said[kind].get(key or "", ("", None))
        return "" if author in barred else text or ""

    above = {row: words("comment", item.parent_id) or words("post", item.post_id) for row, item in asked}
    return {row: text for row, text in above.items() if text}


def _thread(item: Item, roots: Mapping[str, str]) -> str | None:
    """The conversation, or the top comment that a reply hangs under, or the post or comment itself."""
    if item.kind == "message":
        return item.conversation_id
    return roots.get(item.parent_id, item.parent_id) if item.parent_id else item.id


def revisions(
    connection: Connection, rows: Sequence[int], read: Mapping[int, ResultRow], desk: Desk
) -> dict[int, list[Item]]:
    """The earlier revisions of these raw items as understood, oldest first; those that cannot be read are left out."""
    found = {}
    for row, older in raw.revisions(connection, rows).items():
        last = raw.as_raw(read[row])
        sent = [(row, last._replace(payload=json.loads(one.payload))) for one in older]
        found[row] = [u.item for u in understand(sent, desk.parse) if u.item]
    return found


def _edited(
    connection: Connection, read: Mapping[int, ResultRow], found: Mapping[int, Item], desk: Desk
) -> frozenset[int]:
    """Items whose text differs from that of an earlier revision; one of which Graph showed nothing had none."""
    revised = [row for row in found if read[row].revision > 1]
    sent = ((row, item) for row, items_ in revisions(connection, revised, read, desk).items() for item in items_)
    return frozenset(row for row, item in sent if not silent(item) and item.text != found[row].text)


def decide(classified: Mapping[int, Classified], known: Known, desk: Desk) -> dict[int, Decision]:
    """Oldest first; a ticket opened for one item is there for the next, under its item's row until it has a number."""
    decisions: dict[int, Decision] = {}
    for row in by_time(classified):
        item = classified[row].item
        keys = dict.fromkeys(key for key in (known.thread[row], item.post_id) if key)
        around = Situation(
            ticket=known.of_ticket[row][0] if row in known.of_ticket else None,
            thread=[
                *(t for key in keys for t in _taken_up(item, known.closed.get(key, ()), desk)),
                *(ticket for key in keys for ticket in known.open.get(key, ())),
            ],
            deleted=known.raws[row].deleted_at is not None,
            authors_shown=known.shown.get(item.account, False),
            official=desk.official,
            restricted=row in known.restricted,
            settled=_settled(classified[row], known.before.get(row), known.raws[row]),
            like=known.twins.like(row),
        )
        decision = decisions[row] = triage(classified[row], around)
        if isinstance(decision, Open):
            provisional = OpenTicket(f"@{row}", item.author_id, decision.category, decision.urgency)
            known.twins.opened(row, provisional)
            if thread := known.thread[row]:
                known.open.setdefault(thread, []).append(provisional)
    return decisions


def _taken_up(item: Item, closed: Sequence[ClosedTicket], desk: Desk) -> list[OpenTicket]:
    """The writer's own closed tickets whose time is not over."""
    return [
        one.ticket
        for one in closed
        if item.author_id is not None
        and one.ticket.reporter_id == item.author_id
        and takes_up(item.created_at, one.opened_at, desk.reopens_until(one.closed_at))
    ]


def _settled(one: Classified, before: ResultRow | None, read: ResultRow) -> bool:
    """Whether the very same reading was decided before and stayed outside of tickets; what is reheard is not."""
    if before is None or before.decision not in ("ignore", "review") or before.reason == REHEARD:
        return False
    return bool(before.revision == read.revision) and same(items.verdict_of(before), one.verdict)
