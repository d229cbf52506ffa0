"""Following one list of Graph batch by batch: each batch and the walk's position in one transaction, and no going in circles."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from ..errors import BadRequest, Transient
from ..graph.paging import MOST_EMPTY, MOST_EMPTY_WHOLE, Guard, Halt, after_of
from ..platforms.facebook.parse import child, nodes_of
from .reader import Reader

Ask = Callable[[str | None], Any]
Keep = Callable[[Connection, Any, str | None], bool]
Note = Callable[[Connection, Sequence[Any]], object]


def onward(edge: Any) -> tuple[str | None, bool]:
    """The cursor to go on with in a list that came nested, and whether its paging can be used at all."""
    try:
        return after_of(edge), True
    except BadRequest:
        return None, False


def walk(reader: Reader, label: str, after: str | None, ask: Ask, keep: Keep, note: Note) -> bool:
    """Asks for batch after batch, from a cursor on, until Graph has no more, `keep` says that it is enough, or we are stopped.

    `ask` gives the next list (`data` and `paging`); `keep` lands it and notes the cursor to go on with; `note` only lands it,
    where Graph announces more and does not say where. Returns False when Graph leads round in circles, which is said. Raises
    GraphError.
    """
    guard, met = Guard(MOST_EMPTY_WHOLE if reader.order.full else MOST_EMPTY), set[str]()
    while not reader.stop.is_set():
        edge = ask(after)
        if not isinstance(child(edge, "data"), list):  # no empty list: what is stored would be buried
            raise Transient(f"{label}: Graph answered without a list of items; it is asked again on the next pass")
        nodes = nodes_of(edge)
        try:
            following = after_of(edge)
        except BadRequest:
            with reader.writing() as connection:
                note(connection, nodes)
            raise
        with reader.writing() as connection:
            enough = keep(connection, edge, following)
        if enough or following is None:
            return True
        before = len(met)
        met.update(str(child(node, "id")) for node in nodes)
        step = guard.step(following, len(met) - before)  # an endless paging shows the same things again and again
        if isinstance(step, Halt):
            reader.progress.fail(f"{reader.account.key}: {label}: {step.reason}; not read to the end")
            return False
        guard, after = step, following
    return True
