"""The command `ntbcare`: the only place where rooms are wired together and settings are read."""

import sys

from .app import app
from .outcome import run


def main() -> None:
    """Runs the command line; exit 0: done, 1: something failed, 2: wrong use or configuration and nothing was touched."""
    sys.exit(run(app))
