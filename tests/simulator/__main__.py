"""`python -m tests.simulator SEED` shows a schedule line by line; `--traces SEED …` the hash of each; `FROM TO` counts."""

import sys
from collections import Counter
from collections.abc import Sequence

from .schedule import run_seed
from .store import fresh_store


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when something went wrong."""
    with fresh_store() as store:
        if arguments[0] == "--traces":
            print(*(run_seed(store, int(seed)).trace for seed in arguments[1:]))
            return 0
        if len(arguments) == 1:
            outcome = run_seed(store, int(arguments[0]), keep=True)
            print(*outcome.lines, *outcome.wrong, sep="\n")
            return int(bool(outcome.wrong))
        counts: Counter[str] = Counter()
        wrong = 0
        for seed in range(int(arguments[0]), int(arguments[1])):
            outcome = run_seed(store, seed)
            counts += outcome.counts
            wrong += bool(outcome.wrong)
            print(*(f"{seed}: {line}" for line in outcome.wrong[:3]), sep="\n", end="\n" if outcome.wrong else "")
        print(f"wrong: {wrong}", *(f"{name}: {n}" for name, n in sorted(counts.items())), sep="\n")
        return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
