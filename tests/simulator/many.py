"""Many schedules, in as many processes as there are cores, and the figures that they give: what happened, what was missed."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from .schedule import run_seed
from .store import fresh_store

PART = 250
_AMISS: Mapping[str, re.Pattern[str]] = {
    "alarms lost": re.compile(r"alarm of .* is lost|never rang"),
    "alarms repeated without need": re.compile(r"rang (twice|again)"),
    "lost": re.compile(r"is lost|is ahead of|is in no ticket"),
    "duplicated": re.compile(r"stored twice|is in \d+ tickets|given twice"),
}


@dataclass(slots=True)
class Tally:
    """What schedules came to; `wrong` holds the first finding of each that went wrong, `cpu` is in seconds."""

    seeds: int = 0
    cpu: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, list[str]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Adds up."""
        self.seeds, self.cpu = self.seeds + other.seeds, self.cpu + other.cpu
        self.counts += other.counts
        self.wrong |= other.wrong

    def figures(self) -> dict[str, int]:
        """The figures that are reported: the last four should be 0."""
        c = self.counts
        faults = sum(n for name, n in c.items() if name.startswith(("graph: ", "disk error ", "sink: ")))
        found = dict.fromkeys(_AMISS, 0) | Counter(kind for lines in self.wrong.values() for kind in _kinds(lines))
        return {
            "seeds": self.seeds,
            "calls to Graph": c["calls"],
            "posts, comments and messages": c["things"],
            "faults injected": faults,
            "crashes": c["crashes"],
            "pauses": c["pauses"],
            "leases lost": c["leases lost"],
            "alarms told": c["alarms told"],
            "alarms repeated": c["alarms repeated"],
            "schedules that went wrong": len(self.wrong),
            **found,
        }


def _kinds(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from [kind for kind, said in _AMISS.items() if said.search(line)][:1]


def play(seeds: range) -> Tally:
    """One part, in one process and one store."""
    began, tally = time.process_time(), Tally(len(seeds))
    with fresh_store() as store:
        for seed in seeds:
            outcome = run_seed(store, seed)
            tally.counts += outcome.counts
            if outcome.wrong:
                tally.wrong[seed] = outcome.wrong
    tally.cpu = time.process_time() - began
    return tally


def play_all(seeds: range, processes: int = 0) -> Tally:
    """Part after part in order, whatever goes wrong; after each it is said up to which seed all are played."""
    parts = [seeds[n : n + PART] for n in range(0, len(seeds), PART)]
    whole, began = Tally(), time.monotonic()
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for part, tally in zip(parts, pool.map(play, parts), strict=True):
            whole.add(tally)
            for seed, lines in tally.wrong.items():
                print(f"{seed}: {lines[0]}", flush=True)
            spent = f"{whole.cpu / whole.seeds:.3f} s CPU a seed, {time.monotonic() - began:.0f} s in all"
            print(f"up to {part[-1]}: {whole.seeds} seeds, {len(whole.wrong)} wrong, {spent}", flush=True)
    print(*(f"{name}: {n}" for name, n in whole.figures().items()), sep="\n", flush=True)
    return whole
