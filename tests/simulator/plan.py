"""What a seed stands for: how much of everything goes wrong in its schedule; and the seeds that are kept."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed stands for; the rates are chances at each opportunity."""

    seed: int
    skews: tuple[float, ...]
    works: int
    cursors: Any
    next_after_last: bool
    stale_cursors: bool
    most: int
    faults: float
    crashes: float
    disk: float
    pauses: float
    busy: float
    gap: float
    latency: float

    @classmethod
    def of(cls, seed: int) -> "Plan":
        """The plan of a seed."""
        dice = Random(f"plan {seed}")
        daemons = dice.choice((1, 2, 2, 3))
        skews = tuple(dice.choice((0.0, 3600.0, -3600.0, 7.3)) for _ in range(daemons))
        return cls(
            seed=seed,
            skews=skews,
            works=dice.choice((2, 4, 7)) // daemons + 1,
            cursors=dice.choice(("anchored", "offset")),
            next_after_last=dice.random() < 0.2,
            stale_cursors=dice.random() < 0.7,
            most=dice.choice((1, 2, 2, 3, 100)),
            faults=dice.choice((0.0, 0.03, 0.1, 0.2)),
            crashes=dice.choice((0.0, 0.003, 0.01)),
            disk=dice.choice((0.0, 0.0, 0.002)),
            pauses=dice.choice((0.0, 0.02, 0.06)),
            busy=dice.choice((0.02, 0.1, 0.2)),
            gap=dice.choice((60.0, 300.0, 1800.0)),
            latency=dice.choice((0.02, 0.6)),
        )


def kept() -> list[int]:
    """The seeds of seeds.txt."""
    lines = Path(__file__).with_name("seeds.txt").read_text("utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]
