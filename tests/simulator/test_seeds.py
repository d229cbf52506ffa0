"""R-01, R-02, R-06, R-24 … R-28: whatever happens in whichever order, nothing is lost, nothing is there twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .many import play_all
from .plan import kept
from .schedule import Outcome, run_seed
from .store import Store

SEEDS = int(os.environ.get("NTBCARE_SEEDS", "2000"))
FIRST = 1_000  # below are those that found something, and room to play
PART = 25


def played(store: Store, seeds: Sequence[int]) -> Iterator[Outcome]:
    """Each schedule; the first that goes wrong is told with how to see it again."""
    for seed in seeds:
        outcome = run_seed(store, seed)
        again = f"seed {seed}; to see it: python -m tests.simulator {seed}; then add it to seeds.txt"
        assert not outcome.wrong, "\n".join([again, *outcome.wrong])
        yield outcome


@pytest.mark.parametrize("seed", kept())
def test_a_seed_that_found_something_once(simulated: Store, seed: int) -> None:
    assert len(list(played(simulated, [seed]))) == 1


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, PART))
def test_nothing_missed_and_nothing_twice(simulated: Store, first: int) -> None:
    counts: Counter[str] = Counter()
    for outcome in played(simulated, range(first, min(first + PART, FIRST + SEEDS))):
        counts += outcome.counts
    assert counts["clean passes"] > 0
    assert counts["calls"] > PART


def test_the_schedules_hold_what_they_promise(simulated: Store) -> None:
    counts = sum((outcome.counts for outcome in played(simulated, range(FIRST, FIRST + 60))), Counter[str]())
    assert counts["crashes"] > 30
    assert counts["pauses"] > 30
    assert counts["leases lost"] > 3
    assert sum(n for name, n in counts.items() if name.startswith("graph: ")) > 60


def test_the_same_seed_is_the_same_to_the_byte(simulated: Store) -> None:
    seeds = range(FIRST, FIRST + 6)
    here = [run_seed(simulated, seed).trace for seed in seeds]
    assert here == [run_seed(simulated, seed).trace for seed in seeds]
    for hashing in ("0", "1"):
        command = [sys.executable, "-W", "ignore", "-m", "tests.simulator", "--traces", *map(str, seeds)]
        root = Path(__file__).parents[2]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": hashing}, cwd=root, check=True, capture_output=True, text=True
        )
        assert done.stdout.split() == here


@pytest.fixture(params=("postgresql", "mariadb"))
def database(request: pytest.FixtureRequest) -> str:
    """The servers; SQLite has had its turn."""
    name: str = request.param
    return name


def test_the_servers_keep_the_same_promises(store_url: str) -> None:
    store = Store(store_url)
    assert len(list(played(store, range(FIRST, FIRST + 8)))) == 8
    store.engine.dispose()


@pytest.mark.soak
def test_a_hundred_thousand_schedules() -> None:
    first = int(os.environ.get("NTBCARE_FIRST_SEED", "10000"))  # to go on where an earlier run was stopped
    tally = play_all(range(first, first + int(os.environ.get("NTBCARE_SEEDS", "100000"))))
    assert not tally.wrong, (
        f"to see one: python -m tests.simulator SEED; then add it to seeds.txt: {sorted(tally.wrong)}"
    )
