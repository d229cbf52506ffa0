"""When a person makes a ticket of words that were left outside, what their writer added since is decided once more."""

from collections.abc import Mapping

from sqlalchemy import Connection

from ..records import REHEARD, Classified
from ..store import items, raw


def rehear(connection: Connection, opened: Mapping[int, Classified], threads: Mapping[int, str | None]) -> None:
    """Wakes what the reporters of these new tickets, by item, said later in the same thread or under the same post of theirs.

    Of its own accord nothing that was left outside is drawn into a ticket: a replay with the same model changes nothing.
    """
    heads = {row: one.item for row, one in opened.items() if one.item.author_id and one.item.created_at}
    later = []
    for row in items.outside(connection, sorted({str(item.author_id) for item in heads.values()})):
        for head, item in heads.items():
            there = row.thread_id is not None and row.thread_id == threads[head]
            there = there or (item.kind == "post" and row.post_id == item.id)
            after = row.created_at is not None and item.created_at is not None and row.created_at >= item.created_at
            if there and after and row.author_id == item.author_id and row.id != head:
                later.append(row.id)
    items.give_reason(connection, later, REHEARD)
    raw.awaken(connection, later)
