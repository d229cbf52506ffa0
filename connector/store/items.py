"""`items`, `verdicts` and `labels`: what was sent as understood, what the classifier said of it, and what people said."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from classifiers.verdict import Verdict

from ..records import RESTRICTED, Item, ItemKind, Label
from .raw import ResultRow
from .schema import items, labels, raw_revisions, ticket_items, tickets, verdicts
from .statements import among, insert_new, named, upsert
from .types import escape

_written = [
    "post_id",
    "parent_id",
    "conversation_id",
    "thread_id",
    "author_id",
    "author_name",
    "by_account",
    "text",
    "created_at",
    "permalink",
    "hidden",
    "edited",
    "attachments",
    "deleted",
    "revision",
    "model",
    "decision",
    "reason",
    "account",
    "stream",
]


class Kept(NamedTuple):
    """What `items` adds to an item: the outcome of processing."""

    thread_id: str | None
    edited: bool
    deleted: bool
    revision: int
    model: str | None
    decision: str
    reason: str


def write(connection: Connection, rows: Sequence[tuple[int, Item, Kept]]) -> None:
    """Inserts or replaces items by the row id of their raw item."""
    values = [
        {
            "id": row,
            "platform": item.platform,
            "kind": item.kind,
            "external_id": item.id,
            "account": item.account,
            "stream": item.stream,
            "post_id": item.post_id,
            "parent_id": item.parent_id,
            "conversation_id": item.conversation_id,
            "author_id": item.author_id,
            "author_name": item.author_name,
            "by_account": item.by_account,
            "text": item.text,
            "created_at": item.created_at,
            "permalink": item.permalink,
            "hidden": item.hidden,
            "attachments": [{"type": a.type, "name": a.name, "url": a.url} for a in item.attachments] or None,
            "thread_id": kept.thread_id,
            "edited": kept.edited,
            "deleted": kept.deleted,
            "revision": kept.revision,
            "model": kept.model,
            "decision": kept.decision,
            "reason": kept.reason,
        }
        for row, item, kept in rows
    ]
    upsert(connection, items, values, _written)


def write_verdicts(connection: Connection, rows: Iterable[tuple[int, int, Verdict]], now: datetime) -> None:
    """Appends verdicts (item row, revision, verdict); the same model's verdict on the same revision stands already."""
    insert_new(
        connection,
        verdicts,
        [
            {
                "item_id": row,
                "revision": revision,
                "model": v.model,
                "kind": v.kind,
                "is_complaint": v.is_complaint,
                "complaint_score": v.complaint_score,
                "category": v.category,
                "category_score": v.category_score,
                "urgency": v.urgency,
                "urgent_score": v.urgent_score,
                "needs_review": v.needs_review,
                "at": now,
            }
            for row, revision, v in rows
        ],
    )


def verdict_of(row: ResultRow) -> Verdict | None:
    """The verdict in a row of `with_verdicts`, or None when there is none."""
    if row.model is None or row.v_kind is None:
        return None
    return Verdict(
        row.v_kind,
        row.is_complaint,
        row.complaint_score,
        row.category,
        row.category_score,
        row.urgency,
        row.urgent_score,
        row.needs_review,
        row.model,
    )


def with_verdicts() -> Any:
    """The select of items with the verdict that counts and the ticket they belong to."""
    v = verdicts.c
    counts = (v.item_id == items.c.id) & (v.revision == items.c.revision) & (v.model == items.c.model)
    columns = [
        v.kind.label("v_kind"),
        *(v[n] for n in _scores),
        tickets.c.number.label("ticket"),
        ticket_items.c.position,
    ]
    return select(*items.c, *columns).select_from(
        items.outerjoin(verdicts, counts)
        .outerjoin(ticket_items, ticket_items.c.item_id == items.c.id)
        .outerjoin(tickets, tickets.c.id == ticket_items.c.ticket_id)
    )


_scores = ("is_complaint", "complaint_score", "category", "category_score", "urgency", "urgent_score", "needs_review")


def by_row(connection: Connection, rows: Sequence[int]) -> dict[int, ResultRow]:
    """Stored items with their verdicts, by row id."""
    found: dict[int, ResultRow] = {}
    for part in among(connection, rows):
        found |= {row.id: row for row in connection.execute(with_verdicts().where(items.c.id.in_(part)))}
    return found


def kinds_of(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, str]:
    """What each ticket's first item is, as a person said last or else by its verdict; none for one without items."""
    c, found = ticket_items.c, dict[int, str]()
    for part in among(connection, ticket_ids):
        query = select(c.item_id, c.ticket_id).where(c.ticket_id.in_(part), c.position == 0)
        first = {row.item_id: row.ticket_id for row in connection.execute(query)}
        said = latest_labels(connection, list(first))
        for item, row in by_row(connection, list(first)).items():
            kind = said[item].kind if item in said else row.v_kind
            found |= {first[item]: kind} if kind else {}
    return found


def threads(connection: Connection, comment_ids: Sequence[str]) -> dict[str, str]:
    """The thread of each known comment, by its id."""
    c = items.c
    found: dict[str, str] = {}
    for part in among(connection, comment_ids):
        query = select(c.external_id, c.thread_id).where(named(items, part, ("comment",)))
        found |= {row.external_id: row.thread_id for row in connection.execute(query) if row.thread_id}
    return found


def words(connection: Connection, kind: ItemKind, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """What these say and who wrote them, by their platform ids; those that are not known are left out."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for part in among(connection, ids):
        query = select(items.c.external_id, items.c.text, items.c.author_id).where(named(items, part, (kind,)))
        found |= {row.external_id: (row.text, row.author_id) for row in connection.execute(query)}
    return found


def every(connection: Connection, size: int = 500) -> Iterator[ResultRow]:
    """All items with verdicts in the order of landing, in constant memory."""
    after = 0
    while rows := list(connection.execute(with_verdicts().where(items.c.id > after).order_by(items.c.id).limit(size))):
        yield from rows
        after = rows[-1].id


def find(connection: Connection, external_id: str) -> ResultRow | None:
    """The item with an id of its platform, whatever its kind."""
    row: ResultRow | None = connection.execute(with_verdicts().where(named(items, [escape(external_id)]))).first()
    return row


def outside(connection: Connection, threads: Sequence[str], posts: Sequence[tuple[str, str]]) -> Iterator[ResultRow]:
    """What was said in these threads, or by an author under a post of his, that belongs to no ticket, and may.

    Columns id, author_id, thread_id, post_id, created_at.
    """
    c = items.c
    left = (c.decision.in_(("ignore", "review")), c.deleted.is_(False), func.coalesce(c.reason, "") != RESTRICTED)
    query = select(c.id, c.author_id, c.thread_id, c.post_id, c.created_at).where(*left)
    for part in among(connection, threads):
        yield from connection.execute(query.where(c.thread_id.in_(part)))
    for author, post in posts:
        yield from connection.execute(query.where(c.author_id == author, c.post_id == post))


def give_reason(connection: Connection, rows: Sequence[int], reason: str) -> None:
    """Says of items why they stand where they stand."""
    for part in among(connection, rows):
        connection.execute(update(items).where(items.c.id.in_(part)).values(reason=reason))


def latest_labels(connection: Connection, rows: Sequence[int]) -> dict[int, Label]:
    """For each item, what a person said last."""
    c = labels.c
    found: dict[int, Label] = {}
    for part in among(connection, rows):
        for row in connection.execute(select(labels).where(c.item_id.in_(part)).order_by(c.at, c.id)):
            found[row.item_id] = Label(row.kind, row.category, row.urgency, row.by)
    return found


def any_urgent(connection: Connection, ticket: str, but: int = 0) -> bool:
    """Whether another item of a ticket than the row `but`, still there, is urgent: as a person said last, or by its verdict."""
    there = with_verdicts().where(tickets.c.number == ticket, items.c.id != but, items.c.deleted.is_(False))
    rows = connection.execute(there).all()
    said = latest_labels(connection, [row.id for row in rows])
    return any((said[row.id].urgency if row.id in said else row.urgency) == "mendesak" for row in rows)


def last_label(connection: Connection, row: int) -> ResultRow | None:
    """What a person said last of an item, as a row of `labels`."""
    c = labels.c
    query = select(labels).where(c.item_id == row).order_by(c.at.desc(), c.id.desc()).limit(1)
    return connection.execute(query).first()


def add_label(
    connection: Connection,
    row: int,
    label: Label,
    at: datetime,
    said: Sequence[str] | None = None,
    revision: int | None = None,
) -> bool:
    """Appends a label; False when the very same one is there already.

    `said`: which of its values, or only its `is_complaint`, a person said, None for all; the others are filled in and make no
    other label of it. `revision`: the item's, whose words it was said of.
    """
    told = label if said is None else (*((name, getattr(label, name)) for name in said), label.by)
    uid = hashlib.sha256(repr((row, told, at.isoformat())).encode("utf-8", "surrogatepass")).hexdigest()
    if connection.scalar(select(func.count()).where(labels.c.uid == uid)):
        return False
    values = {"kind": label.kind, "category": label.category, "urgency": label.urgency, "by": label.by}
    known = {"said": None if said is None else list(said), "revision": revision}
    connection.execute(insert(labels).values(uid=uid, item_id=row, at=at, **values, **known))
    return True


def every_label(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """All labels with the item's text and revision as they stand, and with the comment or post that it answers, oldest first.

    `payload`: where the label was given to an older revision, what was sent then, as far as it is kept.
    """
    c, i, old, comment, post = labels.c, items.c, raw_revisions.c, items.alias(), items.alias()
    query = (
        select(
            i.platform, i.external_id, i.kind.label("item_kind"), i.text, i.revision.label("stands"), *c, old.payload
        )
        .join(items, i.id == c.item_id)
        .outerjoin(raw_revisions, (old.raw_id == c.item_id) & (old.revision == c.revision))
        .outerjoin(comment, _is(comment, "comment", i.parent_id))
        .outerjoin(post, _is(post, "post", i.post_id) & (i.kind == "comment"))
        .add_columns(comment.c.text.label("comment"), post.c.text.label("post"))
        .order_by(c.at, c.id)
    )
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield dict(row._mapping) | {"parent": row.comment or row.post or ""}


def _is(other: Any, kind: ItemKind, external_id: ColumnElement[str]) -> ColumnElement[bool]:
    c = other.c
    return and_(c.platform == items.c.platform, c.kind == kind, c.external_id == external_id)
