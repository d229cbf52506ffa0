"""A ticket may open after what its reporter added was judged: a person made it, or older words were read later."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from ..records import REHEARD, Classified
from ..store import items, raw


def rehear(
    connection: Connection, batch: Mapping[int, Classified], opened: Iterable[int], threads: Mapping[int, str | None]
) -> None:
    """Wakes what the reporters of these new tickets, by item, said later in the same thread or under the same post of theirs.

    It is decided once more; what stands in the batch itself was decided with the tickets in sight. Else nothing that was left
    outside is drawn in: a replay with the same model changes nothing.
    """
    heads = {row: item for row in opened if (item := batch[row].item).author_id and item.created_at}
    there = sorted({thread for row in heads if (thread := threads[row])})
    posts = [(str(item.author_id), item.id) for item in heads.values() if item.kind == "post"]
    later = []
    for row in items.outside(connection, there, posts):
        for head, item in heads.items():
            same = row.thread_id is not None and row.thread_id == threads[head]
            same = same or (item.kind == "post" and row.post_id == item.id)
            after = row.created_at is not None and item.created_at is not None and row.created_at >= item.created_at
            if same and after and row.author_id == item.author_id and row.id not in batch:
                later.append(row.id)
    items.give_reason(connection, later, REHEARD)
    raw.awaken(connection, later)
