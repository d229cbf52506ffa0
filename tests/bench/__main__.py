"""`python -m tests.bench [PART…]`: all benchmarks, or those named."""

import sys
import time
from importlib import import_module

from .figures import timed

PARTS = (
    "calls",
    "day",
    "startup",
    "classifying",
    "placing",
    "end_to_end",
    "waiting",
    "reporting",
    "memory",
    "alarms",
    "duplicates",
)


def main(chosen: list[str]) -> None:
    """Runs the parts one after the other; a part is a module with `run`."""
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(time.strftime("%Y-%m-%d %H:%M"), f"Python {sys.version.split()[0]}")
    took = timed(lambda: [import_module(f"{__package__}.{part}").run() for part in chosen or PARTS])
    print(f"\n{took:.0f} s in all")


if __name__ == "__main__":
    main(sys.argv[1:])
