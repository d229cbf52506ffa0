"""`python -m tests.simulator SEED` shows a schedule line by line; `--traces SEED …` the hash of each; `FROM TO` counts."""

import sys
from collections.abc import Sequence

from .many import play_all
from .schedule import run_seed
from .store import fresh_store


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when something went wrong."""
    if len(arguments) == 2 and arguments[0] != "--traces":
        return int(bool(play_all(range(int(arguments[0]), int(arguments[1]))).wrong))
    with fresh_store() as store:
        if arguments[0] == "--traces":
            print(*(run_seed(store, int(seed)).trace for seed in arguments[1:]))
            return 0
        outcome = run_seed(store, int(arguments[0]), keep=True)
        print(*outcome.lines, *outcome.wrong, sep="\n")
        return int(bool(outcome.wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
