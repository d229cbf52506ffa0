"""R-05: defects planted one at a time, by changing a piece of text of one function; the simulator must see each.

`python -m tests.simulator.mutants` plants all and says after how many seeds each was caught.
"""

import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from .plan import kept
from .schedule import run_seed
from .store import Store, fresh_store

SEEDS = (*kept(), *range(100))[:100]  # as the tests do: the kept ones first


@dataclass(frozen=True, slots=True)
class Mutant:
    """`where` is module:function or module:Class.method; in its text each key of `change` becomes its value.

    Under a defect of reading the ledger is taken away, a second net that would order another reading for what is missing.
    """

    name: str
    where: str
    change: Mapping[str, str] = field(default_factory=dict)
    keyless: bool = False


NO_LEDGER = Mutant("no ledger", "connector.ingest.children:_Reading._balance", {"if not again:": "if True:"})
MUTANTS = (
    Mutant(
        "checkpoint before rows",
        "connector.ingest.children:read_children",
        {
            "    reader.settle(checkpoint.seen, server_time)": "    reader.settle(checkpoint.seen, server_time)\n"
            "    with reader.writing() as connection:\n"
            "        reader.shelf(kin.stream).put(connection, object_id, done=checkpoint.seen)"
        },
    ),
    Mutant(
        "> for >=",
        "connector.ingest.reader:Reader.settle",
        {"left <= 2 * SETTLED": "left < SETTLED"},
    ),
    Mutant(
        "no unique key",
        "connector.store.landing:_stored",
        {"return {key: found[key]": "return {} and {key: found[key]"},
        True,
    ),
    Mutant(
        "stop at the first known id",
        "connector.ingest.children:_Reading._known",
        {
            "return bool(old) and all(item.id in known for item in old)": "return any(item.id in known for item in items)",
        },
    ),
    Mutant(
        "ignore replies",
        "connector.platforms.facebook.asks:Ask.query",
        {
            '{"fields": render(sized), **dict(self.params)}': """{
            "fields": render(sized).replace("filter(stream)", "filter(toplevel)"),
            **{k: v.replace("stream", "toplevel") for k, v in self.params},
        }"""
        },
    ),
    Mutant(
        "a bad item takes its batch along",
        "connector.ingest.reader:Reader.land",
        {
            "[item for item in items if": '[] if any(item.id.startswith("?") for item in items) else [item for item in items if'
        },
    ),
    Mutant(
        "done is the latest seen, not the one at the start",
        "connector.ingest.children:_Reading._finish",
        {'"done": self.seen': '"done": self.reader.shelf(self.kin.stream).get(connection, self.id).seen'},
    ),
    Mutant(
        "no settling of the second", "connector.ingest.reader:Reader.settle", {"moved = when(seen)": "moved = None"}
    ),
    Mutant(
        "tombstones after an incomplete walk",
        "connector.ingest.children:_Reading._keep",
        {"complete=after is None and not self.cut": "complete=True"},
    ),
    Mutant("no lease guard", "connector.ingest.reader:Reader.writing", {"self.guard(connection)": "pass"}),
    Mutant("deletions while paging unnoticed", "connector.ingest.children:_Reading._keep", {"not self.shrank": "True"}),
    Mutant(
        "messages taken back stay",
        "connector.ingest.conversations:_Walk._bury",
        {"raw.bury(connection,": "0 and raw.bury(connection,"},
    ),
    Mutant(
        "deleted conversations stay",
        "connector.ingest.visit:_bury_talk_if_gone",
        {"if reader.is_gone(conversation_id):": "if False:"},
    ),
    Mutant("a replay draws old remarks in", "connector.process.known:_settled", {"before is None": "True"}),
    Mutant(
        "each host by its own clock",
        "connector.store.leases:store_clock",
        {"return lambda: local() - ahead": "return local"},
    ),
    Mutant(
        "revived items stay buried", "connector.store.landing:land", {"alive = row.deleted_at is None": "alive = True"}
    ),
    Mutant("edits are not landed", "connector.store.landing:_revise", {"if not changed:": "if True:"}),
    Mutant(
        "an alarm in a batch is lost",
        "connector.process.ringing:ring",
        {"for row, number in urgent:": "for row, number in [*urgent][1:]:"},
    ),
    Mutant(
        "only the ticket's first item can ring",
        "connector.process.ringing:_news",
        {"return rings(": "return row in known.edited and rings("},
    ),
    Mutant(
        "alert before commit",
        "connector.process.ringing:ring",
        {
            "alarms.ring(connection, number, desk.roster, now, whatever=row in reworded)": "alarms.ring("
            "connection, number, desk.roster, now, whatever=row in reworded) and "
            'desk.clock.__self__.at.sink.take(number, "siaga", "processing")'
        },
    ),
    Mutant(
        "alert marked before send",
        "connector.delivery:Delivery._send",
        {
            "            try:\n": "            with writing(self.works.engine) as connection:\n"
            "                outbox.sent(connection, row.id, lane, self.clock())\n"
            "            try:\n"
        },
    ),
    Mutant(
        "processing forgets what is left over",
        "connector.process:process_pending",
        {"while more and not stop():": "for _ in ():"},
    ),
)
MENDED = (
    Mutant(
        "a post that moves in this second is taken for read",
        "connector.ingest.feed:_Walk._nested",
        {"(after and self._fresh(seen))": "False"},
    ),
    Mutant(
        "watermark in the middle of a pass",
        "connector.ingest.conversations:_Walk._move",
        {
            "shelf.put(connection, position=position)": "shelf.put(connection, position=position, "
            "complete_at=self.reader.clock(), newest=self.highest)"
        },
    ),
    Mutant("no overlap", "connector.ingest.children:_Reading._known", {"newest - OVERLAP": "newest"}),
    Mutant(
        "a message that slipped past is buried unasked",
        "connector.ingest.children:_Reading._bury",
        {"if self.total is None and self.after is not None:": "if self.total is None and self.after == ():"},
    ),
)
"""Defects that other nets mend by now: the simulator does not see them within a hundred seeds. To be caught again."""
QUICK = (
    "checkpoint before rows",
    "stop at the first known id",
    "tombstones after an incomplete walk",
    "no lease guard",
)


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The defect is there for the length of the block, wherever the function was imported to."""
    module_name, _, path = mutant.where.partition(":")
    module = importlib.import_module(module_name)
    holder: Any = module
    *parents, name = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    old = vars(holder)[name]
    new = _changed(module, old, mutant.change)
    places = [(holder, name), *([] if parents else _imported(old))]
    for place, called in places:
        setattr(place, called, new)
    try:
        yield
    finally:
        for place, called in places:
            setattr(place, called, old)


def _changed(module: ModuleType, old: Any, change: Mapping[str, str]) -> FunctionType:
    source = textwrap.dedent(inspect.getsource(old))
    for before, after in change.items():
        if source.count(before) != 1:
            raise LookupError(f"{old.__qualname__}: {before!r} stands there {source.count(before)} times, not once")
        source = source.replace(before, after)
    made: dict[str, Any] = {}
    exec(compile(source, f"mutant of {old.__qualname__}", "exec"), vars(module), made)
    result: FunctionType = made[old.__name__]
    return result


def _imported(old: Any) -> list[tuple[Any, str]]:
    modules = [m for name, m in list(sys.modules.items()) if name.startswith(("connector", "tests.simulator")) and m]
    return [(m, name) for m in modules for name, value in list(vars(m).items()) if value is old]


def caught(mutant: Mutant, store: Store) -> tuple[int, str] | None:
    """After how many seeds the defect was seen, and as what; None when it was not."""
    with planted(NO_LEDGER) if mutant.where.startswith("connector.ingest") else nullcontext(), planted(mutant):
        for count, seed in enumerate(SEEDS, 1):
            if wrong := run_seed(store, seed).wrong:
                return count, wrong[0]
    return None


def hunt(mutant: Mutant, store: Store) -> tuple[int, str] | None:
    """The same on the kind of store that the mutant needs."""
    if not mutant.keyless:
        return caught(mutant, store)
    with fresh_store(keyless=True) as own:
        return caught(mutant, own)


def main() -> int:
    """Plants every mutant and prints the catch."""
    missed = 0
    with fresh_store() as store:
        for mutant in MUTANTS:
            found = hunt(mutant, store)
            missed += found is None
            print(
                f"{mutant.name}: " + (f"caught by seed {found[0]}: {found[1][:100]}" if found else "NOT CAUGHT"),
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
